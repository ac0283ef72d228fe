"""Octopus Energy Germany: the meter's number in the API, OBIS codes, decimals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from meterctl.sandbox.kraken.errors import Coded
from meterctl.sandbox.kraken.execute import Ask, Resolvers
from meterctl.sandbox.kraken.login import Login
from meterctl.sandbox.kraken.meters import Book, Meter, Objection, Reading, Register
from meterctl.sandbox.kraken.site import COMMON, Site, connection
from meterctl.sandbox.standin import Switches
from meterctl.sandbox.utility.form import Number

PATH = "/de/v1/graphql/"
ACCOUNT = "A-DE5A4DB0"
METERS = (
    Meter(
        "501",
        "electricity",
        "50000000001",
        "1EMH0000000001",
        (Register("1-0:1.8.0", "CONSUMPTION", 6), Register("1-0:2.8.0", "FEED_IN", 6)),
        "kWh",
    ),
    Meter(
        "601",
        "gas",
        "50000000002",
        "7GMT0000000001",
        (Register("7-0:3.0.0", "CONSUMPTION", 6),),
        "m³",
    ),
)

_CONNECTION = """
type {fuel}ReadingType {{
  id: ID value: Decimal readAt: DateTime registerObisCode: String registerType: String
  typeOfRead: String origin: String meterId: ID
}}
type {fuel}ReadingEdge {{ node: {fuel}ReadingType cursor: String! }}
type {fuel}ReadingConnection {{
  pageInfo: PageInfo! edges: [{fuel}ReadingEdge]! totalCount: Int! edgeCount: Int!
}}
type {fuel}Register {{
  obisCode: String registerType: String
  readings(before: String, after: String, first: Int, last: Int): {fuel}ReadingConnection
}}
type {fuel}Meter {{
  id: ID! number: String meloNumber: String meterType: String
  shouldReceiveSmartMeterData: Boolean registers: [{fuel}Register]
}}
type {fuel}Malo {{ maloNumber: String meter: {fuel}Meter meters: [{fuel}Meter] }}
type {fuel}MeterReadingsOutput {{ readingDate: Date numberOfReadingsCreated: Int }}
"""
SCHEMA = (
    COMMON
    + _CONNECTION.format(fuel="Electricity")
    + _CONNECTION.format(fuel="Gas")
    + """
type Query {
  viewer: AccountUserType
  account(accountNumber: String!): AccountType
  electricityMeterReadings(
    accountNumber: String!, meterId: ID!, before: String, after: String, first: Int, last: Int
  ): ElectricityReadingConnection
  gasMeterReadings(
    accountNumber: String!, meterId: ID!, before: String, after: String, first: Int, last: Int
  ): GasReadingConnection
}
type Mutation {
  obtainKrakenToken(input: ObtainJSONWebTokenInput!): ObtainKrakenJSONWebToken
  createElectricityMeterReadings(input: ReadingsInput!): ElectricityMeterReadingsOutput
  createGasMeterReadings(input: ReadingsInput!): GasMeterReadingsOutput
}
input ReadingsInput {
  accountNumber: String! meterId: ID! readingDate: Date! readings: [ReadingInput!]!
}
input ReadingInput { registerObisCode: String! value: Decimal! }
type AccountUserType { id: ID! email: String! accounts: [AccountType] }
type AccountType {
  id: ID number: String status: String
  properties: [PropertyType] property(id: ID!): PropertyType
}
type PropertyType {
  id: ID! electricityMalos: [ElectricityMalo] gasMalos: [GasMalo]
}
"""
)

_CODE = {"future": "KT-DE-6412", "old": "KT-DE-6412"}


class De:
    """The German side, as resolvers of its schema."""

    def __init__(
        self, book: Book, login: Login, switches: Switches, clock: Callable[[], float]
    ) -> None:
        self.site = Site(
            ACCOUNT, "Europe/Berlin", METERS, book, login=login, switches=switches, clock=clock
        )

    def resolvers(self) -> Resolvers:
        """How its fields are answered."""
        return {
            "Query.viewer": self._viewer,
            "Query.account": self._account,
            "Query.electricityMeterReadings": lambda ask: self._readings(ask, "electricity"),
            "Query.gasMeterReadings": lambda ask: self._readings(ask, "gas"),
            "AccountType.property": self._property,
            "ElectricityRegister.readings": self._of_register,
            "GasRegister.readings": self._of_register,
            "Mutation.obtainKrakenToken": self.site.obtain_token,
            "Mutation.createElectricityMeterReadings": lambda ask: self._create(ask, "electricity"),
            "Mutation.createGasMeterReadings": lambda ask: self._create(ask, "gas"),
        }

    def _viewer(self, ask: Ask) -> object:
        self.site.enter(ask)
        return {"id": "1", "email": "customer@example.org", "accounts": [_account()]}

    def _account(self, ask: Ask) -> object:
        self.site.enter(ask, ask.arguments["accountNumber"])
        return _account()

    @staticmethod
    def _property(ask: Ask) -> object:
        found = [one for one in ask.parent["properties"] if one["id"] == ask.arguments["id"]]
        return found[0] if found else None

    def _readings(self, ask: Ask, fuel: str) -> object:
        self.site.enter(ask, ask.arguments["accountNumber"])
        meter = self.site.meter(fuel=fuel, number=ask.arguments["meterId"])
        if meter is None:
            raise Coded("KT-DE-6413")
        return connection(ask, self._nodes(self.site.shown(meter)))

    def _of_register(self, ask: Ask) -> object:
        meter = self.site.meter(number=ask.parent["meterId"])
        shown: Sequence[Reading] = self.site.shown(meter) if meter else []
        found = [one for one in shown if one.register.identifier == ask.parent["obisCode"]]
        return connection(ask, self._nodes(found))

    def _nodes(self, readings: Sequence[Reading]) -> list[tuple[str, object]]:
        return [(one.number, self._node(one)) for one in readings]

    def _node(self, reading: Reading) -> object:
        return {
            "id": reading.number,
            "value": reading.value.text,
            "readAt": self.site.midnight(reading.day),
            "registerObisCode": reading.register.identifier,
            "registerType": reading.register.name,
            "typeOfRead": "CUSTOMER_READING",
            "origin": "CUSTOMER",
            "meterId": reading.meter.number,
        }

    def _create(self, ask: Ask, fuel: str) -> object:
        given = ask.arguments["input"]
        self.site.enter(ask, given["accountNumber"])
        meter = self.site.meter(fuel=fuel, number=given["meterId"])
        if meter is None:
            raise Coded("KT-DE-6413", "There is no such meter in this account.")
        values: list[tuple[Register, Number]] = []
        for one in given["readings"]:
            register = meter.register(one["registerObisCode"])
            if register is None:
                raise Coded("KT-DE-6414", f"{one['registerObisCode']}: no register of this meter.")
            values.append((register, one["value"]))
        if not values:
            raise Coded("KT-DE-6411", "There is no reading.")
        try:
            created = self.site.book.take(meter, values, given["readingDate"], self.site.policy())
        except Objection as objection:
            raise Coded(_CODE.get(objection.kind, "KT-DE-6411"), str(objection)) from None
        self.site.taken()
        return {
            "readingDate": given["readingDate"].isoformat(),
            "numberOfReadingsCreated": created,
        }


def _account() -> dict[str, Any]:
    malos: dict[str, list[object]] = {"electricity": [], "gas": []}
    for meter in METERS:
        shown = {
            "id": meter.number,
            "number": meter.serial,
            "meloNumber": f"DE{meter.point:0>31}",
            "meterType": "MME" if meter.fuel == "electricity" else "BALGENGASZAEHLER",
            "shouldReceiveSmartMeterData": False,
            "registers": [
                {"obisCode": one.identifier, "registerType": one.name, "meterId": meter.number}
                for one in meter.registers
            ],
        }
        malos[meter.fuel].append({"maloNumber": meter.point, "meter": shown, "meters": [shown]})
    only_property = {
        "id": "1",
        "electricityMalos": malos["electricity"],
        "gasMalos": malos["gas"],
    }
    return {"id": "1", "number": ACCOUNT, "status": "ACTIVE", "properties": [only_property]}
