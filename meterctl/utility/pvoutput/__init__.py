"""The adapter `pvoutput`: PVOutput.org, which keeps days and statuses of solar systems."""

from __future__ import annotations

from meterctl.utility.given import Given
from meterctl.utility.port import Utility


def adapter(name: str, given: Given) -> Utility:
    """The way to a system at PVOutput.

    Raises:
        ConfigError: the key or the system's id is missing, or the file says something wrong.
    """
    from meterctl.utility.pvoutput.outputs import Outputs
    from meterctl.utility.pvoutput.service import Service
    from meterctl.utility.pvoutput.settings import settings_of
    from meterctl.utility.pvoutput.statuses import Statuses

    settings = settings_of(name, given)
    service = Service(settings)
    if settings.service == "status":
        return Statuses(settings, service)
    return Outputs(settings, service)
