"""What the tests of faults share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.household import Street, street
from tests.faults.sweep import Stages


@pytest.fixture(scope="package")
def the_street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """A Google, a proxy on the way to it, and room for households; one for many tests."""
    with street(tmp_path_factory.mktemp("street")) as made:
        yield made


@pytest.fixture(scope="package")
def stages(the_street: Street) -> Stages:
    """Where the cases of a sweep begin."""
    return Stages(the_street)
