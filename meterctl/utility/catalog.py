"""Which adapter speaks which language; each is loaded only where it is used.

An adapter of your own is a module with `adapter(name, given)`, named here and in
`meterctl/config/table.py`: docs/adapters.md.
"""

from __future__ import annotations

from importlib import import_module

from meterctl.utility.given import Given
from meterctl.utility.port import Utility

_DESCRIBED = "meterctl.utility.described"  # by a TOML file: the user's, or one that is shipped
HOMES = {
    "json": _DESCRIBED,
    "energytracker": _DESCRIBED,
    "mindergas": _DESCRIBED,
    "volkszaehler": _DESCRIBED,
    "emoncms": _DESCRIBED,
    "pvoutput": "meterctl.utility.pvoutput",
    "kraken": "meterctl.utility.kraken",
    "file": "meterctl.utility.to_file",
    "portal": "meterctl.utility.portal",
}


def build(name: str, given: Given) -> Utility:
    """The way to a utility, as the settings have it; nothing is sent yet.

    Raises:
        ConfigError: the settings, or the file they name, say too little or something wrong.
    """
    built: Utility = import_module(HOMES[name]).adapter(name, given)
    return built
