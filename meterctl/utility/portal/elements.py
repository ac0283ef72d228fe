"""How a description names what stands on a page: `label:Password`, `button:Log in`, `css:#id`."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.errors import shown

KINDS = ("label", "placeholder", "button", "link", "heading", "text", "css")


class Element(NamedTuple):
    """Something on a page."""

    key: str  # where the description names it: `form.value`
    kind: str  # one of KINDS
    text: str

    def __str__(self) -> str:
        return f"{self.key} ({self.kind}:{self.text})"

    def of(self, number: str) -> Element:
        """It, for the meter of this number."""
        if self.kind == "css":
            number = number.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")
        return self._replace(text=self.text.replace("{meter}", number))


class Place(NamedTuple):
    """A page of the portal by its address."""

    key: str
    path: str  # a whole URL, once it was read

    def of(self, number: str) -> Place:
        """It, for the meter of this number."""
        from urllib.parse import quote

        return self._replace(path=self.path.replace("{meter}", quote(number, safe="")))


Step = Element | Place  # what is clicked, or gone to


def element(key: str, text: str) -> Element:
    """What a description's text names.

    Raises:
        ValueError: it names nothing.
    """
    kind, colon, rest = text.partition(":")
    if not colon or kind not in KINDS or not rest.strip():
        raise ValueError(f"{shown(text)} names no element: one of {', '.join(KINDS)}, `:`, a text")
    return Element(key, kind, rest.strip())


def step(key: str, text: str) -> Step:
    """A way on: an address, or something to be clicked.

    Raises:
        ValueError: it is neither.
    """
    if text.startswith(("/", "https://", "http://")):
        return Place(key, text)
    return element(key, text)
