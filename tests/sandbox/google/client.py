"""A client of the sandbox's Google that knows nothing but Google's documentation."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running
from tests.sandbox.talk import Answer, ask

Json = dict[str, Any]
SCOPES = "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"
ANNE = "anne@homes.iam.gserviceaccount.com"
BOB = "bob@flats.iam.gserviceaccount.com"


def encoded(part: object) -> str:
    """A part of a JWT."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def assertion(email: str, **claim: object) -> str:
    """A claim that nobody can check, for its key is unknown."""
    now = int(time.time())
    claims = {"iss": email, "scope": SCOPES, "aud": AUDIENCE, "iat": now, "exp": now + 3600}
    header = {"alg": "RS256", "typ": "JWT"}
    return ".".join([encoded(header), encoded(claims | claim), encoded(b"no signature")])


def ask_token(server: Running, signed: str, **form: str) -> Answer:
    """The token endpoint's answer."""
    fields = {"grant_type": GRANT, "assertion": signed} | form
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return ask(server, "POST", "/token", urlencode(fields), kind)


class Api:
    """The APIs, as one account."""

    def __init__(
        self, google: Google, server: Running, email: str = ANNE, scopes: str = SCOPES
    ) -> None:
        self.google = google
        self.server = server
        self.email = email
        token = ask_token(server, assertion(email, scope=scopes)).json["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        self.id = ""

    def new(self) -> Api:
        """Work on a new spreadsheet from now on."""
        self.id = self.google.new_spreadsheet(self.email, "Home")
        return self

    def beside(self, email: str, scopes: str = SCOPES) -> Api:
        """Another account, looking at the same spreadsheet."""
        other = Api(self.google, self.server, email, scopes)
        other.id = self.id
        return other

    def ask(self, method: str, path: str, body: object = None, **query: Any) -> Answer:  # noqa: ANN401 (any parameter)
        """Any request."""
        text = urlencode({name: one for name, one in query.items() if one is not None}, doseq=True)
        data = None if body is None else json.dumps(body)
        return ask(self.server, method, f"{path}?{text}" if text else path, data, self.headers)

    def sheets(self, method: str, tail: str = "", body: object = None, **query: Any) -> Answer:  # noqa: ANN401 (any parameter)
        """A request about the spreadsheet."""
        return self.ask(method, f"/v4/spreadsheets/{self.id}{tail}", body, **query)

    def get(self, **query: Any) -> Json:  # noqa: ANN401 (any parameter)
        """The spreadsheet."""
        return fine(self.sheets("GET", **query))

    def change(self, *requests: Mapping[str, object], **more: object) -> Answer:
        """Try a batchUpdate."""
        return self.sheets("POST", ":batchUpdate", {"requests": requests, **more})

    def batch(self, *requests: Mapping[str, object], **more: object) -> list[Json]:
        """The replies of a batchUpdate that has to succeed."""
        replies: list[Json] = fine(self.change(*requests, **more))["replies"]
        return replies

    def write(self, cells: str, rows: Sequence[Sequence[object]], how: str = "RAW") -> Json:
        """Write values that have to be taken."""
        path = f"/values/{quote(cells, safe='')}"
        return fine(self.sheets("PUT", path, {"values": rows}, valueInputOption=how))

    def typed(self, cells: str, *rows: Sequence[object]) -> Json:
        """Write values as a person types them."""
        return self.write(cells, rows, "USER_ENTERED")

    def read(self, cells: str, **query: str) -> list[list[Any]]:
        """The values of a range."""
        found = fine(self.sheets("GET", f"/values/{quote(cells, safe='')}", **query))
        values: list[list[Any]] = found.get("values", [])
        return values

    def plain(self, cells: str) -> list[list[Any]]:
        """The values of a range, unformatted."""
        return self.read(cells, valueRenderOption="UNFORMATTED_VALUE")

    def formulas(self, cells: str) -> list[list[Any]]:
        """The formulas of a range."""
        return self.read(cells, valueRenderOption="FORMULA")

    def version(self) -> str:
        """The file's version in Drive."""
        found = fine(self.ask("GET", f"/drive/v3/files/{self.id}", fields="version"))
        return str(found["version"])


def fine(answer: Answer) -> Json:
    """The body of an answer that has to be a good one."""
    assert answer.status == 200, answer.body
    body: Json = answer.json
    return body


def refused(answer: Answer, status: int = 400) -> str:
    """The message of an answer that has to be a refusal."""
    assert answer.status == status, answer.body
    message: str = answer.json["error"]["message"]
    return message


def row(*values: object) -> Json:
    """A row of cells for a batchUpdate: numbers, texts, booleans, formulas."""
    kinds = {bool: "boolValue", int: "numberValue", float: "numberValue", str: "stringValue"}
    cells: list[Json] = [
        {} if value is None else {"userEnteredValue": {kinds[type(value)]: value}}
        for value in values
    ]
    return {"values": cells}


def appended(*rows: Json, fields: str = "userEnteredValue") -> Json:
    """An appendCells request for the first sheet."""
    return {"appendCells": {"sheetId": 0, "rows": rows, "fields": fields}}


def token_created(number: int, value: str = "x") -> Json:
    """A createDeveloperMetadata request for the spreadsheet."""
    created = {
        "metadataId": number,
        "metadataKey": "batch",
        "metadataValue": value,
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": created}}


def properties(api: Api, at: int = 0) -> Json:
    """A sheet's properties."""
    found: Json = api.get()["sheets"][at]["properties"]
    return found


def dimension(start: int, end: int, kind: str = "ROWS") -> Json:
    """A range of rows or columns of the first sheet."""
    return {"sheetId": 0, "dimension": kind, "startIndex": start, "endIndex": end}


def first_cells(api: Api, cells: str, fields: str = "*") -> list[Json]:
    """The first row of a range, each cell with all that there is to it."""
    (sheet,) = api.get(ranges=cells, fields=f"sheets.data.rowData.values({fields})")["sheets"]
    (row_data, *_) = sheet["data"][0].get("rowData", [{}])
    found: list[Json] = row_data.get("values", [])
    return found
