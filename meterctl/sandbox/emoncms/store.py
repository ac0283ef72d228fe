"""Inputs, each with its newest value, and the feeds into which they are logged."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.sandbox.utility.form import Number


class Accepted(NamedTuple):
    """A value that was taken."""

    node: str
    name: str
    at: int  # seconds since 1970
    value: Number


class Feed:
    """A feed: the values of an input, each at its time; a later one takes an earlier's place."""

    def __init__(self, number: int, node: str, name: str) -> None:
        self.number = number
        self.node = node
        self.name = name
        self.points: dict[int, Number] = {}

    def newest(self) -> tuple[int, Number] | None:
        """The last value by its time."""
        return max(self.points.items(), default=None, key=lambda one: one[0])

    def between(self, start: int, end: int) -> list[tuple[int, Number]]:
        """The values from one second to another, both included."""
        return [(at, value) for at, value in sorted(self.points.items()) if start <= at <= end]


class Store:
    """All of an account. Its owner locks."""

    def __init__(self) -> None:
        self.inputs: dict[tuple[str, str], tuple[int, Number]] = {}  # as they came last
        self.feeds: list[Feed] = []
        self.accepted: list[Accepted] = []

    def take(self, node: str, at: int, values: dict[str, Number], *, feeds: bool) -> None:
        """Take the values of a node at a second; log them, if they have feeds or are to have."""
        for name, value in values.items():
            self.inputs[node, name] = (at, value)
            feed = self.feed_named(node, name)
            if feed is None and feeds:
                feed = Feed(len(self.feeds) + 1, node, name)
                self.feeds.append(feed)
            if feed:
                feed.points[at] = value
            self.accepted.append(Accepted(node, name, at, value))

    def feed_named(self, node: str, name: str) -> Feed | None:
        """The feed of an input."""
        return next((one for one in self.feeds if (one.node, one.name) == (node, name)), None)

    def feed(self, number: str) -> Feed | None:
        """A feed by its number."""
        return next((one for one in self.feeds if str(one.number) == number), None)
