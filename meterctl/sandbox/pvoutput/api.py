"""PVOutput's API: who may ask, what they ask, what they are answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.pvoutput import outputs, statuses
from meterctl.sandbox.pvoutput.fields import Accepted, Refused, count_of, day_of, time_of
from meterctl.sandbox.pvoutput.rate import Hourly
from meterctl.sandbox.standin import (
    Check,
    Switch,
    Switches,
    is_secret,
    look_inside,
    parameters,
    text_answer,
)

PATH = "/service/r2/"

_DEFAULTS: dict[str, Switch] = {
    "donor": False,
    "limit": 0,  # requests an hour; 0: 60, or 300 for a donor
    "zone": "UTC",
    "size": 5000,  # W
    "interval": 5,  # minutes
    "read_only": False,
    "disabled": False,
    "moon": True,
    "drops_export": False,
}
_ZONE = Check("a time zone such as Europe/Berlin", lambda text: text in available_timezones())
_WRITES = ("addoutput", "addbatchoutput", "addstatus", "addbatchstatus")


class PvOutput:
    """The API for one system, as a service of the sandbox.

    Args:
        token: The system's API key.
        system: Its number.
        clock: Seconds since 1970.
    """

    def __init__(self, token: str, system: str, *, clock: Callable[[], float] = time.time) -> None:
        self._token = token
        self._system = system
        self._clock = clock
        self._lock = threading.Lock()
        self._switches = Switches(_DEFAULTS, {"zone": _ZONE})
        self._rate = Hourly()
        self._taken: list[Accepted] = []
        self._outputs = outputs.Outputs(self._taken)
        self._statuses = statuses.Statuses(self._taken)

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            if request.path.startswith("/sandbox/"):
                return look_inside(request, self._switches, self._accepted)
            headers: dict[str, str] = {}
            try:
                return text_answer(200, self._answered(request, headers), headers)
            except Refused as refused:
                return text_answer(refused.status, str(refused), headers)

    def _answered(self, request: Request, headers: dict[str, str]) -> str:
        service = request.path.removeprefix(PATH).removesuffix(".jsp")
        given = parameters(request)
        if request.method not in ("GET", "POST"):
            raise Refused("POST or GET only", 405)
        self._authorize(request.headers, given)
        within, told = self._rate.spend(self._limit(), self._clock())
        if request.headers.get("x-rate-limit") == "1":
            headers.update(told)
        if not within:
            raise Refused(f"Exceeded {self._limit()} requests per hour", 403)
        if service in _WRITES and self._switches.on("read_only"):
            raise Refused("Read only key", 403)
        match service:
            case "addoutput":
                return self._add_output(given)
            case "addbatchoutput":
                return self._add_outputs(given)
            case "addstatus":
                return self._add_status(given)
            case "addbatchstatus":
                return self._add_statuses(given)
            case "getoutput":
                return self._get_output(given)
            case "getstatus":
                return self._get_status(given)
            case "getsystem":
                return self._get_system()
            case _:
                raise Refused(f"Unknown service [{service}]")

    def _authorize(self, headers: Mapping[str, str], given: Mapping[str, str]) -> None:
        """Whether key and system are given, and belong together.

        Raises:
            Refused: they do not.
        """
        key = headers.get("x-pvoutput-apikey", given.get("key", ""))
        system = headers.get("x-pvoutput-systemid", given.get("sid", ""))
        if not system.isdecimal():
            raise Refused("Invalid System ID", 401)
        if not is_secret(key, self._token):
            raise Refused("Invalid API Key", 401)
        if self._switches.on("disabled"):
            raise Refused("Disabled API Key", 401)
        if system != self._system:
            text = "Missing, invalid or inactive api key information (X-Pvoutput-Apikey)"
            raise Refused(text, 401)

    def _limit(self) -> int:
        return self._switches.count("limit") or (300 if self._switches.on("donor") else 60)

    def _now(self) -> datetime:
        """The time on the system's own clock."""
        zone = ZoneInfo(self._switches.text("zone"))
        return datetime.fromtimestamp(self._clock(), UTC).astimezone(zone).replace(tzinfo=None)

    def _output_rules(self) -> outputs.Rules:
        drops = self._switches.on("drops_export")
        return outputs.Rules(self._now().date(), self._switches.count("size") or 1, drops)

    def _status_rules(self, given: Mapping[str, str]) -> statuses.Rules:
        flag = given.get("c1", "")
        if flag not in statuses.CUMULATIVE:
            raise Refused(f"Could not read c1 [{flag}]")
        if flag not in ("", "0") and given.get("n") == "1":
            raise Refused("Invalid net and cumulative")
        return statuses.Rules(
            self._now(),
            90 if self._switches.on("donor") else 14,
            self._switches.count("interval") or 1,
            self._switches.count("size") or 1,
            self._switches.on("moon"),
            statuses.CUMULATIVE[flag],
        )

    def _rows(self, given: Mapping[str, str], columns: tuple[str, ...]) -> list[dict[str, str]]:
        """The rows of a data parameter: `;` between rows, `,` between fields."""
        texts = [text for text in given.get("data", "").split(";") if text.strip()]
        if not texts:
            raise Refused("Missing required data")
        if len(texts) > (100 if self._switches.on("donor") else 30):
            raise Refused(f"Too many rows [{len(texts)}]")
        return [dict(zip(columns, text.strip().split(","), strict=False)) for text in texts]

    def _add_output(self, given: Mapping[str, str]) -> str:
        rules = self._output_rules()
        rows = [dict(given)] if "data" not in given else self._rows(given, outputs.COLUMNS)
        if len(rows) > 1 and not self._switches.on("donor"):
            raise Refused("Donation Mode", 403)
        for row in rows:
            self._outputs.add(row, rules)
        return "OK 200: Added Output"

    def _add_outputs(self, given: Mapping[str, str]) -> str:
        rules = self._output_rules()
        oldest = rules.today - timedelta(days=90 if self._switches.on("donor") else 14)

        def take(row: dict[str, str]) -> str:
            day = day_of(row)
            if day < oldest:
                raise Refused(f"Date is older than {(rules.today - oldest).days} days [{row['d']}]")
            return "1" if self._outputs.add(row, rules) else "2"

        return _batch(self._rows(given, outputs.COLUMNS), ("d",), take, "outputs")

    def _take_status(self, row: Mapping[str, str], rules: statuses.Rules) -> str:
        at, is_new = self._statuses.add(row, rules)
        self._outputs.follow(at.date(), *self._statuses.of_day(at.date()))
        return "1" if is_new else "2"

    def _add_status(self, given: Mapping[str, str]) -> str:
        self._take_status(given, self._status_rules(given))
        return "OK 200: Added Status"

    def _add_statuses(self, given: Mapping[str, str]) -> str:
        rules = self._status_rules(given)
        rows = self._rows(given, statuses.COLUMNS)
        return _batch(rows, ("d", "t"), lambda row: self._take_status(row, rules), "statuses")

    def _get_output(self, given: Mapping[str, str]) -> str:
        newest = self._outputs.newest() or self._now().date()
        last = day_of(given, "dt") if "dt" in given else newest
        first = day_of(given, "df") if "df" in given else date.min
        limit = count_of(given, 150 if self._switches.on("donor") else 50)
        found = self._outputs.lines(first, last, limit, self._switches.count("size") or 1)
        if not found:
            raise Refused("No outputs found")
        return ";".join(found)

    def _get_status(self, given: Mapping[str, str]) -> str:
        size = self._switches.count("size") or 1
        newest = self._statuses.newest()
        day = day_of(given) if "d" in given else (newest or self._now()).date()
        if given.get("h") == "1":
            start, end = (
                datetime.combine(day, time_of({"t": given.get(name, default)}))
                for name, default in (("from", "00:00"), ("to", "23:59"))
            )
            limit = count_of(given, 288)
            ascending = given.get("asc") == "1"
            found = self._statuses.history(start, end, limit, size, ascending=ascending)
        else:
            at = datetime.combine(day, time_of(given)) if "t" in given else newest
            found = (at and self._statuses.line(at, size)) or ""
        if not found:
            raise Refused("No status found")
        return found

    def _get_system(self) -> str:
        size, interval = self._switches.count("size"), self._switches.count("interval")
        return (
            f"Sandbox,{size},1000,20,{size // 20},Panels,1,{size},Inverter,N,30.0,No,20200101,"
            f"0.0,0.0,{interval};;0"
        )

    def _accepted(self) -> list[dict[str, object]]:
        """All energies that were taken, in order."""
        return [
            {
                "receipt": None,
                "key": None,
                "meter": f"{self._system}/{one.name}",
                "timestamp": one.stamp,
                "value": one.value,
                "unit": "Wh",
            }
            for one in self._taken
        ]


def _batch(
    rows: list[dict[str, str]],
    stamp: tuple[str, ...],
    take: Callable[[dict[str, str]], str],
    what: str,
) -> str:
    """An answer for each row: 1 new, 2 in place of another, 0 not taken.

    Raises:
        Refused: no row at all was taken; the reason is the first row's.
    """
    lines, reasons = [], []
    for row in rows:
        try:
            flag = take(row)
        except Refused as refused:
            flag = "0"
            reasons.append(refused)
        lines.append(",".join([*(row.get(name, "") for name in stamp), flag]))
    if len(reasons) == len(rows):
        raise reasons[0] if len(rows) == 1 else Refused(f"No {what} added or updated")
    return ";".join(lines)
