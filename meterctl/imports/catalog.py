"""The formats there are, and which of them a file is of."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from meterctl.errors import UsageError, shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Format, Layout
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.document import Document

CANONICAL = "canonical"
# Where each lives, the more particular ones first: the generic reader takes what no other knows.
_HOMES = {
    "espi": "vendors.espi:Espi",
    "nem12": "vendors.nem12:Nem12",
    "nem13": "vendors.nem13:Nem13",
    "eiep13a": "vendors.eiep13a:Eiep13a",
    "australian-usage": "vendors.australian_usage:AustralianUsage",
    "home-assistant-energy": "vendors.home_assistant_energy:HomeAssistantEnergy",
    "home-assistant": "vendors.home_assistant:HomeAssistant",
    "fusionsolar": "vendors.fusionsolar:FusionSolar",
    "solaredge": "vendors.solaredge:SolarEdge",
    "fronius": "vendors.fronius:Fronius",
    "sma": "vendors.sma:Sma",
    "enphase": "vendors.enphase:Enphase",
    "sungrow": "vendors.sungrow:Sungrow",
    "tesla": "vendors.tesla:Tesla",
    "octopus": "vendors.octopus:Octopus",
    "sce": "vendors.sce:Sce",
    "smart-meter-texas": "vendors.smart_meter_texas:SmartMeterTexas",
    "green-button-csv": "vendors.green_button_csv:GreenButtonCsv",
    "fluvius": "vendors.fluvius:Fluvius",
    "dsmr-reader": "vendors.dsmr_reader:DsmrReader",
    "homewizard": "vendors.homewizard:HomeWizard",
    "diary": "vendors.diary:Diary",
    "generic": "generic.reader:Generic",
}
NAMES = (CANONICAL, *_HOMES)


class OtherFormat(Stop):
    """A file is not of the format that it is to be read as."""


def check_name(name: str) -> str:
    """The name of a format, as --format takes it.

    Raises:
        UsageError: naming those there are.
    """
    if name not in NAMES:
        raise UsageError(f"there is no format {shown(name)}", f"one of {', '.join(NAMES)}")
    return name


def layout_of(document: Document, options: Options, name: str | None) -> Layout:
    """How a document is to be read: as the format it is asked to be, or that knows it.

    Raises:
        Stop, Unknown: it is of none, or its format cannot read it as it is.
        OtherFormat: it is not of the format it is asked to be.
    """
    for one in _HOMES if name is None else (name,):
        layout = _format(one).layout(document, options)
        if layout is not None:
            return layout
    if name is None:
        problem = Problem(
            1,
            1,
            "no table of readings was found here",
            "if it is one, say with --format what it is: docs/imports.md lists the formats",
        )
        raise Stop(problem)
    message = f"this is not a file of the format {name}"
    raise OtherFormat(Problem(1, 1, message, "leave --format out, or name another"))


def _format(name: str) -> Format:
    module, _, of = _HOMES[name].partition(":")
    return cast(Format, getattr(import_module(f"meterctl.imports.{module}"), of)())
