"""Meters, and the devices that stood behind each of them in turn."""

from __future__ import annotations

import re
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.quantity import MILLIONTHS, format_quantity
from meterctl.domain.times import zone_named
from meterctl.errors import MeterError, UnknownMeter, shown


class Kind(StrEnum):
    """How a meter counts."""

    REGISTER = "register"  # a dial that only grows, until it rolls over or is replaced
    DAILY = "daily"  # starts again at each local midnight; 00:00:00 belongs to the day that begins
    INTERVAL = "interval"  # the energy between starts_at and the reading's time


class Direction(StrEnum):
    """Which way the energy flows; never bare import or export, which are used both ways round."""

    FROM_GRID = "from_grid"  # OBIS 1.8.0
    TO_GRID = "to_grid"  # OBIS 2.8.0
    GENERATION = "generation"
    CONSUMPTION = "consumption"


class Device(NamedTuple):
    """The physical thing behind a meter from `since` (inclusive) until the next one's `since`."""

    number: int  # 1, 2, 3 ... within its meter
    serial: str | None
    since: int | None  # an instant; None: since ever


class Meter(NamedTuple):
    """One dial or counter with its own value."""

    id: str
    column: str  # its name as a column of files and sheets
    unit: str
    kind: Kind
    direction: Direction
    digits: int | None = None  # before the point; declared, so that a rollover can be told
    decimals: int = 0  # at least this many are printed
    max_per_hour: int | None = None  # millionths of the unit; more than this is `high_low`
    zone: str | None = None  # None: METERCTL_TIMEZONE
    obis: str | None = None
    submitted: bool = False  # to the utility
    devices: tuple[Device, ...] = (Device(1, None, None),)

    @property
    def dial(self) -> int | None:
        """The value at which the dial starts again from zero, in millionths."""
        return None if self.digits is None else 10**self.digits * MILLIONTHS

    def device_at(self, instant: int) -> Device:
        """The device that stood at an instant.

        Raises:
            MeterError: the instant is before the first device.
        """
        for device in reversed(self.devices):
            if device.since is None or device.since <= instant:
                return device
        raise MeterError(
            f"meter {self.id} had no device then",
            f"see its devices: meterctl meters list {self.id}",
        )

    def device_numbered(self, number: int) -> Device:
        """The meter's device with this number."""
        for device in self.devices:
            if device.number == number:
                return device
        raise MeterError(
            f"meter {self.id} has no device {number}", f"meterctl meters list {self.id}"
        )

    def stood(self, number: int, instant: int) -> bool:
        """Whether a device stood at an instant; at that of a swap both did."""
        since = self.device_numbered(number).since
        until = next((d.since for d in self.devices if d.number == number + 1), None)
        return (since is None or since <= instant) and (until is None or instant <= until)

    def device_with_serial(self, serial: str) -> Device:
        """The meter's device with this serial number."""
        for device in self.devices:
            if device.serial == serial:
                return device
        raise MeterError(
            f"meter {self.id} has no device with serial {shown(serial)}",
            f"meterctl meters list {self.id}",
        )

    def device_label(self, number: int, instant: int) -> str | None:
        """How files and sheets say which device is meant; None where the instant implies it.

        A device's serial, where it has one of its own; else `#2`.
        """
        if self.device_at(instant).number == number:
            return None
        serial = self.device_numbered(number).serial
        is_its_own = serial is not None and self.device_with_serial(serial).number == number
        return serial if serial is not None and is_its_own else f"#{number}"

    def device_labelled(self, label: str) -> Device:
        """The device that a file or a sheet names so: the other way round.

        Raises:
            MeterError: there is none.
        """
        if _NUMBERED.fullmatch(label):
            return self.device_numbered(int(label[1:]))
        return self.device_with_serial(label)

    def text(self, value: int) -> str:
        """A value of this meter, with its unit, for people."""
        return f"{format_quantity(value, self.decimals)} {self.unit}"


# Out of the box, so that the first record works with no set-up.
MAIN = "meter"
INVERTER = "inverter"
DEFAULT_METERS = (
    Meter(
        MAIN,
        "meterValue",
        "kWh",
        Kind.REGISTER,
        Direction.FROM_GRID,
        obis="1.8.0",
        submitted=True,
    ),
    Meter(INVERTER, "inverterKWh", "kWh", Kind.DAILY, Direction.GENERATION),
)

UNITS = ("kWh", "Wh", "MWh", "m³", "l", "GJ", "MJ", "kvarh", "ft³", "CCF", "gal", "therm")
_SPELLINGS = {unit.lower(): unit for unit in UNITS} | {"m3": "m³", "ft3": "ft³"}
# Names that files and sheets use for something else, in any spelling of their case.
RESERVED_COLUMNS = (
    "timestamp",
    "starts_at",
    "quality",
    "quality_code",
    "device",
    "source",
    "note",
    "revision",
    "reason",
    "utc",
    "key",
)

_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_ ./()³-]*")
_OBIS = re.compile(r"(?:\d+-\d+:)?\d+\.\d+\.\d+(?:[*.]\d+)?", re.ASCII)
_NUMBERED = re.compile(r"#[0-9]{1,6}")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]*(?<! )")


def unit_named(text: str) -> str:
    """A unit as we write it, of one as people type it: `m3`, `KWH`."""
    return _SPELLINGS.get(text.lower(), text)


def check_meter(meter: Meter, others: tuple[Meter, ...]) -> Meter:
    """The meter, if its definition holds together and collides with no other.

    Raises:
        MeterError: naming the first thing that does not.
    """
    if not _SLUG.fullmatch(meter.id) or len(meter.id) > 40:
        raise MeterError(
            f"{shown(meter.id)} cannot be a meter's id",
            "use up to 40 small letters, digits and single hyphens, such as heat-pump",
        )
    if not _COLUMN.fullmatch(meter.column) or len(meter.column) > 60 or meter.column.endswith(" "):
        raise MeterError(
            f"{shown(meter.column)} cannot be a column's name",
            "begin with a letter; use up to 60 letters, digits, spaces and _ . / ( ) -",
        )
    if meter.column.lower() in RESERVED_COLUMNS or meter.id in RESERVED_COLUMNS:
        raise MeterError(
            f"{shown(meter.column)} means something else in files", "choose another name"
        )
    if meter.unit not in UNITS:
        raise MeterError(f"unknown unit {shown(meter.unit)}", f"one of {', '.join(UNITS)}")
    if meter.digits is not None and not 1 <= meter.digits <= 12:
        raise MeterError(
            f"a dial has 1 to 12 digits, not {meter.digits}", "count those before the point"
        )
    if not 0 <= meter.decimals <= 6:
        raise MeterError(
            f"a dial has 0 to 6 decimals, not {meter.decimals}", "count those after the point"
        )
    if meter.max_per_hour is not None and meter.max_per_hour <= 0:
        raise MeterError("max-per-hour must be above zero", "leave it out if you do not know it")
    if meter.obis is not None and not _OBIS.fullmatch(meter.obis):
        raise MeterError(
            f"{shown(meter.obis)} is not an OBIS code", "such as 1.8.0 or 1-0:1.8.0*255"
        )
    for device in meter.devices:
        if device.serial is not None and (
            not _SERIAL.fullmatch(device.serial) or len(device.serial) > 60
        ):
            raise MeterError(
                f"{shown(device.serial)} cannot be a serial number",
                "copy the letters and digits from the device",
            )
    names = {meter.id.lower(), meter.column.lower()}
    for other in others:
        if other.id != meter.id and names & {other.id.lower(), other.column.lower()}:
            raise MeterError(
                f"meter {other.id} (column {other.column}) already has that name",
                "choose another id and column",
            )
    return meter


def meter_named(meters: tuple[Meter, ...], name: str) -> Meter:
    """The meter with this id, or with this column in any case.

    Raises:
        UnknownMeter: naming those there are.
    """
    lowered = name.lower()
    for meter in meters:
        if lowered in (meter.id, meter.column.lower()):
            return meter
    known = ", ".join(meter.id for meter in meters)
    raise UnknownMeter(
        f"there is no meter {shown(name)}; there are {known}",
        "add one with: meterctl meters add ID",
    )


class Zones:
    """The zone in which a meter's local times are meant: its own, or the default."""

    def __init__(self, default: tzinfo) -> None:
        self.default = default
        self._known: dict[str, tzinfo] = {}

    def __call__(self, meter: Meter) -> tzinfo:
        """The zone of this meter."""
        if meter.zone is None:
            return self.default
        if meter.zone not in self._known:
            self._known[meter.zone] = zone_named(meter.zone)
        return self._known[meter.zone]
