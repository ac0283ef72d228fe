"""Every error a user can meet, beneath all other modules.

MeterctlError                 1    a bug's exit code: only subclasses are raised
├── UsageError                2    the command line itself is wrong
├── PartlyDone                3    some got through, others were refused or are still to go
├── DataError                65    what was given cannot be stored
│   ├── QuantityError              not an exact, non-negative decimal
│   ├── TimeError                  not an instant, or not one single instant
│   ├── UnknownMeter
│   ├── UnknownReading
│   ├── MeterError                 a meter's definition does not hold together
│   ├── FileError                  bad place in a file: file:line:column
│   └── Conflict                   the slot already holds another truth
├── InputMissing             66    a named file is not there or cannot be read
├── LedgerError              74    the ledger cannot be read or written
│   ├── LedgerDamaged
│   ├── LedgerUnwritable           full or read-only disk, no permission
│   ├── LedgerUnreachable          its server does not answer just now
│   ├── LedgerUnsure               its server was lost at the commit: stored, or not
│   ├── LedgerForbidden      77    its server does not let us in, or not do that
│   ├── LedgerMoved          78    it was moved to another place, or is on its way there
│   └── OutputFailed               stdout or an output file could not be written
├── Busy                     75    another run holds the lock; try again
├── Unreachable              75    the other side did not take it just now; it stays queued
├── AnswerLost               75    it may have taken it; the next run asks before anything else
├── Nonsense                 76    it answered what it never should
├── NotAllowed               77    it does not let us: a key, a token, a share is missing or wrong
└── ConfigError              78    settings are wrong: all problems at once
    ├── LedgerNewer                written by a later meterctl
    ├── SheetUnfit                 the Sheet is not as we need it; a person has to look
    └── SubmitterElsewhere         another ledger submits to the utility

Interrupted           130 / 143    SIGINT; SIGTERM, SIGHUP. Like KeyboardInterrupt it is no
                                   Exception, so that nothing on its way mistakes it for one.

Each class knows its exit code (docs/operations.md lists them), its HTTP status, and a
machine-readable code; each instance carries a hint: the step that mends it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import ClassVar


class MeterctlError(Exception):
    """The root: a message in one line, and a hint that says what to do next."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    code: ClassVar[str] = "bug"
    about: str | None = None  # which part of what was given it is about: a meter's id, `timestamp`

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MeterctlError):
    """The command line itself is wrong."""

    exit_code = 2
    http_status = 400
    code = "usage"


class PartlyDone(MeterctlError):
    """Some readings got through; others were refused, or are still to go."""

    exit_code = 3
    http_status = 200
    code = "partly_done"


class DataError(MeterctlError):
    """What was given cannot be stored; nothing was."""

    exit_code = 65
    http_status = 422
    code = "bad_data"


class QuantityError(DataError):
    """Not an exact, non-negative decimal that a cell can hold."""

    code = "bad_value"


class TimeError(DataError):
    """Not an instant, or one that does not exist or exists twice, or is yet to come."""

    code = "bad_time"


class UnknownMeter(DataError):
    """No meter has this id or column."""

    code = "unknown_meter"


class UnknownReading(DataError):
    """No reading has this id."""

    http_status = 404
    code = "unknown_reading"


class MeterError(DataError):
    """A meter's definition does not hold together, or a reading does not fit its meter."""

    code = "bad_meter"


class FileError(DataError):
    """A bad place in a file; the message begins with file:line:column."""

    code = "bad_file"


class Conflict(DataError):
    """The slot already holds another truth."""

    http_status = 409
    code = "conflict"


class InputMissing(MeterctlError):
    """A file that was named is not there, or cannot be read."""

    exit_code = 66
    http_status = 400
    code = "no_input"


class LedgerError(MeterctlError):
    """The ledger cannot be read or written."""

    exit_code = 74
    http_status = 503
    code = "ledger"


class LedgerDamaged(LedgerError):
    """The ledger's file is not sound; it is left as it was found."""

    code = "ledger_damaged"


class LedgerUnwritable(LedgerError):
    """A full or read-only disk, or a missing permission."""

    code = "ledger_unwritable"


class LedgerUnreachable(LedgerError):
    """The server that holds it does not answer just now."""

    code = "ledger_unreachable"


class LedgerUnsure(LedgerError):
    """The server was lost at the very moment of the commit: it was stored, or it was not."""

    code = "ledger_unsure"


class LedgerForbidden(LedgerError):
    """The server that holds it does not let us in, or does not let us do that."""

    exit_code = 77
    code = "ledger_forbidden"


class LedgerMoved(LedgerError):
    """It was moved to another place, or is on its way there: nothing is written here any more."""

    exit_code = 78
    code = "ledger_moved"


class OutputFailed(LedgerError):
    """What was to be printed or written out could not be."""

    code = "output_failed"


class Busy(MeterctlError):
    """Another run holds the lock."""

    exit_code = 75
    http_status = 503
    code = "busy"


class Unreachable(MeterctlError):
    """The other side did not take it: no connection, or it asks us to wait. Nothing is lost.

    `wait` is how many seconds it asks for, where it says so.
    """

    exit_code = 75
    http_status = 503
    code = "unreachable"

    def __init__(self, message: str, hint: str = "", wait: float | None = None) -> None:
        super().__init__(message, hint)
        self.wait = wait


class AnswerLost(MeterctlError):
    """A request left and no answer that can be relied on came: it is asked about, never guessed."""

    exit_code = 75
    http_status = 503
    code = "answer_lost"


class Nonsense(MeterctlError):
    """The other side answered what it never should."""

    exit_code = 76
    http_status = 502
    code = "nonsense"


class NotAllowed(MeterctlError):
    """The other side knows us and says no, or does not know us."""

    exit_code = 77
    http_status = 502
    code = "not_allowed"


class ConfigError(MeterctlError):
    """Settings are wrong; `problems` holds every one of them, not just the first."""

    exit_code = 78
    http_status = 409  # not the client's fault, but no passing one either
    code = "config"

    def __init__(self, message: str, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.problems = problems or (message,)


class LedgerNewer(ConfigError):
    """The ledger was written by a later meterctl; this one never writes to it."""

    http_status = 503
    code = "ledger_newer"


class SheetUnfit(ConfigError):
    """The spreadsheet is not as it must be for writing to it; it was left alone."""

    code = "sheet_unfit"


class SubmitterElsewhere(ConfigError):
    """Another ledger submits the readings of this Sheet to the utility."""

    code = "submitter_elsewhere"


class Interrupted(BaseException):
    """A signal, or a person at a question, ended the run; what was acknowledged before it stays."""

    code: ClassVar[str] = "interrupted"
    hint: ClassVar[str] = ""

    def __init__(
        self, signal_number: int = 2, message: str = "stopped; what was acknowledged is stored"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.signal_number = signal_number
        # Shells know 128 + N; SIGHUP leaves as SIGTERM does, so that scripts meet two codes only.
        self.exit_code = 130 if signal_number == 2 else 143


class about:  # noqa: N801 (used as a function; a generator takes four times as long)
    """Let the errors raised within say which part of what was given they are about."""

    __slots__ = ("_part",)

    def __init__(self, part: str) -> None:
        self._part = part

    def __enter__(self) -> None:
        """Nothing is to be done."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Note the part, if nobody has."""
        if isinstance(error, MeterctlError):
            error.about = error.about or self._part


# Over HTTP an answer never repeats what was sent: a secret in the wrong field, somebody's script.
_repeats: ContextVar[bool] = ContextVar("repeats", default=True)


class unrepeated:  # noqa: N801 (as above)
    """Leave what was given out of messages that are written within; an ellipsis stands there."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        """From now on."""
        self._token = _repeats.set(False)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """As it was before."""
        _repeats.reset(self._token)


def with_extra(extra: str) -> str:
    """How to get what an optional part needs; PyPI may have another's by our name."""
    return f"install it from meterctl's source: pip install '.[{extra}]' (or pipx install --force)"


def shown(text: str, limit: int = 40) -> str:
    """Quote input for a message: shortened, and with nothing a terminal would act on."""
    if not _repeats.get():
        return "'…'"
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return (
        "'"
        + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)
        + "'"
    )
