"""What became of a command that was run over many ledgers, in words and as one exit code.

One ledger that fails is that ledger's affair: the next one is run all the same. The exit code says
whether all were done (0), none for one and the same reason (its code), or anything between (3).
A ledger at which another run is busy has somebody who does the same there: that is no failure,
unless there is nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.exact import Exact
from meterctl.domain.times import age_text
from meterctl.errors import (
    Busy,
    ConfigError,
    DataError,
    InputMissing,
    LedgerError,
    MeterctlError,
    Nonsense,
    NotAllowed,
    PartlyDone,
    Unreachable,
    UsageError,
)

_KINDS: dict[int, tuple[str, type[MeterctlError]]] = {
    1: ("unexpected", MeterctlError),
    2: ("usage", UsageError),
    65: ("bad data", DataError),
    66: ("no such input", InputMissing),
    74: ("ledger", LedgerError),
    75: ("not now", Unreachable),
    76: ("nonsense answered", Nonsense),
    77: ("not allowed", NotAllowed),
    78: ("settings", ConfigError),
}
_WORDS = {code: word for code, (word, _) in _KINDS.items()} | {
    3: "partly done",
    130: "stopped",
    143: "stopped",
}
_STOPPED = (130, 143)
_LATE, _KILLED = "late", "killed"
_ANOTHER = re.compile(r"another [\w-]+ is already running")
_NAMED = 3  # ledgers that the last line names
_UNTOLD = re.compile(r"(?:\x1b\[\d+m)?pass\b")  # what `health` says of what is well


class Verdict(StrEnum):
    """What became of one ledger."""

    DONE = "done"
    PARTLY = "partly"
    BUSY = "busy"  # another run is at it
    FAILED = "failed"
    NOT_RUN = "not_run"


class Ended(NamedTuple):
    """A command that has ended at one ledger."""

    exit_code: int  # of one that a signal ended, 128 and its number
    seconds: float
    out: str
    err: str
    is_cut: bool = False  # whether it printed more than is kept
    is_late: bool = False  # whether it was ended because it took too long


class Fault(NamedTuple):
    """Why it did not end well."""

    code: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Result(NamedTuple):
    """What became of one ledger, and what was said there."""

    ledger: str
    verdict: Verdict = Verdict.NOT_RUN
    exit_code: int | None = None
    seconds: float = 0.0
    fault: Fault | None = None
    lines: tuple[str, ...] = ()  # for people
    output: object = None  # the object that it printed under --json

    @property
    def heading(self) -> str:
        """The line about it."""
        if self.verdict is Verdict.DONE:
            return f"{self.ledger}: done"
        word = _WORDS.get(self.exit_code or 0, f"exit code {self.exit_code}")
        why = f": {self.fault}" if self.fault is not None else ""
        return f"{self.ledger}: {self.verdict}, {self.exit_code} {word}{why}"


def result(
    ledger: str,
    ended: Ended,
    mask: Callable[[str], str],
    *,
    as_json: bool = False,
    quiet: bool = False,
) -> Result:
    """What a command's end at a ledger means.

    Args:
        ledger: Its address, as people may see it.
        ended: How it ended.
        mask: Takes secrets out of a text.
        as_json: Whether it was to print an object.
        quiet: Whether what it prints counts only where it did not end well.
    """
    told = [line for line in map(str.rstrip, ended.err.splitlines()) if line]
    fault = None if ended.exit_code == 0 else _fault(told, ended, as_json=as_json)
    verdict = _verdict(ended, fault)
    output = _object(ended.out) if as_json and not ended.is_cut else None
    printed = [] if as_json or (quiet and fault is None) else ended.out.splitlines()
    lines = [mask(one) for one in (*printed, *told) if not _UNTOLD.match(one)]
    if ended.is_cut and (printed or as_json):
        lines.append("... and more, which is not kept")
    if fault is not None:
        fault = Fault(fault.code, mask(fault.message), mask(fault.hint))
    return Result(ledger, verdict, ended.exit_code, ended.seconds, fault, tuple(lines), output)


def _verdict(ended: Ended, fault: Fault | None) -> Verdict:
    if ended.exit_code == 0:
        return Verdict.DONE
    if ended.exit_code == PartlyDone.exit_code:
        return Verdict.PARTLY
    is_another = fault is not None and _ANOTHER.search(fault.message) is not None
    return Verdict.BUSY if ended.exit_code == Busy.exit_code and is_another else Verdict.FAILED


def _fault(told: list[str], ended: Ended, *, as_json: bool) -> Fault:
    """Why it did not end well; its line is taken out of what it told."""
    if ended.is_late:
        text = f"it was ended after {age_text(int(ended.seconds * 1000))}"
        return Fault(_LATE, text, "give it more: --timeout")
    if ended.exit_code > 128 and ended.exit_code not in _STOPPED:
        return Fault(_KILLED, f"signal {ended.exit_code - 128} ended it", "see the system's log")
    for index in range(len(told) - 1, -1, -1):
        line = told[index]
        found = _object(line) if as_json else None
        if isinstance(found, dict) and isinstance(said := found.get("error"), dict):
            del told[index]
            return Fault(*(str(said.get(name) or "") for name in Fault._fields))
        if line.startswith("meterctl: "):
            del told[index]
            return Fault(_code(ended.exit_code), line.removeprefix("meterctl: "), "")
    if told:
        return Fault(_code(ended.exit_code), told.pop(), "")
    return Fault(_code(ended.exit_code), "see its output" if as_json else "see below", "")


def _code(exit_code: int) -> str:
    _, kind = _KINDS.get(exit_code, ("", PartlyDone if exit_code == 3 else MeterctlError))
    return "interrupted" if exit_code in _STOPPED else kind.code


def _object(text: str) -> object:
    """A JSON object whose numbers stay as exact as they are; None where it is none."""
    import json  # not where nobody asked for it

    try:
        found = json.loads(text, parse_float=Exact)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class Summary(NamedTuple):
    """What became of all of them."""

    results: Sequence[Result]
    seconds: float

    def __str__(self) -> str:
        """`1000 ledgers: 991 done, 6 partly, 3 failed; in 12 min`."""
        found = self.by_verdict
        parts = [f"{found[one]} {one.replace('_', ' ')}" for one in Verdict if found[one]]
        elapsed = age_text(int(self.seconds * 1000))
        return f"{_ledgers(len(self.results))}: {', '.join(parts)}; in {elapsed}"

    @property
    def by_verdict(self) -> Counter[Verdict]:
        """How many ended how."""
        return Counter(one.verdict for one in self.results)

    @property
    def error(self) -> MeterctlError | None:
        """What the whole of it ends with; None where it ended well."""
        found = self.by_verdict
        failed = [one for one in self.results if one.verdict is Verdict.FAILED]
        if not (failed or found[Verdict.PARTLY] or found[Verdict.NOT_RUN]):
            if found[Verdict.DONE] or not found[Verdict.BUSY]:
                return None
            return Busy(
                f"another run is busy with {_all_of(len(self.results))}", "it goes on by itself"
            )
        codes = {_lasting(one) for one in failed}
        if len(failed) + found[Verdict.BUSY] == len(self.results) and len(codes) == 1:
            _, kind = _KINDS.get(codes.pop() or 0, ("", PartlyDone))
            first = failed[0].fault or Fault("", "", "")
            return kind(f"nothing got through at any ledger: {first.message}", first.hint)
        left = [one for one in self.results if one.verdict not in (Verdict.DONE, Verdict.BUSY)]
        names = ", ".join(one.ledger for one in left[:_NAMED])
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        return PartlyDone(
            f"{len(left)} of {_ledgers(len(self.results))} not done: {names}{more}",
            "run it again: what is done is not done twice",
        )

    def form(self, command: str) -> dict[str, object]:
        """All of it, for JSON."""
        found = self.by_verdict
        return {
            "command": command,
            "ledgers": len(self.results),
            **{str(one): found[one] for one in Verdict},
            "seconds": _seconds(self.seconds),
            "results": [_form(one) for one in self.results],
        }


def _lasting(one: Result) -> int | None:
    """The exit code that stands for a failure; what was ended from outside may pass."""
    if one.fault is not None and one.fault.code in (_LATE, _KILLED):
        return Unreachable.exit_code
    return one.exit_code


def _form(one: Result) -> dict[str, object]:
    return {
        "ledger": one.ledger,
        "verdict": str(one.verdict),
        "exit": one.exit_code,
        "seconds": _seconds(one.seconds),
        "error": None if one.fault is None else one.fault._asdict(),
        "output": one.output,
    }


def _seconds(seconds: float) -> Exact:
    return Exact(f"{seconds:.3f}")


def _ledgers(number: int) -> str:
    return "1 ledger" if number == 1 else f"{number} ledgers"


def _all_of(number: int) -> str:
    return "the ledger" if number == 1 else f"all {number} ledgers"
