"""Whatever comes back: an adapter never raises for it, and never takes it for a proof."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from meterctl.redact import mask_for
from meterctl.utility.answers import Reply
from meterctl.utility.kraken.de import Germany
from meterctl.utility.kraken.region import Region, Sent
from meterctl.utility.kraken.settings import Metered
from meterctl.utility.kraken.shelf import _page_of
from meterctl.utility.kraken.told import Told, told_of
from meterctl.utility.kraken.uk import UnitedKingdom, _ids_in
from meterctl.utility.port import Accepted, Already, NotThere

MASK = mask_for(["s3cr3t"])
SENT = Sent(Metered("1-0:1.8.0", 6, "12", "21L", "501"), date(2026, 11, 21), 142_300_000)
NAMES = (
    "data",
    "errors",
    "message",
    "extensions",
    "errorCode",
    "errorType",
    "createElectricityMeterReading",
    "createElectricityMeterReadings",
    "readingErrors",
    "readingDate",
    "numberOfReadingsCreated",
    "electricityMeterReadings",
    "edges",
    "node",
    "pageInfo",
    "hasNextPage",
    "endCursor",
    "readAt",
    "registers",
    "identifier",
    "registerObisCode",
    "value",
    "account",
    "properties",
    "electricityMeterPoints",
    "meters",
)
WORDS = ("2026-11-21", "142.3", "1-0:1.8.0", "KT-GB-6411", "VALIDATION", "1e9999", "")
LEAVES = st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.sampled_from(WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(("data", "errors")), VALUES) | VALUES


def looked_through(region: Region, told: Told) -> None:
    """All that is read of an answer with readings."""
    list(_ids_in(told.data))
    page = _page_of(told)
    for node in page.nodes if page else ():
        list(region.shown(node, SENT))


@given(BODIES, st.sampled_from((200, 400)))
def test_any_json(body: object, status: int) -> None:
    """It is accepted only where Germany says the very day and one reading."""
    raw = json.dumps(body).encode()
    told = told_of(Reply(status, "", {}, raw, 0), MASK)
    if not isinstance(told, Told):
        assert not isinstance(told, Accepted | Already | NotThere)
        return
    assert not isinstance(told.refusal(), Accepted | Already | NotThere)
    for region in (UnitedKingdom(), Germany()):
        outcome = region.handed_over(told, SENT)
        if isinstance(outcome, Accepted):
            made = json.loads(raw)["data"]["createElectricityMeterReadings"]
            assert made["readingDate"] == "2026-11-21"
            assert made["numberOfReadingsCreated"] in (1, True, 1.0)
        looked_through(region, told)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_bytes(body: bytes, status: int) -> None:
    """It is no proof of anything that was taken, or that was not."""
    told = told_of(Reply(status, "", {}, body, 0), MASK)
    assert not isinstance(told, Told | Accepted | Already | NotThere)
