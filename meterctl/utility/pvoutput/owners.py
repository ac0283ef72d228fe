"""Whose energy goes where: a second meter's would be written over that of the first. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from meterctl.utility.port import NotTaken


class Owners:
    """The meter that each parameter of a system belongs to, for as long as one client lasts.

    Args:
        fields: By meter, the parameters that the settings name.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._meters = {field: meter for meter, field in fields.items()}

    def claimed(self, field: str, meter: str) -> NotTaken | None:
        """None where the parameter is this meter's, or was nobody's; else why it is not."""
        owner = self._meters.setdefault(field, meter)
        if owner == meter:
            return None
        return NotTaken(
            f"{owner} and {meter} both go to {field}, and PVOutput keeps one of them",
            f"meterctl meters set {meter} --no-submit; or for a day's total another field in"
            f" [meters.{meter}] of METERCTL_UTILITY_CONFIG",
            settings=True,
        )
