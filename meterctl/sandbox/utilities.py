"""One port for many utilities: each path goes to the stand-in it belongs to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from meterctl.sandbox.message import Request, Response, Service

Build = Callable[[], Service]


class Utilities:
    """A service that hands each request on. A stand-in is built when it is first asked.

    Args:
        otherwise: What answers where no stand-in does.
        stand_ins: By name, the prefixes of their paths and how to build them; a stand-in's own
            questions are under `/sandbox/NAME/`.
    """

    def __init__(
        self, otherwise: Service, stand_ins: Mapping[str, tuple[tuple[str, ...], Build]]
    ) -> None:
        self._otherwise = otherwise
        self._build = {name: build for name, (_prefixes, build) in stand_ins.items()}
        prefixes = {
            prefix: name
            for name, (own, _build) in stand_ins.items()
            for prefix in (*own, f"/sandbox/{name}/")
        }
        # The longest first: a path may lie within another's.
        self._prefixes = sorted(prefixes.items(), key=lambda one: -len(one[0]))
        self._built: dict[str, Service] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        """Let the one that it belongs to answer."""
        for prefix, name in self._prefixes:
            if request.path.startswith(prefix):
                return self._stand_in(name)(request)
        return self._otherwise(request)

    def _stand_in(self, name: str) -> Service:
        with self._lock:
            if name not in self._built:
                self._built[name] = self._build[name]()
            return self._built[name]


def utilities(otherwise: Service, token: str, *, system: str = "12345") -> Utilities:
    """The utility with its neighbours, which all take the same token.

    Args:
        otherwise: What answers where no stand-in does: the utility.
        token: The API key, password or bearer of all of them.
        system: PVOutput's number of the system.
    """
    return Utilities(
        otherwise,
        {
            "pvoutput": (("/service/r2/",), lambda: _pvoutput(token, system)),
            "kraken": (("/v1/graphql/", "/de/v1/graphql/"), lambda: _kraken(token)),
            "volkszaehler": (("/data/",), _volkszaehler),
            "emoncms": (("/input/", "/feed/"), lambda: _emoncms(token)),
            "energytracker": (
                ("/v1/devices/", "/v3/devices/", "/v1/token/"),
                lambda: _energytracker(token),
            ),
            "mindergas": (
                ("/api/meter_readings", "/api/gas_meter_readings"),
                lambda: _mindergas(token),
            ),
            "epilot": (("/v1/metering/",), lambda: _epilot(token)),
            "doors": (("/doors/",), lambda: _doors(token)),
        },
    )


# Each is imported when it is first asked: a sandbox starts without them.


def _pvoutput(token: str, system: str) -> Service:
    from meterctl.sandbox.pvoutput import PvOutput

    return PvOutput(token, system)


def _kraken(token: str) -> Service:
    from meterctl.sandbox.kraken import Kraken

    return Kraken(token)


def _volkszaehler() -> Service:
    from meterctl.sandbox.volkszaehler import Volkszaehler

    return Volkszaehler()


def _emoncms(token: str) -> Service:
    from meterctl.sandbox.emoncms import Emoncms

    return Emoncms(token)


def _energytracker(token: str) -> Service:
    from meterctl.sandbox.energytracker import EnergyTracker

    return EnergyTracker(token)


def _mindergas(token: str) -> Service:
    from meterctl.sandbox.mindergas import MinderGas

    return MinderGas(token)


def _epilot(token: str) -> Service:
    from meterctl.sandbox.epilot import Epilot

    return Epilot(token)


def _doors(token: str) -> Service:
    from meterctl.sandbox.doors import Doors

    return Doors(token)
