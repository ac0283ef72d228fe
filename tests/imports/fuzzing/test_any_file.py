"""Files that nobody meant to be imported: read, or refused in our own words; never worse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.imports.formats import Options
from tests.imports.fuzzing.damage import ODD, answers, damaged_files
from tests.imports.fuzzing.room import Room
from tests.imports.fuzzing.samples import ANSWERS, samples

BYTES = st.binary(max_size=400)
TEXTS = st.lists(st.sampled_from(ODD) | st.text(max_size=8), max_size=60).map(
    lambda texts: "".join(texts).encode("utf-8", "surrogatepass")
)


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    """Where these files are imported."""
    samples()  # here: finding them imports tests with @given, which may not happen within another
    with TemporaryDirectory() as folder:
        yield Room(Path(folder))


def test_the_samples_are_there() -> None:
    """What is damaged below is of every format that has tests."""
    assert len(samples()) > 100


@settings(max_examples=100, deadline=None)
@given(data=BYTES | TEXTS, options=answers())
def test_bytes_of_any_kind(room: Room, data: bytes, options: Options) -> None:
    """Noise is refused, or its rows are."""
    room.dealt_with(data, options)


@settings(max_examples=120, deadline=None)
@given(data=damaged_files(), options=answers())
def test_damaged_exports(room: Room, data: bytes, options: Options) -> None:
    """Every format's files, cut, doubled, in another encoding, with odd texts in odd places."""
    room.dealt_with(data, options)


@pytest.mark.parametrize(
    "text",
    [
        "Datum;Netzbezug (kWh)\n01.01.2024 00:00;1,5\n01.01.2024 00:15;2\n31.12.9999 23:59;3\n",
        "Datum;Global_\x1b[31mactive_power\n16/05/2024 17:30;1.25\n16/05/2024 17:31;1.5\n",
        f"Datum;Netzbezug (kWh){'- ' * 9_000};B (kWh)\n01.01.2024 00:00;1;2\n02.01.2024 00:00;1\n",
        f"Datum;Netzbezug (kWh){'(' * 9_000};B (kWh)\n01.01.2024 00:00;1;2\n02.01.2024 00:00;1\n",
        f"Datum;Netzbezug (kWh)\n01.01.2024 00:00;1,5\n01.01.2024 00:15;{'7' * 40_000}\n",
    ],
    ids=["the end of time", "a terminal's code", "long heading", "open brackets", "long number"],
)
@pytest.mark.parametrize("options", [Options(), ANSWERS], ids=["unasked", "asked"])
def test_what_was_found_before(room: Room, text: str, options: Options) -> None:
    """Files that once went wrong: each is read or refused, soon and in words a terminal shows."""
    room.dealt_with(text.encode(), options)
