"""The adapter `file`: readings as files in a folder, for whoever fetches them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meterctl.utility.given import Given
    from meterctl.utility.to_file.way import ToFile


def adapter(name: str, given: Given) -> ToFile:  # noqa: ARG001 (each adapter is given its name)
    """The way into a folder, as METERCTL_UTILITY_CONFIG has it; nothing is written yet.

    Raises:
        ConfigError: it is not set, or says something wrong.
    """
    from meterctl.utility.to_file.settings import read
    from meterctl.utility.to_file.way import ToFile

    settings = read(given)
    return ToFile(settings.folder, settings.form, settings.rows)
