"""Octopus Energy in Great Britain: MPAN, serial number, registers, whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from meterctl.sandbox.kraken.errors import Coded
from meterctl.sandbox.kraken.execute import Ask, Resolvers
from meterctl.sandbox.kraken.login import Login
from meterctl.sandbox.kraken.meters import Book, Meter, Objection, Reading, Register
from meterctl.sandbox.kraken.site import COMMON, Site, connection
from meterctl.sandbox.standin import Switches
from meterctl.sandbox.utility.form import Number, number

PATH = "/v1/graphql/"
ACCOUNT = "A-5A4DB0C5"
METERS = (
    Meter(
        "101", "electricity", "1200000000001", "21L0000001", (Register("1", "STANDARD", 6),), "kWh"
    ),
    Meter(
        "102",
        "electricity",
        "1200000000002",
        "21L0000002",
        (Register("01", "DAY", 5), Register("02", "NIGHT", 5)),
        "kWh",
    ),
    Meter("201", "gas", "7600000001", "E6S0000001", (Register("1", "STANDARD", 5),), "m³"),
)

_CONNECTION = """
type {fuel}MeterReadingType {{
  id: ID! readAt: DateTime! readingSource: String readingType: String source: String
  registers: [RegisterReading]
}}
type {fuel}MeterReadingConnectionTypeEdge {{ node: {fuel}MeterReadingType cursor: String! }}
type {fuel}MeterReadingConnectionTypeConnection {{
  pageInfo: PageInfo! edges: [{fuel}MeterReadingConnectionTypeEdge]!
  totalCount: Int! edgeCount: Int!
}}
type {fuel}MeterType {{
  id: ID! serialNumber: String! activeFrom: Date activeTo: Date registers: [RegisterType]
}}
"""
SCHEMA = (
    COMMON
    + _CONNECTION.format(fuel="Electricity")
    + _CONNECTION.format(fuel="Gas")
    + """
type Query {
  viewer: AccountUserType
  account(accountNumber: String!): AccountType
  properties(accountNumber: String!): [PropertyType]
  electricityMeterReadings(
    accountNumber: String!, meterId: String!, readFrom: DateTime, readTo: DateTime
    before: String, after: String, first: Int, last: Int
  ): ElectricityMeterReadingConnectionTypeConnection
  gasMeterReadings(
    accountNumber: String!, meterId: String!, readFrom: DateTime, readTo: DateTime
    before: String, after: String, first: Int, last: Int
  ): GasMeterReadingConnectionTypeConnection
}
type Mutation {
  obtainKrakenToken(input: ObtainJSONWebTokenInput!): ObtainKrakenJSONWebToken
  createElectricityMeterReading(
    mpan: String, serialNumber: String, readAt: Date, readings: [ReadingInputType]
  ): CreateMeterReadingOutputType
  createGasMeterReading(
    mprn: String, serialNumber: String, readAt: Date, reading: Int
  ): CreateMeterReadingOutputType
}
input ReadingInputType { reading: Int register: String }
type CreateMeterReadingOutputType { readingErrors: [SerializerFieldErrorsType] }
type SerializerFieldErrorsType { field: String errors: [String] }
type AccountUserType { id: ID! email: String! accounts: [AccountType] }
type AccountType { id: ID number: String status: String properties: [PropertyType] }
type PropertyType {
  id: ID! postcode: String address: String
  electricityMeterPoints: [ElectricityMeterPointType] gasMeterPoints: [GasMeterPointType]
}
type ElectricityMeterPointType {
  id: ID! mpan: String! status: String
  meters(includeInactive: Boolean): [ElectricityMeterType]
}
type GasMeterPointType {
  id: ID! mprn: String! status: String
  meters(includeInactive: Boolean): [GasMeterType]
}
type RegisterType { id: ID identifier: String name: String digits: Int }
type RegisterReading {
  identifier: String name: String value: Decimal digits: Int isQuarantined: Boolean
}
"""
)

_FIELD = {"future": "readAt", "old": "readAt", "digits": "reading"}


class Uk:
    """The British side, as resolvers of its schema."""

    def __init__(
        self, book: Book, login: Login, switches: Switches, clock: Callable[[], float]
    ) -> None:
        self.site = Site(
            ACCOUNT, "Europe/London", METERS, book, login=login, switches=switches, clock=clock
        )

    def resolvers(self) -> Resolvers:
        """How its fields are answered."""
        return {
            "Query.viewer": self._viewer,
            "Query.account": self._account,
            "Query.properties": lambda ask: self._account(ask)["properties"],
            "Query.electricityMeterReadings": lambda ask: self._readings(ask, "electricity"),
            "Query.gasMeterReadings": lambda ask: self._readings(ask, "gas"),
            "Mutation.obtainKrakenToken": self.site.obtain_token,
            "Mutation.createElectricityMeterReading": self._create_electricity,
            "Mutation.createGasMeterReading": self._create_gas,
        }

    def _viewer(self, ask: Ask) -> object:
        self.site.enter(ask)
        return {"id": "1", "email": "customer@example.org", "accounts": [_account()]}

    def _account(self, ask: Ask) -> dict[str, Any]:
        self.site.enter(ask, ask.arguments["accountNumber"])
        return _account()

    def _readings(self, ask: Ask, fuel: str) -> object:
        self.site.enter(ask, ask.arguments["accountNumber"])
        meter = self.site.meter(fuel=fuel, number=ask.arguments["meterId"])
        if meter is None:
            raise Coded("KT-CT-4177")
        start, end = ask.arguments.get("readFrom"), ask.arguments.get("readTo")
        groups: dict[str, list[Reading]] = {}
        for one in self.site.shown(meter):
            at = datetime.fromisoformat(self.site.midnight(one.day))
            if (start is None or start <= at) and (end is None or at <= end):
                groups.setdefault(one.group, []).append(one)
        return connection(ask, [(group, self._node(ones)) for group, ones in groups.items()])

    def _node(self, readings: Sequence[Reading]) -> object:
        """What was read together: the value of each register."""
        return {
            "id": readings[0].group,
            "readAt": self.site.midnight(readings[0].day),
            "readingSource": "CUSTOMER",
            "readingType": "ROUTINE",
            "source": "Customer",
            "registers": [
                {
                    **_register(one.register),
                    "value": f"{one.value.amount:.5f}",
                    "isQuarantined": one.quarantined,
                }
                for one in sorted(readings, key=lambda one: one.number)
            ],
        }

    def _create_electricity(self, ask: Ask) -> object:
        given = ask.arguments
        values = [
            (one.get("register"), one.get("reading")) for one in given.get("readings") or [] if one
        ]
        return self._create(ask, "electricity", given.get("mpan"), values, "KT-GB-6411")

    def _create_gas(self, ask: Ask) -> object:
        values = [(None, ask.arguments.get("reading"))]
        return self._create(ask, "gas", ask.arguments.get("mprn"), values, "KT-GB-6412")

    def _create(
        self,
        ask: Ask,
        fuel: str,
        point: str | None,
        values: Sequence[tuple[str | None, int | None]],
        code: str,
    ) -> object:
        self.site.enter(ask)
        day = ask.arguments.get("readAt")
        at_point = self.site.meter(fuel=fuel, point=point)
        meter = self.site.meter(fuel=fuel, point=point, serial=ask.arguments.get("serialNumber"))
        if at_point is None:
            return _errors("mpan" if fuel == "electricity" else "mprn", "Meter point not found.")
        if meter is None:
            return _errors("serialNumber", "Meter not found.")
        if day is None:
            return _errors("readAt", "This field is required.")
        found: list[tuple[Register, Number]] = []
        for identifier, value in values:
            register = meter.register(identifier)
            if register is None:
                return _errors("register", "Register not found.")
            if value is None:
                return _errors("reading", "This field is required.")
            found.append((register, number(str(value))))
        if not found:
            return _errors("readings", "This list may not be empty.")
        try:
            self.site.book.take(meter, found, day, self.site.policy())
        except Objection as objection:
            if objection.kind in _FIELD:
                return _errors(_FIELD[objection.kind], str(objection))
            raise Coded(code, str(objection)) from None
        self.site.taken()
        success: Mapping[str, object] = {
            "null": {"readingErrors": None},
            "empty": {"readingErrors": []},
        }
        return success.get(self.site.switches.text("success"))


def _account() -> dict[str, Any]:
    points: dict[str, list[object]] = {"electricity": [], "gas": []}
    for meter in METERS:
        shown = {
            "id": meter.number,
            "serialNumber": meter.serial,
            "activeFrom": "2020-01-01",
            "activeTo": None,
            "registers": [_register(one) for one in meter.registers],
        }
        name = "mpan" if meter.fuel == "electricity" else "mprn"
        points[meter.fuel].append(
            {"id": f"1{meter.number}", name: meter.point, "status": "ON_SUPPLY", "meters": [shown]}
        )
    only_property = {
        "id": "1",
        "postcode": "SW1A 1AA",
        "address": "1 Sandbox Street",
        "electricityMeterPoints": points["electricity"],
        "gasMeterPoints": points["gas"],
    }
    return {"id": "1", "number": ACCOUNT, "status": "ACTIVE", "properties": [only_property]}


def _register(register: Register) -> dict[str, object]:
    return {
        "id": register.identifier,
        "identifier": register.identifier,
        "name": register.name,
        "digits": register.digits,
    }


def _errors(field: str, text: str) -> object:
    """Readings that the API could not read are told so in the data, not among the errors."""
    return {"readingErrors": [{"field": field, "errors": [text]}]}
