"""What both countries share: who asks, what is shown, connections with their pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from meterctl.sandbox.kraken.errors import Coded, Faulty
from meterctl.sandbox.kraken.execute import Ask
from meterctl.sandbox.kraken.login import Login
from meterctl.sandbox.kraken.meters import Book, Meter, Policy, Reading
from meterctl.sandbox.standin import Switches

COMMON = """
scalar GenericScalar scalar Date scalar DateTime scalar Decimal

input ObtainJSONWebTokenInput {
  APIKey: String email: String password: String refreshToken: String
}
type ObtainKrakenJSONWebToken {
  token: String! payload: GenericScalar! refreshToken: String refreshExpiresIn: Int
}
type PageInfo {
  hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String
}
"""


class Site:
    """One country's side of the API.

    Args:
        account: The account's number.
        zone: The country's time zone.
        meters: The account's meters.
        book: The readings of them.
        login: The tokens, the same on both sides.
        switches: How it behaves.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        account: str,
        zone: str,
        meters: Sequence[Meter],
        book: Book,
        *,
        login: Login,
        switches: Switches,
        clock: Callable[[], float],
    ) -> None:
        self.account = account
        self.meters = meters
        self.book = book
        self.switches = switches
        self._zone = ZoneInfo(zone)
        self._login = login
        self._clock = clock

    def obtain_token(self, ask: Ask) -> object:
        """Answer `obtainKrakenToken`."""
        minutes = self.switches.count("token_minutes")
        return self._login.obtain(ask.arguments["input"], self._clock(), minutes)

    def enter(self, ask: Ask, account: str | None = None) -> None:
        """Let in who has a token, to the account that is theirs.

        Raises:
            Coded: they have not, or it is not.
        """
        minutes = self.switches.count("token_minutes")
        self._login.check(ask.asker, self._clock(), minutes, self.switches.text("expired_code"))
        if account not in (None, self.account):
            raise Coded("KT-CT-4177")

    def meter(self, **wanted: str | None) -> Meter | None:
        """The meter of which all of this is true."""
        return next(
            (
                one
                for one in self.meters
                if all(getattr(one, name) == value for name, value in wanted.items())
            ),
            None,
        )

    def policy(self) -> Policy:
        """What a reading is held against now."""
        now = self._clock()
        return Policy(
            datetime.fromtimestamp(now, UTC).astimezone(self._zone).date(),
            now,
            self.switches.count("oldest_days"),
            self.switches.text("same_day"),
            self.switches.text("lower"),
        )

    def taken(self) -> None:
        """Something was taken: whether that can be said.

        Raises:
            Faulty: the switch `fails_after` is on.
        """
        if self.switches.on("fails_after"):
            raise Faulty("An internal error occurred.")

    def midnight(self, day: date) -> str:
        """The instant at which a day begins."""
        return datetime.combine(day, time(), self._zone).isoformat()

    def shown(self, meter: Meter) -> list[Reading]:
        """The readings of a meter that are shown already, the newest first."""
        latest = self._clock() - 60 * self.switches.count("hidden_minutes")
        return [one for one in self.book.of(meter) if one.taken_at <= latest]


def connection(ask: Ask, nodes: Sequence[tuple[str, object]]) -> dict[str, object]:
    """A page of nodes: `first` after a cursor, or `last` before one.

    Args:
        ask: With the arguments of the page.
        nodes: All nodes, each with its number.

    Raises:
        Faulty: there is no such page.
    """
    given = ask.arguments
    cursors = [base64.b64encode(f"reading:{number}".encode()).decode() for number, _node in nodes]
    start, end = 0, len(nodes)
    if given.get("after"):
        start = _place(cursors, given["after"]) + 1
    if given.get("before"):
        end = _place(cursors, given["before"])
    first, last = given.get("first"), given.get("last")
    if (first or 0) < 0 or (last or 0) < 0:
        raise Faulty("`first` and `last` must be 0 or more.")
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    chosen = range(start, max(start, end))
    return {
        "totalCount": len(nodes),
        "edgeCount": len(chosen),
        "edges": [{"cursor": cursors[at], "node": nodes[at][1]} for at in chosen],
        "pageInfo": {
            "hasNextPage": bool(chosen) and chosen[-1] + 1 < len(nodes),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[chosen[0]] if chosen else None,
            "endCursor": cursors[chosen[-1]] if chosen else None,
        },
    }


def _place(cursors: Sequence[str], cursor: str) -> int:
    if cursor not in cursors:
        raise Faulty("Invalid cursor.")
    return cursors.index(cursor)
