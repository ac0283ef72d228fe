"""The outputs: what a system made and used in a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from meterctl.sandbox.pvoutput.fields import Accepted, Refused, day_of, ratio, shown, whole

COLUMNS = ("d", "g", "e", "pp", "pt", "cd", "tm", "tx", "cm", "ip", "io", "is", "ih", "c")
ENERGIES = ("g", "e", "ip", "io", "is", "ih", "c")  # in Wh
WH_PER_KW = 12_000  # no panel makes more in a day


class Rules(NamedTuple):
    """What outputs are held against."""

    today: date
    size: int  # W
    drops_export: bool  # an impossible export is answered with OK, and forgotten


class Outputs:
    """Every day's output, the later one in place of the earlier. Its owner locks."""

    def __init__(self, accepted: list[Accepted]) -> None:
        self._days: dict[date, dict[str, str]] = {}
        self._accepted = accepted

    def add(self, row: Mapping[str, str], rules: Rules) -> bool:
        """Take an output; whether there was none of this day before.

        Raises:
            Refused: it cannot be one.
        """
        day = day_of(row)
        given = {name: text for name, text in row.items() if name in COLUMNS and text}
        energies = {name: whole(given, name) for name in ENERGIES if name in given}
        known = self._days.get(day)
        merged = {**(known or {}), **given}
        if day > rules.today:
            raise Refused(f"Invalid future date [{row['d']}]")
        if len(given) < 2:
            raise Refused("Missing required data")
        if "g" not in merged and "c" not in merged:
            raise Refused("Missing required generation field [g]")
        for name, value in energies.items():
            if value is not None and value < 0:
                raise Refused(f"Could not read {name} [{value}]")
        made = int(merged.get("g", "0"))
        if "g" in given and made * 1000 > rules.size * WH_PER_KW:
            raise Refused(f"Energy value [{made}] too high for system size [{rules.size}]")
        peak = whole(given, "pp")
        if peak is not None and peak * 2 > rules.size * 3:
            raise Refused(f"Peak power value [{peak}] too high for system size [{rules.size}]")
        sent = energies.get("e")
        if sent is not None and sent * 100 > made * 115:
            if rules.drops_export:
                return known is None
            raise Refused(f"Energy export [{sent}] cannot exceed energy output [{made}] by 15%")
        self._days[day] = merged
        for name, value in energies.items():
            if value is not None:
                self._accepted.append(Accepted(day.isoformat(), name, value))
        return known is None

    def follow(self, day: date, made: int | None, used: int | None) -> None:
        """What the last status of a day says of the day."""
        row = self._days.setdefault(day, {"d": f"{day:%Y%m%d}"})
        if made is not None:
            row["g"] = str(made)
        if used is not None:
            row["c"] = str(used)

    def lines(self, first: date, last: date, limit: int, size: int) -> list[str]:
        """The days between two, the newest first, as getoutput shows them."""
        days = sorted((one for one in self._days if first <= one <= last), reverse=True)
        return [self._line(one, self._days[one], size) for one in days[:limit]]

    def newest(self) -> date | None:
        """The last day of which there is an output."""
        return max(self._days, default=None)

    @staticmethod
    def _line(day: date, row: Mapping[str, str], size: int) -> str:
        made = int(row.get("g", "0"))
        return ",".join(
            [
                f"{day:%Y%m%d}",
                str(made),
                ratio(made, size),
                row.get("e", "0"),
                row.get("c", "0"),
                row.get("pp", "NaN"),
                row.get("pt", "NaN"),
                row.get("cd", "Not Sure"),
                row.get("tm", "NaN"),
                row.get("tx", "NaN"),
                *(shown(whole(row, name)) for name in ("ip", "io", "is", "ih")),
            ]
        )
