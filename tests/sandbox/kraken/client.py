"""A customer of Octopus Energy, who asks in GraphQL."""

from __future__ import annotations

import json
from typing import Any

from meterctl.sandbox.server import Running
from tests.sandbox.neighbours import Neighbour
from tests.sandbox.talk import Answer, ask

UK = "/v1/graphql/"
DE = "/de/v1/graphql/"
KEY = "the-key"
ACCOUNT = "A-5A4DB0C5"
ACCOUNT_DE = "A-DE5A4DB0"

CREATE = """
mutation Create($mpan: String, $serial: String, $day: Date, $readings: [ReadingInputType]) {
  createElectricityMeterReading(
    mpan: $mpan, serialNumber: $serial, readAt: $day, readings: $readings
  ) { readingErrors { field errors } }
}
"""
CREATE_DE = """
mutation Create($input: ReadingsInput!) {
  createElectricityMeterReadings(input: $input) { readingDate numberOfReadingsCreated }
}
"""
READ = """
query Read($account: String!, $meter: String!, $first: Int, $after: String) {
  electricityMeterReadings(
    accountNumber: $account, meterId: $meter, first: $first, after: $after
  ) {
    totalCount
    edges { node { readAt registers { identifier value isQuarantined } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
READ_DE = """
query Read($account: String!, $meter: ID!) {
  electricityMeterReadings(accountNumber: $account, meterId: $meter, first: 20) {
    edges { node { readAt value registerObisCode meterId } }
  }
}
"""


class Customer(Neighbour):
    """Who has the key of both accounts."""

    def __init__(self, server: Running) -> None:
        super().__init__(server, "kraken", {})
        self.token = ""

    def send(
        self, query: str, variables: dict[str, object] | None = None, path: str = UK, **more: object
    ) -> Answer:
        """A document, with the token if there is one."""
        body = {"query": query, "variables": variables or {}, **more}
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = self.token
        return ask(self.server, "POST", path, json.dumps(body), headers)

    def errors(
        self, query: str, variables: dict[str, object] | None = None, path: str = UK
    ) -> list[tuple[str, str | None]]:
        """What is wrong: each error's message, and its code if it has one. The status is 200."""
        answer = self.send(query, variables, path)
        assert answer.status == 200
        return [
            (one["message"], one.get("extensions", {}).get("errorCode"))
            for one in answer.json["errors"]
        ]

    def data(
        self, query: str, variables: dict[str, object] | None = None, path: str = UK
    ) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = self.send(query, variables, path)
        assert answer.status == 200
        assert set(answer.json) == {"data"}, answer.json
        found: dict[str, Any] = answer.json["data"]
        return found

    def obtain(self, **given: str) -> dict[str, Any]:
        """A token, which is used from now on."""
        found: dict[str, Any] = self.data(
            "mutation ($input: ObtainJSONWebTokenInput!) { obtainKrakenToken(input: $input)"
            " { token payload refreshToken refreshExpiresIn } }",
            {"input": given or {"APIKey": KEY}},
        )["obtainKrakenToken"]
        self.token = found["token"]
        return found

    def create(self, value: object = 2799, **more: object) -> Answer:
        """A reading of the meter with one register."""
        given = {
            "mpan": "1200000000001",
            "serial": "21L0000001",
            "day": "2026-11-22",
            "readings": [{"register": "1", "reading": value}],
        }
        return self.send(CREATE, {**given, **more})

    def create_de(self, value: object = "1234.5", **more: object) -> Answer:
        """A reading of the German meter."""
        given = {
            "accountNumber": ACCOUNT_DE,
            "meterId": "501",
            "readingDate": "2026-11-22",
            "readings": [{"registerObisCode": "1-0:1.8.0", "value": value}],
        }
        return self.send(CREATE_DE, {"input": {**given, **more}}, DE)

    def shown(self, meter: str = "101") -> list[tuple[str, list[str]]]:
        """What is shown of a meter: each day, and the values of its registers."""
        found = self.data(READ, {"account": ACCOUNT, "meter": meter})["electricityMeterReadings"]
        return [
            (one["node"]["readAt"], [each["value"] for each in one["node"]["registers"]])
            for one in found["edges"]
        ]
