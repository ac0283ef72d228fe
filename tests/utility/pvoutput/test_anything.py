"""Whatever comes back: an adapter never raises for it, and never takes it for a proof."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meterctl.redact import mask_for
from meterctl.utility.answers import Reply
from meterctl.utility.port import Accepted, Lost, NotThere, Rejected
from meterctl.utility.pvoutput.statuses import _outcome, _Row, _shown
from meterctl.utility.pvoutput.told import heard_of, looked_up

MASK = mask_for(["s3cr3t"])
ROW = _Row("20261121", "20:00", "v1", 12_345, counts_on=False, at=0)
PIECES = ("20261121", "20:00", "12345", "1", "0", "2", ",", ";", "NaN", "\n", "<", "OK 200: ")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=40)


@given(TEXTS, st.integers(100, 599))
def test_any_answer_to_a_status(text: str, status: int) -> None:
    """Accepted is a 200 with one line for this status, and a word that it was added."""
    heard = heard_of(Reply(status, "", {}, text.encode("utf-8", "replace"), 0), MASK)
    outcome = _outcome(ROW, heard)
    assert not isinstance(outcome, NotThere)
    if isinstance(outcome, Accepted):
        lines = {line.strip() for line in text.split(";") if line.strip()[:8] == ROW.day}
        cells = {tuple(cell.strip() for cell in line.split(",")) for line in lines}
        assert status == 200
        assert cells & {(ROW.day, ROW.time, flag) for flag in "12"}


@given(TEXTS, st.integers(100, 599))
def test_any_answer_to_a_question(text: str, status: int) -> None:
    """Accepted is these watt hours at this time; a refusal of the question is no rejection."""
    reply = Reply(status, "", {}, text.encode("utf-8", "replace"), 0)
    outcome = looked_up(reply, MASK, lambda rows, heard: _shown(ROW, rows, heard))
    if isinstance(outcome, Accepted):
        assert "12345" in text
    if isinstance(outcome, Rejected | NotThere):
        assert status == 200
        assert ROW.day in text
    if status >= 500 and status != 501:
        assert isinstance(outcome, Lost)
