"""A Green Button file as a stream of its resources, whatever its prefixes and however long it is.

Nothing of it is held but the resource that is being read. Documents that define entities are
refused: no export has any, and they are how a small file becomes an endless one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from meterctl.imports.problems import Problem, Stop

_PIECE = 1 << 16
_MOST_PENDING = 1 << 22  # bytes of one tag, comment or the like
_MOST_DEPTH = 64
_MOST_NAMES = 2_000  # different ones of elements and attributes: the standard has some hundred
_MOST_TEXT = 4_000  # characters of an element that are looked at
_RESOURCES = {"UsagePoint", "MeterReading", "ReadingType", "IntervalReading", "IntervalBlock"}
_QUALITIES = {"quality", "readingquality"}


class Link(NamedTuple):
    """One of an entry's links."""

    rel: str
    href: str


class Resource(NamedTuple):
    """A resource without those inside it; its fields by their path, such as `timePeriod/start`."""

    kind: str
    line: int
    fields: dict[str, str]
    qualities: tuple[str, ...]


class Entry(NamedTuple):
    """The end of an entry, with what Atom says of it."""

    links: tuple[Link, ...]
    title: str


def events(file: BinaryIO) -> Iterator[Resource | Entry]:
    """The resources of each entry, each as it ends, then the entry.

    What stands outside any entry counts as a last one.

    Raises:
        Stop: this is no sound XML, or none that may be read.
    """
    file.seek(0)
    reader = _Reader()
    fed = 0
    while piece := file.read(_PIECE):
        fed += len(piece)
        yield from reader.take(piece, is_last=False)
        if fed - reader.index > _MOST_PENDING:
            raise reader.stop("something in here never ends", "export the file again")
    yield from reader.take(b"", is_last=True)
    yield Entry(*reader.entry())


class _Open(NamedTuple):
    """A resource that has not ended yet."""

    kind: str
    line: int
    depth: int
    fields: dict[str, str]
    qualities: list[str]


class _Reader:
    """Fed with bytes, gives what has ended since."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._letters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._ended: list[Resource | Entry] = []
        self._path: list[str] = []
        self._open: list[_Open] = []
        self._text: list[str] = []
        self._size = 0
        self._names: set[str] = set()
        self._links: list[Link] = []
        self._title = ""

    @property
    def index(self) -> int:
        """Up to which byte the file was understood."""
        return self._parser.CurrentByteIndex

    def take(self, piece: bytes, *, is_last: bool) -> list[Resource | Entry]:
        """Read on.

        Raises:
            Stop: it cannot be read on.
        """
        self._ended = []
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            message = f"this is not well-formed XML: {expat.ErrorString(error.code)}"
            hint = "the file may be cut off; export it again"
            raise Stop(Problem(error.lineno, error.offset + 1, message, hint)) from error
        return self._ended

    def entry(self) -> tuple[tuple[Link, ...], str]:
        """The links and the title of the entry that ends."""
        links, title = tuple(self._links), self._title
        self._links, self._title = [], ""
        return links, title

    def stop(self, message: str, hint: str) -> Stop:
        """A refusal at this place."""
        parser = self._parser
        place = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        return Stop(Problem(*place, message, hint))

    def _doctype(self, *_: object) -> None:
        raise self.stop("XML with a document type is not read", "export the file again")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._path.append(local)
        self._names.add(name)
        self._names.update(attributes)
        if len(self._path) > _MOST_DEPTH or len(self._names) > _MOST_NAMES:
            raise self.stop("this XML is no Green Button export", "export the file again")
        self._text, self._size = [], 0
        if local == "entry":
            self.entry()  # what the feed says of itself is not the entry's
        elif local == "link" and not self._open:
            told = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            self._links.append(Link(told.get("rel", ""), told.get("href", "")))
        elif local in _RESOURCES:
            line = self._parser.CurrentLineNumber
            self._open.append(_Open(local, line, len(self._path), {}, []))

    def _letters(self, text: str) -> None:
        if self._size < _MOST_TEXT:
            self._text.append(text[: _MOST_TEXT - self._size])
            self._size += len(text)

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        text = "".join(self._text).strip()
        self._text, self._size = [], 0
        resource = self._open[-1] if self._open else None
        if resource is not None and resource.depth == len(self._path):
            self._open.pop()
            kind, line, _, fields, qualities = resource
            self._ended.append(Resource(kind, line, fields, tuple(qualities)))
        elif resource is not None:
            if text and local.lower() in _QUALITIES:
                resource.qualities.append(text)
            elif text:
                path = "/".join(self._path[resource.depth :])
                resource.fields.setdefault(path, text)
        elif local == "title" and not self._title:
            self._title = text
        elif local == "entry":
            self._ended.append(Entry(*self.entry()))
        self._path.pop()
