"""What is seen of a fleet's run: a line for each ledger that has something to say, and a sum."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from meterctl.cli import out
from meterctl.cli.fleet_order import Order
from meterctl.cli.progress import What, bar, is_live
from meterctl.errors import OutputFailed
from meterctl.services.fleet import Result, Summary, Verdict

_STYLES = {
    Verdict.DONE: "good",
    Verdict.PARTLY: "doubtful",
    Verdict.BUSY: "dim",
    Verdict.FAILED: "bad",
    Verdict.NOT_RUN: "dim",
}


class Show:
    """Tells of a fleet's run; that nobody reads it, or nothing can be written, stops no ledger."""

    def __init__(self, what: Order, ledgers: int) -> None:
        self._what = what
        self._ledgers = ledgers
        self._has_bar = not (what.as_json or what.quiet) and is_live()
        self._held: list[Result] = []  # while a bar stands where their lines would
        self._count = 0
        self.trouble: Exception | None = None  # why it could not be told
        self._around = ExitStack()

    def __enter__(self) -> Self:
        """On a terminal, a bar shows how far it is."""
        drawn = bar(What("ledgers", self._ledgers, "ledgers"), wanted=self._has_bar)
        self._progress = self._around.enter_context(drawn)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is told any more."""
        self._around.close()

    def hear(self, _number: int, line: bytes) -> None:
        """A line of a ledger's log, for the place where this run's own goes."""
        out.note(line.decode(errors="replace"))

    def tell(self, one: Result) -> None:
        """What became of a ledger."""
        self._count += 1
        self._progress(self._count)
        if self._what.as_json:
            for line in one.lines:  # what it told beside its object
                out.note(out.plain(f"{one.ledger}: {line}"))
            return
        if one.verdict is Verdict.DONE and not one.lines:
            return
        if self._has_bar:
            self._held.append(one)
        else:
            self._print(_lines(one))

    def sum_up(self, summary: Summary) -> None:
        """What became of all of them."""
        self._around.close()
        for one in self._held:
            self._print(_lines(one))
        if self._what.as_json:
            from meterctl.domain.exact import to_json

            self._print([to_json(summary.form(self._what.name))])
        elif not self._what.quiet or summary.error is not None:
            self._print([str(summary)])

    def _print(self, lines: list[str]) -> None:
        if self.trouble is not None:
            return
        try:
            out.line("\n".join(lines))
            out.flush()
        except (out.PipeClosed, OutputFailed) as error:
            self.trouble = error
            with suppress(OSError):
                out.abandon_stdout()


def _lines(one: Result) -> list[str]:
    """A heading, and what was said there: in the same line, where it is one."""
    style = _STYLES[one.verdict]
    if one.verdict is Verdict.DONE and len(one.lines) == 1:
        return [out.plain(f"{one.ledger}: {one.lines[0]}")]
    return [
        out.styled(out.plain(one.heading), style),
        *(f"  {out.plain(line)}" for line in one.lines),
    ]
