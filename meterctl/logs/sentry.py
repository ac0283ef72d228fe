"""A bug, told to Sentry where somebody set it up: what broke and in which line, and nothing else.

The one home of sentry_sdk (extra `sentry`), loaded when there is a bug to tell.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from meterctl import __version__
from meterctl.errors import with_extra
from meterctl.logs.traces import causes
from meterctl.remote import tls

if TYPE_CHECKING:
    from sentry_sdk import Client
    from sentry_sdk.consts import EndpointType
    from sentry_sdk.transport import HttpTransport
    from sentry_sdk.types import Event, Hint

SECONDS = 1.5  # that a run waits, of the two it may take; what is not told by then is not told
_FRAMES = 50
MISSING = f"Sentry was not told: the extra is not installed; {with_extra('sentry')}"


class Sentry:
    """One project there.

    Args:
        dsn: Its address; whoever knows it can send to it, so it is never shown.
        command: What is run.
    """

    def __init__(self, dsn: str, command: str) -> None:
        self._dsn = dsn
        self._command = command
        self._client: Client | None = None

    def tell(self, error: BaseException, seconds: float) -> str | None:
        """Tell of a bug, and wait so long for that; what went wrong with it, for people."""
        try:
            client = self._client = self._client or self._made()
            event: Event = {"level": "error"}
            client.capture_event(event, {"exc_info": (type(error), error, error.__traceback__)})
            if seconds:
                client.flush(timeout=seconds)
        except ModuleNotFoundError:
            return MISSING
        except Exception as trouble:  # noqa: BLE001 (a bug is told of: a second one must not hide it)
            return f"Sentry was not told: {type(trouble).__name__}"
        return None

    def _made(self) -> Client:
        from sentry_sdk import Client

        proxy = tls.proxy_for(self._dsn) or ""  # "": none, whatever the environment says
        # All that the SDK does by itself is off: it hooks into libraries, keeps what they do as
        # "breadcrumbs", reads local variables and the machine's name.
        return Client(
            dsn=self._dsn,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[],
            before_send=self._allowed,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            traces_sample_rate=None,
            server_name="",
            release=f"meterctl@{__version__}",
            environment="production",
            spotlight=False,
            debug=False,
            shutdown_timeout=0,
            http_proxy=proxy,
            https_proxy=proxy,
            transport=_transport(),
        )

    def _allowed(self, event: Event, hint: Hint) -> Event | None:
        """The event made anew of what may be known: nothing that the SDK put together stays."""
        error = hint.get("exc_info", (None, None, None))[1]
        if error is None:
            return None
        made: Event = {
            "event_id": event["event_id"],
            "timestamp": event["timestamp"],
            "platform": "python",
            "level": "error",
            "release": f"meterctl@{__version__}",
            "tags": {"command": self._command, "python": platform.python_version()},
            "exception": {"values": [_as_value(one) for one in reversed(list(causes(error)))]},
        }
        return made


def _transport() -> type[HttpTransport]:
    """The SDK's way out, as all of ours are: whose TLS nothing weakens, and which is not led on."""
    from sentry_sdk.transport import HttpTransport

    class Transport(HttpTransport):
        def _make_pool(self) -> Any:  # noqa: ANN401 (urllib3's, which has its home elsewhere)
            pool = super()._make_pool()
            for name in ("ca_certs", "cert_file", "key_file"):  # of variables that we do not hear
                pool.connection_pool_kw.pop(name, None)
            pool.connection_pool_kw["ssl_context"] = tls.context()
            return pool

        def _request(
            self,
            method: str,
            endpoint_type: EndpointType,
            body: Any,  # noqa: ANN401 (as the SDK has it)
            headers: Mapping[str, str],
        ) -> Any:  # noqa: ANN401 (as above)
            url = self._auth.get_api_url(endpoint_type)
            return self._pool.request(
                method, url, body=body, headers=headers, redirect=False, retries=False
            )

    return Transport


def _as_value(error: BaseException) -> dict[str, Any]:
    """A kind of error and our own frames; no message, which may hold anything."""
    kind = type(error)
    frames = []
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__")
        if isinstance(module, str) and module.partition(".")[0] == "meterctl":
            code = trace.tb_frame.f_code
            frames.append(
                {
                    "module": module,
                    "filename": PurePath(code.co_filename).name,
                    "function": code.co_name,
                    "lineno": trace.tb_lineno,
                    "in_app": True,
                }
            )
        trace = trace.tb_next
    return {
        "type": kind.__name__,
        "module": kind.__module__,
        "stacktrace": {"frames": frames[-_FRAMES:]},
    }
