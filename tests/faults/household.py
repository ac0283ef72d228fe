"""A household: its ledger, its Sheet behind a proxy, and what must be in there, each once.

The program runs as processes of its own, with the command line that people use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from meterctl.ledger.sqlite import open_for_reading
from meterctl.sandbox.google.reading import Reader, Render
from meterctl.services.deliver import is_settled
from tests.faults.starter import Job, Running, Starter, starting
from tests.helpers import Ran, meterctl_environment
from tests.proxy import Proxy, standing_between
from tests.sheet.stand import TAB, Stand, standing

BRIEF = 0.4  # seconds for a request that is left without an answer
ENOUGH = 30.0  # seconds for any other, and for `record` with all of its requests
SOON = 0.005  # seconds between two tries
NEVER = 3_600.0  # a pause so long that no run tries again

# What a row says: when, the main meter's value, the revision.
Row = tuple[str, str, str]


class Balance(NamedTuple):
    """What a look at the Sheet tells."""

    acknowledged: int
    lost: list[Row]
    doubled: list[Row]
    stuck: str  # what keeps the ledger from being empty-handed


class Household:
    """One ledger that delivers to one spreadsheet; several may share that."""

    def __init__(self, street: Street, folder: Path, sheet_id: str) -> None:
        folder.mkdir()
        self.sheet_id = sheet_id
        self.expected: Counter[Row] = Counter()
        self.environment = meterctl_environment(folder) | {
            "METERCTL_SHEETS_URL": street.way.url,
            "METERCTL_SHEET_ID": sheet_id,
            "METERCTL_GOOGLE_CREDENTIALS": str(street.key),
        }
        self._street = street
        self._folder = folder
        self._runs = 0

    # -- what people do: commands, whose outcome is expected in the Sheet from then on

    def recording(self, number: int, *more: str, value: int | None = None) -> list[str]:
        """The command that records a reading; its number says when it was read."""
        shown = str(number if value is None else value)
        self.expected[instant(number), shown, ""] += 1
        return ["record", shown, "--at", instant(number), *more]

    def correcting(self, number: int, value: int, *more: str) -> list[str]:
        """The one that gives it another value."""
        self.expected[instant(number), str(value), "2"] += 1
        return ["correct", f"meter@{instant(number)}", str(value), "--reason", "misread", *more]

    def voiding(self, number: int, *more: str) -> list[str]:
        """The one that says that it never was."""
        self.expected[instant(number), "void", "2"] += 1
        return ["void", f"meter@{instant(number)}", "--reason", "a joke", *more]

    def record(self, number: int) -> None:
        """A reading, stored without the Sheet."""
        self.do(self.recording(number, "--offline"))

    # -- what runs

    def start(
        self,
        *commands: Sequence[str],
        request: float = ENOUGH,
        pause: float = SOON,
        settle: float = 180,
    ) -> Running:
        """The program at work: commands one after the other, as long as they succeed."""
        self._runs += 1
        out, err = (str(self._folder / f"{self._runs}.{name}") for name in ("out", "err"))
        waits = {"METERCTL_SHEET_DEADLINE": f"{ENOUGH:g}", "METERCTL_SHEET_SETTLE": f"{settle:g}"}
        return self._street.starter.start(
            Job(commands, self.environment | waits, out, err, request, pause)
        )

    def run(
        self,
        *commands: Sequence[str],
        request: float = ENOUGH,
        pause: float = SOON,
        settle: float = 180,
    ) -> Ran:
        """The same, to its end."""
        return self.start(*commands, request=request, pause=pause, settle=settle).wait()

    def do(self, *commands: Sequence[str]) -> None:
        """The same, of what must succeed."""
        ran = self.run(*commands)
        assert ran.code == 0, ran

    # -- what holds

    def balance(self, *others: Household) -> Balance:
        """What the Sheet holds of this ledger's readings, and of others', by the stand-in's word.

        A reading that several ledgers have is expected once.
        """
        expected = self.expected.copy()
        for other in others:
            expected |= other.expected
        found = Counter(self.rows())
        return Balance(
            expected.total(),
            sorted((expected - found).elements()),
            sorted((found - expected).elements()),
            "; ".join(filter(None, (one.stuck() for one in (self, *others)))),
        )

    def rows(self) -> list[Row]:
        """The rows of the tab, as the stand-in holds them."""
        file = self._street.stand.google._files.get(self.sheet_id)
        assert file is not None
        reader = Reader(file.book, 0)
        tabs = [tab for tab in file.book.tabs if tab.title == TAB]
        header, *rows = reader.lines(tabs[0], tabs[0].box, Render()) if tabs else [[]]
        told = (dict(zip(map(str, header), map(str, row), strict=False)) for row in rows)
        return [(one["utc"], one["meterValue"], one.get("revision", "")) for one in told]

    def stuck(self) -> str:
        """What is queued or in doubt."""
        ledger = open_for_reading(Path(self.environment["METERCTL_LEDGER"].partition("///")[2]))
        try:
            to = f"{self.sheet_id}/{TAB}"
            doubt, waiting = ledger.batch_in_doubt(to), ledger.waiting(to)
            if doubt is None and not waiting and is_settled(ledger, to):
                return ""
            return f"in doubt: {doubt}, waiting: {waiting}, cursor: {ledger.cursor(to)}"
        finally:
            ledger.close()


class Street:
    """Room for households, the Google they share, and the proxy on the way to it."""

    def __init__(self, folder: Path, starter: Starter, stand: Stand, way: Proxy) -> None:
        self.starter, self.stand, self.way = starter, stand, way
        self.key = folder / "way.json"  # tokens too are asked for by the proxy
        self.key.write_text(stand.key.read_text().replace(stand.url, way.url))
        self.key.chmod(0o600)
        self._folder = folder
        self._count = 0

    def new(self, beside: Household | None = None) -> Household:
        """A new ledger; with a new spreadsheet, or beside another household."""
        self._count += 1
        if beside is not None:
            sheet_id = beside.sheet_id
        else:
            sheet_id = self.stand.google.new_spreadsheet(self.stand.account["client_email"], "Home")
        return Household(self, self._folder / f"household {self._count}", sheet_id)


@contextmanager
def street(folder: Path, *, duplicate_ids: bool = False) -> Iterator[Street]:
    """A street for the length of a block."""
    with (
        standing(folder, duplicate_ids=duplicate_ids) as stand,
        standing_between(stand.url) as way,
        starting(folder) as starter,
    ):
        yield Street(folder, starter, stand, way)


def instant(number: int) -> str:
    """When the reading of that number was read: a minute apart each."""
    days, minutes = divmod(number, 1_440)
    return f"2024-{1 + days // 28:02}-{1 + days % 28:02}T{minutes // 60:02}:{minutes % 60:02}:00Z"
