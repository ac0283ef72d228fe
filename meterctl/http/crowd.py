"""How many may be connected at once: all together, and from one address.

A connection costs a descriptor before it has said anything. Where silent ones could take them all,
not even the ledger could be opened for those who have business here.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

from meterctl.http.addresses import UNKNOWN, Network, client_address, grouped

OF_ONE = 256  # connections from one address: a browser makes six
_TELL_EVERY = 60.0  # seconds


def _silence(_detail: str, _address: str | None) -> None:
    """Nobody is told."""


class Crowd:
    """Who is connected; one for each worker."""

    def __init__(
        self,
        trusted: tuple[Network, ...] = (),
        tell: Callable[[str, str | None], object] = _silence,
        *,
        of_one: int = OF_ONE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nobody.

        Args:
            trusted: Proxies: each speaks for many, and is held to the limit of all alone.
            tell: Whom to tell that somebody was turned away, and whose address it was.
            of_one: Connections from one address, at most.
            clock: Seconds.
        """
        self._trusted = trusted
        self._tell = tell
        self._of_one = of_one
        self._clock = clock
        self._here: Counter[str] = Counter()
        self._told: dict[str, float] = {}

    def enter(self, peer: str | None, total: int, most: int | None) -> bool:
        """Let a connection in, unless there are too many.

        Args:
            peer: The other end's address.
            total: How many there are, with this one.
            most: How many there may be.
        """
        if most is not None and total > most:
            self._say(f"{most} connections at once: others are turned away", None)
            return False
        name = _counted(peer, self._trusted)
        if name is None:
            return True
        if self._here[name] >= self._of_one:
            self._say(f"{self._of_one} connections from one address: others are turned away", name)
            return False
        self._here[name] += 1
        return True

    def leave(self, peer: str | None) -> None:
        """A connection that was let in is gone."""
        name = _counted(peer, self._trusted)
        if name is not None:
            self._here[name] -= 1
            if not self._here[name]:
                del self._here[name]  # or it would grow with each address there is

    def _say(self, detail: str, address: str | None) -> None:
        now = self._clock()
        if now - self._told.get(detail, -_TELL_EVERY) >= _TELL_EVERY:
            self._told[detail] = now
            self._tell(detail, address)


@lru_cache(maxsize=1024)
def _counted(peer: str | None, trusted: tuple[Network, ...]) -> str | None:
    """What an address is counted as; None: it is not, since it may speak for many."""
    plain = client_address(peer, (), ())
    if plain == UNKNOWN:
        return None
    address = ip_address(plain)
    if address.is_loopback or any(address in network for network in trusted):
        return None
    return grouped(plain)
