"""The tuples of each channel: a time in milliseconds, and a value."""

from __future__ import annotations

from meterctl.sandbox.utility.form import Number


class Duplicate(Exception):
    """A channel has a value at this time already."""


class Channels:
    """All channels. Its owner locks."""

    def __init__(self) -> None:
        self._tuples: dict[str, dict[int, Number]] = {}
        self.accepted: list[tuple[str, int, Number]] = []

    def insert(self, uuid: str, tuples: list[tuple[int, Number]], *, skip: bool) -> int:
        """Insert tuples, all or none; how many are new.

        Args:
            uuid: The channel.
            tuples: What to insert.
            skip: Pass over those whose time is taken, whatever their value.

        Raises:
            Duplicate: a time is taken, and nothing is to be passed over.
        """
        known = self._tuples.get(uuid, {})
        fresh: dict[int, Number] = {}
        for at, value in tuples:
            if at not in known and at not in fresh:
                fresh[at] = value
            elif not skip:
                raise Duplicate(f"{uuid}-{at}")
        self._tuples[uuid] = {**known, **fresh}
        self.accepted += [(uuid, at, value) for at, value in fresh.items()]
        return len(fresh)

    def between(
        self, uuid: str, start: int, end: int | None, *, exact: bool
    ) -> list[tuple[int, Number]]:
        """The tuples from one time to another, both included.

        Args:
            uuid: The channel.
            start: Milliseconds since 1970.
            end: Likewise; None is without end.
            exact: Otherwise two tuples before and one after come along, for a chart's edges.
        """
        line = sorted(self._tuples.get(uuid, {}).items())
        inside = [at for at, _value in line if start <= at and (end is None or at <= end)]
        if exact:
            return [(at, value) for at, value in line if at in inside]
        before = [at for at, _value in line if at < start][-2:]
        after = [at for at, _value in line if end is not None and at > end][:1]
        wanted = {*before, *inside, *after}
        return [(at, value) for at, value in line if at in wanted]
