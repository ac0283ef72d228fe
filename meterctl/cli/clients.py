"""`meterctl clients`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, time_typed, wiring_of
from meterctl.domain.times import HOUR, age_text, local_text
from meterctl.errors import ConfigError, UsageError, with_extra
from meterctl.services import clients as service
from meterctl.services import wire
from meterctl.services.clients import Given, Listed, Maker, State
from meterctl.wiring import now

clients_app = group()
OVERLAP = 24.0  # hours
_STDIN = "-"
_STYLES = {State.ACTIVE: "good", State.REVOKED: "dim", State.EXPIRED: "doubtful"}

Client = Annotated[str, typer.Argument(metavar="CLIENT", help="Its name or id.")]


@clients_app.callback()
def clients() -> None:
    """Add, list, rotate and revoke clients of the HTTP shim."""


@clients_app.command()
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")],
    scope: Annotated[
        str, typer.Option("--scope", help="Of read, record and push.", metavar="SCOPE,...")
    ],
    meters: Annotated[
        str | None,
        typer.Option("--meters", help="These alone; all if not given.", metavar="METER,..."),
    ] = None,
    json: Json = False,
) -> None:
    """Add a client; its secret is printed once."""
    wiring = wiring_of(ctx)
    with wiring.writing() as session:
        chosen = None if meters is None else _words(meters)
        if chosen == []:
            raise UsageError("--meters names no meter", "leave it out to allow all")
        given = service.add(session, name, _words(scope), chosen, _maker())
    _tell(given, json=json)


@clients_app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List the clients and the age of their secrets."""
    wiring = wiring_of(ctx)
    with wiring.reading() as ledger:
        found = service.listed(ledger, now())
    if json:
        out.json({"clients": [wire.client(one) for one in found]})
        return
    out.table([_row(one) for one in found])
    if not found:
        out.note("there is no client yet: meterctl clients add NAME --scope read,record")


@clients_app.command()
def rotate(
    ctx: typer.Context,
    client: Client,
    overlap: Annotated[
        float,
        typer.Option("--overlap", help="Hours for which the old secret still counts.", min=0),
    ] = OVERLAP,
    json: Json = False,
) -> None:
    """Give a client another secret, printed once; the old one counts a while longer."""
    wiring = wiring_of(ctx)
    if not overlap <= 24 * 366:  # which refuses nan as well
        raise UsageError("an overlap of more than a year", "give it in hours: --overlap 48")
    with wiring.writing() as session:
        given = service.rotate(session, client, round(overlap * HOUR), _maker())
    _tell(given, json=json)
    if given.old_until is not None and not json:
        until = local_text(given.old_until, wiring.zones.default)
        out.note(f"the old secret counts until {until}")


@clients_app.command()
def revoke(
    ctx: typer.Context,
    client: Annotated[
        str | None, typer.Argument(metavar="[CLIENT]", help="Its name or id.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            help="This token alone, by its jti, or whole; - reads it from stdin.",
            metavar="TOKEN",
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            "--issued-before",
            help="All tokens issued before; with CLIENT, its own.",
            metavar="TIME",
        ),
    ] = None,
) -> None:
    """Refuse a client, a token, or all tokens issued before an instant; at once."""
    wiring = wiring_of(ctx)
    if token is not None and (client is not None or before is not None):
        raise UsageError("--token goes alone", "meterctl clients revoke --token TOKEN")
    if client is None and token is None and before is None:
        raise UsageError("revoke what?", "name a client, or give --token or --issued-before")
    if token == _STDIN:  # on a command line it is for all to read, and of no use a moment later
        token = out.line_from_stdin()
    token_id = None if token is None else _token_id(token)
    with wiring.writing() as session:
        if token_id is not None:
            service.refuse_token(session, token_id)
            out.line(f"token {token_id} opens nothing any more")
        elif before is not None:
            instant = time_typed(before, wiring.zones.default)
            found = service.refuse_issued_before(session, instant, client)
            whose = "tokens" if found is None else f"tokens of {found.name}"
            when = local_text(instant, wiring.zones.default)
            out.line(f"{whose} issued before {when} open nothing any more")
        elif client is not None:
            gone = service.revoke(session, client)
            out.line(f"{gone.name} is revoked, with all its tokens, at once")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _maker() -> Maker:
    from meterctl.access import secrets

    def hashed(secret: str) -> str:
        try:
            return secrets.hash_secret(secret)
        except ModuleNotFoundError:
            raise ConfigError("the HTTP shim is not installed", with_extra("http")) from None

    return Maker(secrets.new_client_id, secrets.new_secret, hashed)


def _tell(given: Given, *, json: bool) -> None:
    client = given.client
    if json:
        out.json(wire.new_secret(given))
        return
    out.table([("id", client.id), ("secret", given.secret)])
    out.note(f"the secret of {client.name} is shown this once; only a hash of it is kept")
    out.note("log in: POST /auth/token with it as clientSecret, and the id as clientId")


def _row(one: Listed) -> list[str]:
    age = "" if one.secret_since is None else f"secret {age_text(now() - one.secret_since)} old"
    if one.secrets > 1:
        age += f", {one.secrets} valid"
    return [
        one.client.name,
        one.client.id,
        out.styled(one.state, _STYLES[one.state]),
        ",".join(one.client.scopes),
        "all meters" if one.client.meters is None else ",".join(one.client.meters),
        age,
    ]


def _token_id(text: str) -> str:
    """The id of a token that was pasted whole, or the id itself; nothing is verified."""
    parts = text.strip().split(".")
    found: object = text.strip()
    if len(parts) == 3:
        from base64 import b64decode
        from json import loads

        try:
            padded = parts[1] + "=" * (-len(parts[1]) % 4)
            claims = loads(b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, RecursionError):
            claims = None
        found = claims.get("jti") if isinstance(claims, dict) else None
    # Anything else would be told to open nothing though it is no token; and a secret pasted here
    # by mistake would stand in the audit log.
    if not isinstance(found, str) or not re.fullmatch(r"[0-9a-f]{32}", found):
        raise UsageError("--token is neither a token nor a token's jti", "paste it whole")
    return found
