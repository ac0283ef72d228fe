"""Printing: stdout is data, stderr is messages; numbers in JSON are exact."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

from meterctl.domain.exact import to_json
from meterctl.domain.meters import UNITS
from meterctl.errors import Interrupted, MeterctlError, OutputFailed


class PipeClosed(Exception):
    """Whoever read our output has left: an internal signal to end quietly."""

    ends_quietly = True


def line(text: str = "") -> None:
    """A line of data."""
    write(f"{text}\n")


def json(form: Mapping[str, object]) -> None:
    """One JSON object."""
    line(to_json(form))


def write(text: str) -> None:
    """Data as it is.

    Raises:
        PipeClosed: the reader has left.
        OutputFailed: the disk is full, or the like.
    """
    _write(sys.stdout, text)


def write_bytes(data: bytes) -> None:
    """A file's content as it is; as `write` it raises."""
    flush()
    if sys.stdout is not None:
        _guarded(lambda: sys.stdout.buffer.write(data))


def note(text: str) -> None:
    """A message, for people; lost in silence where there is nowhere to put it."""
    try:
        _write(sys.stderr, f"{text}\n")
    except (PipeClosed, OutputFailed):
        _abandon(sys.stderr)


def flush() -> None:
    """Make sure that all data has left."""
    if sys.stdout is not None:
        _guarded(sys.stdout.flush)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed by whoever started us
        return
    try:
        _guarded(lambda: stream.write(text))
    except UnicodeEncodeError:  # a terminal or locale without these letters
        from json.encoder import encode_basestring_ascii

        # Spelled as JSON spells them, so that an object stays one.
        plain = "".join(c if c.isascii() else encode_basestring_ascii(c)[1:-1] for c in text)
        _guarded(lambda: stream.write(plain))


def _guarded(action: object) -> None:
    try:
        action()  # type: ignore[operator] # a lambda of ours
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise PipeClosed from None
        raise OutputFailed(
            f"the output could not be written: {error.strerror}",
            "what was stored stays stored; free some space, or send the output elsewhere",
        ) from error


@contextmanager
def to_file(name: str) -> Iterator[None]:
    """Turn what goes wrong while a file is written into an error that names it.

    Raises:
        OutputFailed: it could not be written.
    """
    try:
        yield
    except OSError as error:
        raise OutputFailed(
            f"{name} could not be written: {error.strerror}", "name another place"
        ) from error


def abandon_stdout() -> None:
    """Give up on stdout: what it still holds goes nowhere."""
    _abandon(sys.stdout)


def _abandon(stream: TextIO | None) -> None:
    """Let the interpreter's last flush go nowhere, instead of failing a second time."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def error(problem: MeterctlError | Interrupted, *, as_json: bool) -> None:
    """An error: one line and its hint, or a JSON object, on stderr."""
    if as_json:
        fields = {"code": problem.code, "message": problem.message, "hint": problem.hint}
        note(to_json({"error": fields}))
    else:
        note(plain(f"meterctl: {amounts(problem.message)}{in_brackets(problem.hint)}"))


def in_brackets(hint: str) -> str:
    """What to do, behind what is wrong."""
    return f" ({advice(hint)})" if hint else ""


def advice(hint: str) -> str:
    """What to do, for people: a page of the documentation is named by what prints it."""
    import re  # nearly always nothing is wrong

    return re.sub(r"\bdocs/[a-z-]+\.md", r"meterctl help \g<0>", hint)


def plain(line: str) -> str:
    """One line, with nothing a terminal would act on: a file's name may hold anything."""
    return line if line.isprintable() else "".join(map(_escaped, line))


def _escaped(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def is_terminal() -> bool:
    """Whether a person sits there: one who reads what we print, and can answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def is_shown_live() -> bool:
    """Whether what we print lands on a terminal, where it can be printed over."""
    return sys.stdout is not None and sys.stdout.isatty()


def ask(question: str) -> str:
    """What a person answers, trimmed.

    Raises:
        Interrupted: Ctrl-C, Ctrl-D, or the terminal is gone: nothing is to be done.
    """
    try:
        _write(sys.stderr, f"{question}: ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
    except (OSError, OutputFailed):  # whose signal, SIGHUP, was not to be heard
        raise Interrupted(message=_NOTHING) from None
    except UnicodeDecodeError:
        return "\ufffd"  # no value, no yes, no no: asked again
    except Interrupted as interrupted:
        note("")
        raise Interrupted(interrupted.signal_number, _NOTHING) from None
    if not answer:
        note("")
        raise Interrupted(message=_NOTHING)
    return answer.strip()


def ask_hidden(question: str) -> str:
    """The same, without showing what is typed.

    Raises:
        Interrupted: Ctrl-C, Ctrl-D, or the terminal is gone.
    """
    from getpass import getpass

    try:
        return getpass(f"{question}: ", stream=sys.stderr).strip()
    except (EOFError, OSError):
        raise Interrupted(message=_NOTHING) from None


def line_from_stdin() -> str:
    """The first line that comes by stdin, trimmed, for a secret; "" where no text comes."""
    try:
        return "" if sys.stdin is None else sys.stdin.readline().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def agrees(question: str) -> bool:
    """Whether a person says yes."""
    while True:
        answer = ask(f"{question} [y/N]").lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("", "n", "no"):
            return False


def confirm(question: str) -> None:
    """Go on only after a yes.

    Raises:
        Interrupted: a no; nothing is to be done.
    """
    if not agrees(question):
        raise Interrupted(message=_NOTHING)


_NOTHING = "nothing was stored"


_mark = "."  # what people read between a number's digits


def use_mark(setting: str | None) -> None:
    """Follow a person's decimal mark from now on: `,`, or `locale` for what LC_NUMERIC says.

    Anything else, a wrong setting too, leaves the point; `config check` tells of that.
    """
    global _mark  # noqa: PLW0603 (output has one home, and so has its form)
    _mark = _of_locale() if setting == "locale" else "," if setting == "," else "."


def _of_locale() -> str:
    import locale

    try:
        locale.setlocale(locale.LC_NUMERIC, "")
    except locale.Error:  # one that is named and not installed
        return "."
    mark = locale.localeconv()["decimal_point"]
    locale.setlocale(locale.LC_NUMERIC, "C")  # nothing else is to be shown, or read, by it
    return str(mark)


def number(text: str) -> str:
    """A number for people, with its unit or without: `142.3 kWh` as they write it."""
    return text.replace(".", _mark, 1) if _mark != "." else text


def count(number_of: int) -> str:
    """How many, in groups of three: with a space where a comma would be taken for the point."""
    return f"{number_of:,}".replace(",", "," if _mark == "." else " ")


def amounts(text: str) -> str:
    """A sentence with amounts in it, `142.3 kWh is less than ...`, as people write them."""
    if _mark == ".":
        return text
    from re import sub

    return sub(rf"(?<=\d)\.(?=\d+ (?:{'|'.join(UNITS)})\b)", _mark, text)


def styled(text: str, style: str) -> str:
    """Colour for a terminal: `good`, `doubtful`, `bad` or `dim`; plain elsewhere."""
    if not is_shown_live() or os.environ.get("NO_COLOR"):
        return text
    code = {"good": "32", "doubtful": "33", "bad": "31", "dim": "2"}[style]
    return f"\x1b[{code}m{text}\x1b[0m"


def table(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> None:
    """Columns, aligned; `right` names those of numbers. Colour does not count as width."""
    for text in aligned(rows, right):
        line(text)


def aligned(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """The same, as lines."""
    aligned_right = set(right)
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = []
        for index, cell in enumerate(row):
            gap = " " * (widths[index] - _width(cell))
            cells.append(gap + cell if index in aligned_right else cell + gap)
        lines.append("  ".join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    length = len(text) - (9 if text.startswith("\x1b[3") else 8 if text.startswith("\x1b[2") else 0)
    if text.isascii():
        return length
    from unicodedata import combining, east_asian_width

    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return length + wide - sum(map(bool, map(combining, text)))
