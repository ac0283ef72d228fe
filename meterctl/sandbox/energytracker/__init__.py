"""EnergyTracker's public API, as its OpenAPI document and its clients describe it."""

from meterctl.sandbox.energytracker.devices import ELECTRICITY, GAS, VIRTUAL
from meterctl.sandbox.energytracker.service import EnergyTracker

__all__ = ["ELECTRICITY", "GAS", "VIRTUAL", "EnergyTracker"]
