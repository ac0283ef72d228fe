"""The door of a file: `[auth]`."""

from __future__ import annotations

from urllib.parse import quote_plus

from meterctl.utility.described.calls import Call
from meterctl.utility.described.contents import Form
from meterctl.utility.described.doors import HASHES, Door, Known, Marks, Signed, basic, secrets_in
from meterctl.utility.described.paths import Place, place
from meterctl.utility.described.read_calls import Reader, at, optional_place
from meterctl.utility.described.sessions import UNKNOWN_LIFE, Login, Session
from meterctl.utility.described.templates import Names, Template
from meterctl.utility.given import Given
from meterctl.utility.keys import Table

_KINDS = ("none", "key", "bearer", "basic", "oauth2", "login", "hmac")
_OF_REQUEST = ("method", "path", "query", "body")
_GRANT = (
    (Template(("grant_type",)), Template(("client_credentials",))),
    (Template(("client_id",)), Template(("", "user", ""))),
    (Template(("client_secret",)), Template(("", "secret", ""))),
)


def door(reader: Reader, table: Table | None, names: Names, given: Given, url: str) -> Door:
    """How requests say who sends them.

    Args:
        reader: Reads the templates.
        table: `[auth]`; None: by the token, where one is set.
        names: The placeholders that stand for no reading.
        given: The settings.
        url: Where it is.
    """
    if table is None:
        return Known(_bearer(reader, given) if given.token else Marks({}, {}))
    kind = table.choice("kind", _KINDS)
    table.raw("now")  # read with the clock
    match kind:
        case "none":
            found: Door = Known(Marks({}, {}))
        case "key":
            found = Known(_marks(reader, table, names))
        case "bearer":
            found = Known(_bearer(reader, given))
        case "basic":
            reader.used |= {"user", "secret"}
            found = Known(_authorization(f"Basic {basic(given.user or '', given.secret or '')}"))
        case "hmac":
            found = _hmac(reader, table, names, given)
        case _:
            is_oauth2 = kind == "oauth2"
            login = (
                _oauth2(reader, table, names, given) if is_oauth2 else _login(reader, table, names)
            )
            marks = _marks(reader, table, names.also("session"), "session")
            found = Session(marks, login, secrets_in(url, given))
    table.done()
    return found


def _bearer(reader: Reader, given: Given) -> Marks:
    reader.used.add("token")
    if given.key_header:
        return Marks({given.key_header: Template(("", "token", ""))}, {})
    return Marks({"Authorization": Template(("Bearer ", "token", ""))}, {})


def _authorization(text: str) -> Marks:
    return Marks({"Authorization": Template((text,))}, {})


def _marks(reader: Reader, table: Table, names: Names, needed: str | None = None) -> Marks:
    """Headers and query that carry a key, a token or a signature."""
    found = Marks(
        reader.headers(table, "headers", names), reader.texts(table.table("query"), names)
    )
    templates = [*found.headers.values(), *found.query.values()]
    if not templates:
        if needed == "session":
            return Marks({"Authorization": Template(("Bearer ", "session", ""))}, {})
        raise table.problem(
            "headers", 'is missing: such as headers = {X-Api-Key = "{token}"}; or query'
        )
    if needed is not None and not any(needed in one.names for one in templates):
        raise table.problem("headers", f"{{{needed}}} stands nowhere")
    return found


def _hmac(reader: Reader, table: Table, names: Names, given: Given) -> Door:
    reader.used.add("secret")
    message = table.text("message")
    return Signed(
        _marks(reader, table, names.also("signature"), "signature"),
        reader.template(message, names.also(*_OF_REQUEST), at(table, "message")),
        table.choice("algorithm", HASHES, "sha256"),
        table.choice("encoding", ("hex", "base64"), "hex"),
        given.secret or "",
    )


def _oauth2(reader: Reader, table: Table, names: Names, given: Given) -> Login:
    """RFC 6749, client credentials."""
    reader.used |= {"user", "secret"}
    more = reader.texts(table.table("form"), names)
    form = {Template((key,)): template for key, template in more.items()}
    if scope := table.text("scope", ""):
        form[Template(("scope",))] = Template((scope,))
    marks = Marks({}, {})
    grant = dict(_GRANT)
    if table.choice("client", ("basic", "body"), "basic") == "basic":
        grant = dict(_GRANT[:1])
        # RFC 6749, 2.3.1: encoded as in a form.
        marks = _authorization(
            f"Basic {basic(quote_plus(given.user or ''), quote_plus(given.secret or ''))}"
        )
    body = Form("application/x-www-form-urlencoded", {**grant, **form}, None)
    call = Call(
        "POST",
        reader.url(table, "token_url", names, None),
        {},
        {"Accept": Template(("application/json",))},
        body,
    )
    return Login(call, marks, place("access_token"), place("expires_in"), None, None)


def _login(reader: Reader, table: Table, names: Names) -> Login:
    """A request of the file's own that is answered with a token."""
    asked = table.needed("login")
    call = reader.call(asked, names, method="POST", url=None)
    lasts: Place | float = UNKNOWN_LIFE
    if isinstance(asked.raw("lasts"), str):
        lasts = asked.checked("lasts", place)
    elif "lasts" in asked:
        lasts = asked.seconds("lasts", UNKNOWN_LIFE)
    token, refresh = asked.checked("token", place), optional_place(asked, "refresh")
    asked.done()
    renewed = table.table("refresh")
    renewal = None
    if renewed is not None:
        if refresh is None:
            raise asked.problem(
                "refresh", "is missing: where the token stands that asks for the next"
            )
        renewal = reader.call(renewed, names.also("refresh"), method="POST", url=None)
        renewed.done()
    return Login(call, Marks({}, {}), token, lasts, refresh, renewal)
