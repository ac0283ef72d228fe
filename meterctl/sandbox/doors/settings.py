"""How all doors behave, to be switched while they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meterctl.sandbox.standin import Parser, as_the_utility, seconds
from meterctl.sandbox.utility.settings import Window


@dataclass(frozen=True)
class Settings:
    """Every switch; None is off."""

    window: Window | None = None  # when new readings are taken
    rate_limit: int | None = None  # requests a minute
    in_progress_seconds: int = 0  # until it is told what became of a new reading
    token_seconds: int = 3600  # that a token lives, of those given out from now on


PARSERS: Mapping[str, Parser] = {
    "window": as_the_utility,
    "rate_limit": as_the_utility,
    "in_progress_seconds": seconds,
    "token_seconds": seconds,
}
