"""The XML within a workbook, read piece by piece: rows of cells, shared texts, small parts."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from xml.parsers import expat

from meterctl.imports.problems import Problem, Stop

COLUMNS = 16_384  # as many as a worksheet has
STRINGS_LIMIT = 64 << 20
_TEXT_LIMIT = 1 << 16  # of a cell; a spreadsheet itself holds 32,767 letters
_ROW_LIMIT = 1 << 22
_TOKEN_LIMIT = 1 << 20
_PIECE = 1 << 14  # small: a few bytes may refer to a long text, again and again
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Attributes = Mapping[str, str]


class BadXml(Stop):
    """A part of a workbook that is not as workbooks are."""

    def __init__(self, what: str) -> None:
        super().__init__(
            Problem(1, 1, f"the workbook is damaged: {what}", "save it again, or save it as CSV")
        )


def parse(
    pieces: Iterable[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> Iterator[None]:
    """Parse XML, giving way after each piece; names come without their prefixes.

    Raises:
        BadXml: it is not XML, or declares entities, which only a trap does.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_declared: object) -> None:
        raise BadXml("it declares a document type")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, given: start(name.rpartition(":")[2], given)
    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.CharacterDataHandler = text
    fed = 0
    try:
        for piece in pieces:
            for begin in range(0, len(piece), _PIECE):
                parser.Parse(part := piece[begin : begin + _PIECE], False)
                fed += len(part)
                if fed - parser.CurrentByteIndex > _TOKEN_LIMIT:
                    raise BadXml("one of its marks has no end")
                yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise BadXml(expat.ErrorString(error.code)) from None
    except (LookupError, ValueError):  # an encoding that is none
        raise BadXml("its encoding is not known") from None


def limited(pieces: Iterable[bytes], limit: int, error: Stop) -> Iterator[bytes]:
    """The same pieces; the error instead of those beyond the limit."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise error
        yield piece


class Strings:
    """The texts that cells share, closely packed: there may be millions of them."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._is_text = self._is_spoken = False
        problem = Problem(
            1,
            1,
            f"the workbook holds more than {STRINGS_LIMIT >> 20} MiB of texts",
            "save the worksheet as CSV",
        )
        pieces = limited(pieces, STRINGS_LIMIT, Stop(problem))
        for _ in parse(pieces, self._start, self._end, self._text):
            pass

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            raise BadXml("a cell's text is missing")
        begin, end = self._ends[index], self._ends[index + 1]
        if end - begin > 4 * _TEXT_LIMIT:
            raise BadXml("a cell's text has no end")
        return unescaped(self._bytes[begin:end].decode(errors="replace"))

    def _start(self, name: str, _given: Attributes) -> None:
        self._is_text = name == "t"
        if name == "rPh":  # how the text is spoken, in East Asia
            self._is_spoken = True

    def _end(self, name: str) -> None:
        self._is_text = False
        if name == "rPh":
            self._is_spoken = False
        elif name == "si":
            self._ends.append(len(self._bytes))

    def _text(self, text: str) -> None:
        if self._is_text and not self._is_spoken:
            self._bytes += text.encode(errors="replace")


def unescaped(text: str) -> str:
    """A text whose odd letters are written as `_x000D_`."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


class Cells:
    """Collects the rows of a worksheet while it is parsed."""

    def __init__(self, read: Callable[[str, str, str], str]) -> None:
        self.rows: list[tuple[int, list[str]]] = []
        self._read = read  # a cell's type, style and raw text to its text
        self._number = 0
        self._cells: list[str] = []
        self._column = -1
        self._type = self._style = ""
        self._raw: list[str] = []
        self._size = self._row_size = 0
        self._is_value = self._is_spoken = self._has_formula = False

    def start(self, name: str, given: Attributes) -> None:
        """An element begins."""
        if name == "c":
            place = given.get("r")
            self._column = self._column + 1 if place is None else _column(place)
            if self._column >= COLUMNS:
                raise BadXml("a row has too many cells")
            self._type, self._style = given.get("t", "n"), given.get("s", "0")
            self._raw, self._size, self._has_formula = [], 0, False
        elif name == "v" or (name == "t" and self._type == "inlineStr"):
            self._is_value = not self._is_spoken
        elif name == "row":
            self._number = _row(given.get("r"), self._number)
            self._cells, self._column, self._row_size = [], -1, 0
        elif name == "rPh":
            self._is_spoken = True
        elif name == "f":
            self._has_formula = True

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "c":
            if self._raw:
                self._keep(self._read(self._type, self._style, "".join(self._raw)))
            elif self._has_formula and self._type == "n":
                self._keep("=?")  # nothing calculated it; no number, and no blank either
        elif name == "row":
            self.rows.append((self._number, self._cells))
        elif name == "rPh":
            self._is_spoken = False
        elif name in {"v", "t"}:
            self._is_value = False

    def _keep(self, text: str) -> None:
        """Put a cell's text where it belongs."""
        if not text:
            return
        self._row_size += len(text)
        if self._row_size > _ROW_LIMIT:
            raise BadXml("a row has no end")
        self._cells.extend([""] * (self._column - len(self._cells)))
        self._cells[self._column :] = [text]

    def text(self, text: str) -> None:
        """Text within an element."""
        if self._is_value:
            self._raw.append(text)
            self._size += len(text)
            if self._size > _TEXT_LIMIT:
                raise BadXml("a cell's text has no end")


def rows(
    pieces: Iterable[bytes], read: Callable[[str, str, str], str]
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a worksheet with anything in them: number and texts.

    `read` turns a cell's type, style and raw text into its text.
    """
    cells = Cells(read)
    for _ in parse(pieces, cells.start, cells.end, cells.text):
        done, cells.rows = cells.rows, []
        for number, texts in done:
            if any(texts):
                yield number, texts


def _column(place: str) -> int:
    """The column of a cell such as `AB12`, from 0."""
    column = 0
    for letter in place:
        if letter.isdigit():
            break
        column = column * 26 + (ord(letter) & 0x1F)
        if column > COLUMNS:
            break
    if column == 0:
        raise BadXml("a cell without a column")
    return column - 1


def _row(given: str | None, last: int) -> int:
    if given is None:
        return last + 1
    if not given.isdecimal() or len(given) > 9:
        raise BadXml("a row without a number")
    return int(given)
