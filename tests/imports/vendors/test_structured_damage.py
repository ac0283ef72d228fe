"""Files of the standards' formats, damaged: read as far as they can be, or refused; never worse."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.errors import MeterctlError
from meterctl.imports.formats import Options
from meterctl.imports.layout import Format
from meterctl.imports.problems import Stop
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.espi import Espi
from meterctl.imports.vendors.home_assistant import HomeAssistant
from meterctl.imports.vendors.home_assistant_energy import HomeAssistantEnergy
from meterctl.imports.vendors.nem12 import Nem12
from meterctl.imports.vendors.nem13 import Nem13
from tests.imports.vendors import green_button as espi
from tests.imports.vendors import test_home_assistant as statistics
from tests.imports.vendors import test_home_assistant_energy as energy
from tests.imports.vendors import test_home_assistant_history as history
from tests.imports.vendors import test_nem12 as nem12
from tests.imports.vendors import test_nem13 as nem13

SAMPLES: tuple[tuple[Format, str], ...] = (
    (
        Nem12(),
        nem12.HEADER
        + nem12.stream()
        + nem12.day(method="V")
        + "400,1,20,F14,76,\n400,21,48,A,,\n"
        + nem12.day("20231020", update="20240101000000")
        + nem12.day("20231020")
        + nem12.END,
    ),
    (Nem13(), nem13.HEADER + nem13.reading() + nem13.reading("I", "71") + nem13.END),
    (Espi(), espi.simple(espi.interval(), espi.interval("4110", "1700001000"))),
    (HomeAssistant(), statistics.HEADER + statistics.rows("9 1", "9,5 1,5", "0 1,5")),
    (HomeAssistant(), history.HEADER + history.rows("1", "2", entity="sensor.a_kwh")),
    (HomeAssistantEnergy(), energy.HEADER + "sensor.a,grid_return,kWh,1,2\n" * 2),
)
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 30),
        st.sampled_from(["", ",", "\n", '"', "\t", "0", "-", "9" * 30, "\x00", "é", "300,", "<x>"])
        | st.text(max_size=5),
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    "sample", SAMPLES, ids=["nem12", "nem13", "espi", "statistics", "history", "energy"]
)
@settings(max_examples=60, deadline=None)
@given(edits=EDITS, is_cut=st.booleans())
def test_damage(
    sample: tuple[Format, str], edits: list[tuple[float, int, str]], *, is_cut: bool
) -> None:
    """What is read has its place in its row; what cannot be read is refused in our own words."""
    format_, text = sample
    for place, length, put in edits:
        at = int(place * len(text))
        text = text[:at] + put + text[at + length :]
    if is_cut and edits:
        text = text[: int(edits[0][0] * len(text))]
    try:
        document = Document.of(text.encode("utf-8", "surrogatepass"))
        layout = format_.layout(document, Options())
        rows = [] if layout is None else list(layout.read(document))
    except (Stop, MeterctlError):
        return
    for record, claims, problem in rows:
        assert (not claims) or problem is None
        assert problem is None or (problem.line >= 1 and problem.column >= 1 and problem.hint)
        for claim in claims:
            assert 0 <= claim.cell < len(record.cells)
            assert 0 <= claim.start_cell < len(record.cells)
