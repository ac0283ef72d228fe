"""Makes the sample that meterctl ships: a year of one household's evening readings, invented.

    python tests/make_sample.py > meterctl/samples/home-2025.csv

Somebody reads two displays after work: the grid meter (one decimal) and the inverter's counter of
the day (two). They forget a day now and then, and are away for two weeks in August.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
AWAY = (date(2025, 8, 2), date(2025, 8, 16))


def rows() -> Iterator[str]:
    """The file's lines."""
    chance = random.Random(2025)
    dial = Decimal("48213.4")
    yield "timestamp,inverterKWh,meterValue"
    for number in range(365):
        day = date(2025, 1, 1) + timedelta(days=number)
        away = AWAY[0] <= day <= AWAY[1]
        summer = (1 - math.cos(2 * math.pi * (number + 10) / 365)) / 2
        clear = chance.choice((0.15, 0.35, 0.6, 0.8, 0.95, 1.0))
        solar = Decimal(f"{(1.5 + 30 * summer) * clear * chance.uniform(0.85, 1.1):.2f}")
        wanted = 3.1 if away else chance.uniform(8.5, 13.5) + 3 * (1 - summer)
        own = min(float(solar) * 0.45, wanted * 0.6)
        dial += Decimal(f"{wanted - own:.1f}")
        minute = chance.randrange(18 * 60 + 40, 21 * 60 + 50)
        if away or chance.random() < 0.03:
            continue
        clock = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=BERLIN)
        inverter = "" if chance.random() < 0.02 else str(solar)
        yield f"{clock.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ},{inverter},{dial}"


if __name__ == "__main__":
    print("\n".join(rows()))  # noqa: T201 (its output is its result)
