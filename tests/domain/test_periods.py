"""Where a local day begins, in every zone there is."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.periods import midnight
from meterctl.domain.times import MINUTE, aware

ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})
# Where a night was odd: no 00:00, 00:00 twice, a day that never was.
ODD = [
    ("America/Sao_Paulo", date(2017, 10, 15)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("Asia/Beirut", date(2023, 3, 26)),
    ("Atlantic/Azores", date(2023, 10, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
]


@given(
    st.sampled_from(ODD)
    | st.tuples(st.sampled_from(ZONES), st.dates(date(1970, 1, 2), date(2037, 12, 31)))
)
def test_midnight(of: tuple[str, date]) -> None:
    """The day before ends there, and from there on no clock shows it again."""
    zone, day = ZoneInfo(of[0]), of[1]
    found = midnight(day, zone)
    assert aware(found - 1, zone).date() < day
    for minutes in range(0, 26 * 60, 30):
        assert day <= aware(found + minutes * MINUTE, zone).date() <= day + timedelta(days=2)
