"""What `meterctl help TOPIC` says, and the manual page and docs/commands.md with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from meterctl.config.table import Setting


class ExitCode(NamedTuple):
    """Codes with which a command ends, what they mean, and what to do then."""

    codes: str
    means: str
    then: str

    @property
    def sentence(self) -> str:
        """Both, as plain text."""
        return (f"{self.means}; {self.then}" if self.then else self.means).replace("`", "")


# docs/operations.md has the same table, and a test holds that.
EXIT_CODES = (
    ExitCode("0", "done, or nothing to do", ""),
    ExitCode("1", "a bug; the message names a log without readings or secrets in it", "report it"),
    ExitCode("2", "the command line is wrong", "see `--help`"),
    ExitCode(
        "3",
        "partly done: some rows were rejected or are in conflict, or some got through and others"
        " are still to go",
        "read what was listed",
    ),
    ExitCode("65", "bad data; nothing was stored", "correct the value, the time, the file"),
    ExitCode("66", "a named file is not there or not readable", "correct the name"),
    ExitCode(
        "74",
        "the ledger (or the output) cannot be read or written; nothing was acknowledged",
        "free some space, mend what the message names, or `meterctl health`",
    ),
    ExitCode(
        "75",
        "a passing failure: the other side was not reached or its answer was lost, all is queued"
        " for the next run; or another run holds the lock",
        "run it again",
    ),
    ExitCode(
        "76", "the other side answered nonsense; nothing was taken for true", "see what it says"
    ),
    ExitCode(
        "77",
        "the other side does not let us: a key, a token or a share is missing or wrong",
        "as the message says",
    ),
    ExitCode(
        "78",
        "settings are wrong, the Sheet is not as it must be, or the ledger is newer than this"
        " meterctl, or was moved to another place",
        "`meterctl config check`",
    ),
    ExitCode("130, 143", "stopped by a signal; what was acknowledged is stored", "run it again"),
)

FORMATS = {
    "canonical": "our own, which export writes: timestamp,inverterKWh,meterValue",
    "espi": "Green Button, XML",
    "nem12": "Australian interval data: records 100, 200, 300",
    "nem13": "Australian register readings: records 250",
    "eiep13a": "New Zealand's consumption files: HDR,ICPCONS",
    "australian-usage": "Australian retailers' and distributors' usage files",
    "home-assistant-energy": "Home Assistant's energy panel",
    "home-assistant": "Home Assistant's statistics and history",
    "fusionsolar": "Huawei FusionSolar plant reports",
    "solaredge": "SolarEdge's portal",
    "fronius": "Fronius Solar.web",
    "sma": "SMA: WebUI, Sunny Explorer, SBFspot, Sunny Portal",
    "enphase": "Enphase Enlighten",
    "sungrow": "Sungrow iSolarCloud",
    "tesla": "Tesla's app",
    "octopus": "Octopus Energy's consumption files",
    "sce": "Southern California Edison",
    "smart-meter-texas": "Smart Meter Texas",
    "green-button-csv": "Green Button, CSV",
    "fluvius": "Fluvius (Flanders)",
    "dsmr-reader": "DSMR-reader",
    "homewizard": "HomeWizard Energy",
    "diary": "meter-diary apps: Datum;Zeit;Zählerstand",
    "generic": "any other table with times and values",
}
CANONICAL = """\
timestamp,inverterKWh,meterValue
2025-11-07T14:30:00Z,5.42,142.3
2025-11-08T15:10:00+01:00,4.9,
"""

TIMES = """\
A time may be written in full, or as one says it. What is not said is meant in the meter's zone, and
in the past; what was understood is shown in full.

  2026-03-01T07:00:00+01:00   in full, as programs write it
  2026-03-01 07:00            in the meter's zone
  07:30, 7:30pm, noon         today; midnight: the one that has just been
  yesterday 18:00             or 18:00 yesterday; also today, monday, tue
  3 days ago 18:00            also weeks, months, years
  24 Nov 18:00, 24.11. 18:00  the last such day; 24 Nov 2025 18:00
  2 hours ago, an hour ago, 5 min ago, now

--since and --until also take a day, a month, a year: yesterday, 2026-03-01, 2026-03, march, 2026.
An id may have its time so as well: meterctl void "meter@yesterday 18:00".

An hour that the clocks skipped, or showed twice, is refused with the ways to write it. So is 3/4,
of which nobody knows what is the month. Files, the Sheet and HTTP take times in full alone.
"""


def of_setting(setting: Setting) -> str:
    """What a setting is for, and what it is where nobody says."""
    default = setting.default or setting.otherwise
    if not default:
        return setting.meaning
    return f"{setting.meaning} Default: {default}{'' if default.endswith('.') else '.'}"


def table(rows: Sequence[tuple[str, str]], indent: str = "  ") -> str:
    """Two columns of plain text."""
    width = max(len(name) for name, _ in rows)
    return "".join(f"{indent}{name.ljust(width)}  {text}".rstrip() + "\n" for name, text in rows)
