"""Meters and devices in SQL."""

from __future__ import annotations

from functools import cached_property

from meterctl.domain.meters import Device, Direction, Kind, Meter
from meterctl.ledger._tells import Tells
from meterctl.ledger.connection import Connection

_COLUMNS = (
    'id, "column", unit, kind, direction, digits, decimals, max_per_hour, zone, obis, submitted'
)


class Meters(Tells):
    """The part of a ledger that knows its meters, by id and by the number readings carry."""

    _db: Connection
    _is_writing = False

    @cached_property
    def _known(self) -> tuple[dict[str, int], dict[int, str], tuple[Meter, ...]]:
        """Numbers by id, ids by number, and the meters.

        Kept while this ledger writes, since nobody else can then. Outside, what is kept may lack
        what another process has added since; a meter's number is for ever.
        """
        devices: dict[int, list[Device]] = {}
        for meter, device, serial, since in self._db.all(
            "SELECT meter, device, serial, since FROM device ORDER BY meter, device"
        ):
            devices.setdefault(meter, []).append(Device(device, serial, since))
        numbers: dict[str, int] = {}
        meters: list[Meter] = []
        for row in self._db.all(f"SELECT meter, {_COLUMNS} FROM meter ORDER BY meter"):  # noqa: S608 (constants)
            number, id_, column, unit, kind, direction, digits, decimals, most, zone, obis, sent = (
                row
            )
            numbers[id_] = number
            meters.append(
                Meter(
                    id_,
                    column,
                    unit,
                    Kind(kind),
                    Direction(direction),
                    digits,
                    decimals,
                    most,
                    zone,
                    obis,
                    bool(sent),
                    tuple(devices[number]),
                )
            )
        return numbers, {number: id_ for id_, number in numbers.items()}, tuple(meters)

    def _forget_meters(self) -> None:
        self.__dict__.pop("_known", None)

    def _number(self, meter: str) -> int:
        if meter not in self._known[0]:
            self._forget_meters()
        return self._known[0][meter]

    def _id(self, number: int) -> str:
        if number not in self._known[1]:
            self._forget_meters()
        return self._known[1][number]

    def _next(self, table: str) -> int:
        """The number of the next row of a table, which is called as its number is."""
        row = self._db.one(f"SELECT coalesce(max({table}), 0) + 1 FROM {table}")  # noqa: S608 (constants)
        return int(row[0]) if row else 1

    def meters(self) -> tuple[Meter, ...]:
        """All meters with their devices, in the order they were added."""
        if not self._is_writing:
            self._forget_meters()
        return self._known[2]

    def add_meter(self, meter: Meter) -> None:
        """Add a meter and its devices."""
        number = self._next("meter")
        self._db.run(
            f"INSERT INTO meter (meter, {_COLUMNS})"  # noqa: S608 (constants)
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, *meter[:10], int(meter.submitted)),
        )
        self._db.run_many(
            "INSERT INTO device (meter, device, serial, since) VALUES (?, ?, ?, ?)",
            [(number, *device) for device in meter.devices],
        )
        self._forget_meters()

    def set_meter(self, meter: Meter) -> None:
        """Change what is declared of a meter."""
        self._db.run(
            'UPDATE meter SET "column" = ?, unit = ?, kind = ?, direction = ?, digits = ?,'
            " decimals = ?, max_per_hour = ?, zone = ?, obis = ?, submitted = ? WHERE id = ?",
            (*meter[1:10], int(meter.submitted), meter.id),
        )
        self._forget_meters()

    def add_device(self, meter: str, device: Device) -> None:
        """Give a meter its next device."""
        self._db.run(
            "INSERT INTO device (meter, device, serial, since) VALUES (?, ?, ?, ?)",
            (self._number(meter), *device),
        )
        self._forget_meters()

    def set_serial(self, meter: str, device: int, serial: str) -> None:
        """Tell a device's serial number."""
        self._db.run(
            "UPDATE device SET serial = ? WHERE meter = ? AND device = ?",
            (serial, self._number(meter), device),
        )
        self._forget_meters()
