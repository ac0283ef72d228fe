"""The readings that an account shows, looked through for one day of one register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from meterctl.utility.kraken.region import Region, Sent, Shown, is_value, objects_in
from meterctl.utility.kraken.session import Deadline, Session
from meterctl.utility.kraken.told import BY_HAND, Told
from meterctl.utility.port import Lost, Outcome, Rejected

MOST_PAGES = 20


class Found(NamedTuple):
    """What the account shows of the day."""

    ours: Shown | None  # with the very value
    others: str  # the other values, for people; empty where there are none
    answer: str


class _Page(NamedTuple):
    nodes: Sequence[Mapping[str, Any]]
    after: str | None  # where the next one begins


def look(
    region: Region, session: Session, account: str, sent: Sent, deadline: Deadline
) -> Found | Outcome:
    """Look for a reading; an outcome where it could not be found out."""
    meter = region.find(session, account, sent, deadline)
    if not isinstance(meter, str):
        return _not_found_out(meter)
    others: dict[str, None] = {}
    after = None
    for _ in range(MOST_PAGES):
        told = session.ask(region.looking(account, meter, sent, after), deadline)
        if not isinstance(told, Told):
            return told
        if (refusal := told.refusal()) is not None:
            return _not_found_out(refusal)
        page = _page_of(told)
        if page is None:
            return told.heard.nonsense("it did not answer with readings", BY_HAND)
        for node in page.nodes:
            for shown in region.shown(node, sent):
                if shown.day != sent.day:
                    continue
                if is_value(shown.value, sent.value):
                    return Found(shown, "", told.heard.answer)
                others[f"{shown.value.normalize():f} kWh"] = None
        after = page.after
        if after is None:
            return Found(None, ", ".join(list(others)[:3]), told.heard.answer)
    return Lost("it shows more readings than can be looked through", BY_HAND, nonsense=True)


def _not_found_out(outcome: Outcome) -> Outcome:
    """A refusal of the question: it says nothing of the reading."""
    if isinstance(outcome, Rejected):
        return Lost(outcome.reason, BY_HAND, nonsense=True, answer=outcome.answer)
    return outcome


def _page_of(told: Told) -> _Page | None:
    """The readings of an answer; None where it is none of that kind."""
    listed = (told.data or {}).get("electricityMeterReadings")
    if not isinstance(listed, dict) or not isinstance(listed.get("edges"), list):
        return None
    nodes = [node for edge in objects_in(listed, "edges") for node in objects_in(edge, "node")]
    info = next(objects_in(listed, "pageInfo"), {})
    cursor = info.get("endCursor")
    if info.get("hasNextPage") is True and not isinstance(cursor, str):
        return None
    return _Page(nodes, cursor if info.get("hasNextPage") is True else None)
