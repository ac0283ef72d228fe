"""What a value said elsewhere is to a slot, in the light of the slot's revisions here."""

from __future__ import annotations

import pytest

from meterctl.domain.merging import Meaning, meaning, meaning_of_edit
from meterctl.domain.readings import Reading
from tests.helpers import reading

# Revision and value of what a slot holds here, oldest first.
NOTHING: tuple[tuple[int, int | None], ...] = ()
ONE = ((1, 10),)
CORRECTED = ((1, 10), (2, 20))
VOIDED = ((1, 10), (2, None))
GAP = ((1, 10), (4, 20))


def slot(held: tuple[tuple[int, int | None], ...]) -> list[Reading]:
    """A slot that holds these."""
    first = reading("1", "2026-02-01 07:00")
    return [first._replace(revision=revision, value=value) for revision, value in held]


@pytest.mark.parametrize(
    ("held", "revision", "value", "means"),
    [
        pytest.param(NOTHING, 1, 10, Meaning.NEWS, id="nothing is known"),
        pytest.param(NOTHING, 3, 10, Meaning.NEWS, id="a correction of what is not known"),
        pytest.param(ONE, 1, 10, Meaning.KNOWN, id="the same"),
        pytest.param(ONE, 1, 11, Meaning.RIVAL, id="another value at the same number"),
        pytest.param(ONE, 1, None, Meaning.RIVAL, id="void at the same number"),
        pytest.param(ONE, 2, 20, Meaning.NEWS, id="a correction"),
        pytest.param(ONE, 2, 10, Meaning.NEWS, id="the same value, said again as a later truth"),
        pytest.param(ONE, 2, None, Meaning.NEWS, id="a void"),
        pytest.param(CORRECTED, 1, 10, Meaning.KNOWN, id="what was corrected since"),
        pytest.param(CORRECTED, 1, 20, Meaning.KNOWN, id="the truth, under an older number"),
        pytest.param(CORRECTED, 1, 11, Meaning.PAST, id="other than what was corrected since"),
        pytest.param(CORRECTED, 2, 21, Meaning.RIVAL, id="another correction"),
        pytest.param(VOIDED, 1, 10, Meaning.KNOWN, id="what was voided since"),
        pytest.param(VOIDED, 2, 20, Meaning.RIVAL, id="a correction where it was voided"),
        pytest.param(GAP, 2, 15, Meaning.NEWS, id="a step between that is not known"),
        pytest.param(GAP, 5, 15, Meaning.NEWS, id="a step after a gap"),
    ],
)
def test_a_value_said_elsewhere(
    held: tuple[tuple[int, int | None], ...], revision: int, value: int | None, means: Meaning
) -> None:
    """Numbers tell news from what is known; one number with two values is a conflict."""
    assert meaning(slot(held), revision, value) is means


@pytest.mark.parametrize(
    ("held", "stands_for", "value", "means"),
    [
        pytest.param(NOTHING, 1, 10, Meaning.NEWS, id="filled in where nothing was"),
        pytest.param(ONE, 1, 11, Meaning.NEWS, id="of the truth"),
        pytest.param(ONE, 1, None, Meaning.NEWS, id="of the truth, to void"),
        pytest.param(ONE, 1, 10, Meaning.KNOWN, id="to what is true"),
        pytest.param(CORRECTED, 1, 11, Meaning.PAST, id="of what was corrected since"),
        pytest.param(CORRECTED, 1, 20, Meaning.KNOWN, id="of that, to what is true since"),
        pytest.param(CORRECTED, 2, 10, Meaning.NEWS, id="of a correction, back to the first"),
    ],
)
def test_an_edit(
    held: tuple[tuple[int, int | None], ...], stands_for: int, value: int | None, means: Meaning
) -> None:
    """It is a later truth if it takes the place of the truth."""
    assert meaning_of_edit(slot(held), stands_for, value) is means
