"""`meterctl serve`."""

from __future__ import annotations

import gc
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from meterctl import log
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import wiring_of
from meterctl.errors import ConfigError, UsageError, with_extra

serve_app = group()

PORT = 8700
RATE = 60_000


@serve_app.command()
def serve(
    ctx: typer.Context,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on.", metavar="ADDRESS")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="Its port; 0 picks a free one.", min=0, max=65535)
    ] = PORT,
    workers: Annotated[
        int, typer.Option("--workers", help="How many processes serve.", min=1, max=64)
    ] = 1,
    trusted: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy",
            help="A proxy, or a network of them, whose X-Forwarded-For is believed.",
            metavar="ADDRESS",
        ),
    ] = None,
    rate: Annotated[
        int, typer.Option("--rate", help="Requests a minute that each client may make.", min=1)
    ] = RATE,
    certificate: Annotated[
        Path | None,
        typer.Option("--tls-cert", help="Serve HTTPS with this certificate.", metavar="FILE"),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--tls-key", help="And this key of it.", metavar="FILE")
    ] = None,
    no_dashboard: Annotated[
        bool, typer.Option("--no-dashboard", help="Serve the endpoints alone.")
    ] = False,
) -> None:
    """Serve the same over HTTP, with a dashboard.

    Clients are let in with an id and a secret: meterctl clients add.
    """
    if (certificate is None) != (key is None):
        raise UsageError("HTTPS needs both --tls-cert and --tls-key", "give both, or neither")
    wiring = wiring_of(ctx)
    log.show_waiting(None)  # a server's threads wait for each other all the time
    gc.disable()  # nothing that is being loaded is garbage, and it is much
    try:
        from meterctl.http.addresses import parse_trusted
        from meterctl.http.serving import Place, serve
        from meterctl.http.shim import Options
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("meterctl"):
            raise
        raise ConfigError(
            f"the HTTP shim is not installed ({missing.name})", with_extra("http")
        ) from None
    finally:
        gc.freeze()
        gc.enable()
    options = Options(
        rate, parse_trusted(trusted or ()), not no_dashboard, secure=certificate is not None
    )
    if certificate is None and not _is_loopback(host) and not trusted:
        out.note(
            "meterctl: tokens and readings go over plain HTTP here, for everyone between to read;"
            " put a proxy with TLS before it (--trusted-proxy), or give --tls-cert and --tls-key"
        )
    serve(wiring, Place(host, port, certificate, key), options, workers, _tell)


def _tell(address: str) -> None:
    out.line(f"listening on {address}")
    out.flush()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
