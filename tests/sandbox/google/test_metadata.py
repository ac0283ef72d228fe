"""Developer metadata: ids that a caller chooses, and that nobody can take twice."""

from __future__ import annotations

from typing import Any

import pytest

from meterctl.sandbox.google import Google
from meterctl.sandbox.server import serve
from tests.sandbox.google.client import BOB, Api, appended, fine, refused, row, token_created

Json = dict[str, Any]


def test_a_token(api: Api) -> None:
    """It is created under the chosen id, and can be looked up by it."""
    (reply,) = api.batch(token_created(41, "a batch"))
    created = {
        "metadataId": 41,
        "metadataKey": "batch",
        "metadataValue": "a batch",
        "location": {"locationType": "SPREADSHEET", "spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    assert reply == {"createDeveloperMetadata": {"developerMetadata": created}}
    assert fine(api.sheets("GET", "/developerMetadata/41")) == created
    assert api.get()["developerMetadata"] == [created]
    answer = api.sheets("GET", "/developerMetadata/42")
    assert refused(answer, 404) == "Requested entity was not found."


def test_an_id_that_is_taken(api: Api) -> None:
    """The whole batch is refused: compare-and-set."""
    api.batch(token_created(41))
    answer = api.change(token_created(41, "another"), appended(row(1)))
    assert answer.json["error"]["status"] == "INVALID_ARGUMENT"
    assert refused(answer) == (
        "Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [41] "
        "because developer metadata with that ID already exists."
    )
    assert api.read("Sheet1") == []
    assert fine(api.sheets("GET", "/developerMetadata/41"))["metadataValue"] == "x"


def test_an_id_that_was_deleted(api: Api) -> None:
    """It is free again, even within the same batch."""
    api.batch(token_created(41))
    lookup = {"dataFilter": {"developerMetadataLookup": {"metadataId": 41}}}
    replies = api.batch({"deleteDeveloperMetadata": lookup}, token_created(41, "new"))
    deleted = replies[0]["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]
    assert [one["metadataId"] for one in deleted] == [41]
    assert fine(api.sheets("GET", "/developerMetadata/41"))["metadataValue"] == "new"


def test_a_server_that_takes_ids_twice() -> None:
    """A switch makes one, to rehearse what a client does then."""
    google = Google(quota=False, duplicate_ids=True)
    with serve(google) as server:
        api = Api(google, server).new()
        api.batch(token_created(41), token_created(41, "again"))
        assert len(api.get()["developerMetadata"]) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metadataId": -1}, "must be positive"),
        ({"metadataId": 0}, "must be positive"),
        ({"metadataKey": None}, "key"),
        ({"visibility": None}, "visibility"),
        ({"location": {}}, "location"),
        ({"location": {"sheetId": 9}}, "No sheet with id: 9"),
        (
            {"location": {"dimensionRange": {"dimension": "ROWS", "startIndex": 1, "endIndex": 3}}},
            "DimensionRange must represent a single row or column",
        ),
    ],
)
def test_what_cannot_be_created(api: Api, change: Json, message: str) -> None:
    """A key, a visibility and one place are needed."""
    given = token_created(5)["createDeveloperMetadata"]["developerMetadata"] | change
    answer = api.change({"createDeveloperMetadata": {"developerMetadata": given}})
    assert message in refused(answer)


def test_too_much_of_it(api: Api) -> None:
    """A spreadsheet holds 30,000 characters of keys and values, and so does each sheet."""
    api.batch(*(token_created(number, "x" * 995) for number in range(1, 31)))
    assert "30000 characters" in refused(api.change(token_created(99, "x")))
    on_sheet = token_created(99, "x" * 995)["createDeveloperMetadata"]["developerMetadata"]
    on_sheet["location"] = {"sheetId": 0}
    api.batch({"createDeveloperMetadata": {"developerMetadata": on_sheet}})


def search(api: Api, **lookup: object) -> list[int]:
    """The ids of what is found."""
    body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
    found = fine(api.sheets("POST", "/developerMetadata:search", body))
    return [
        one["developerMetadata"]["metadataId"] for one in found.get("matchedDeveloperMetadata", [])
    ]


def test_searching(api: Api) -> None:
    """By key, value, id, kind of place; what is not asked for does not matter."""
    api.batch(token_created(1, "a"), token_created(2, "b"))
    on_row = token_created(3, "a")["createDeveloperMetadata"]["developerMetadata"]
    place = {"sheetId": 0, "dimension": "ROWS", "startIndex": 4, "endIndex": 5}
    on_row["location"] = {"dimensionRange": place}
    api.batch({"createDeveloperMetadata": {"developerMetadata": on_row}})
    assert search(api, metadataKey="batch") == [1, 2, 3]
    assert search(api, metadataValue="a") == [1, 3]
    assert search(api, metadataId=2) == [2]
    assert search(api, locationType="ROW") == [3]
    assert search(api, metadataLocation={"dimensionRange": place}) == [3]
    whole = {"metadataLocation": {"sheetId": 0}}
    assert search(api, **whole, locationMatchingStrategy="EXACT_LOCATION") == []
    assert search(api, **whole, locationMatchingStrategy="INTERSECTING_LOCATION") == [3]
    assert search(api, **whole) == [3]
    assert search(api, metadataLocation={"spreadsheet": True}) == [1, 2]
    assert search(api) == [1, 2, 3]
    assert search(api, metadataKey="nothing") == []
    found = fine(
        api.sheets("POST", "/developerMetadata:search", {"dataFilters": [{"a1Range": "A5:B6"}]})
    )
    assert found["matchedDeveloperMetadata"][0]["dataFilters"] == [{"a1Range": "A5:B6"}]


def test_a_location_that_crosses_nothing(api: Api) -> None:
    """What belongs to the whole spreadsheet meets no row and no sheet."""
    lookup = {
        "metadataLocation": {"spreadsheet": True},
        "locationMatchingStrategy": "INTERSECTING_LOCATION",
    }
    body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
    assert refused(api.sheets("POST", "/developerMetadata:search", body)) == (
        "DeveloperMetadataLookup.spreadsheet is true, but locationMatchingStrategy was specified "
        "as INTERSECTING"
    )


def test_on_a_row_that_is_sorted(api: Api) -> None:
    """It goes with what the row holds."""
    api.write("A1", [[3], [1], [2]])
    on_row = token_created(5)["createDeveloperMetadata"]["developerMetadata"]
    place = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    on_row["location"] = {"dimensionRange": place}
    api.batch({"createDeveloperMetadata": {"developerMetadata": on_row}})
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]
    whole = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 3}
    api.batch({"sortRange": {"range": whole, "sortSpecs": specs}})
    found = fine(api.sheets("GET", "/developerMetadata/5"))["location"]["dimensionRange"]
    assert found["startIndex"] == 2


def test_changing(api: Api) -> None:
    """What a filter selects gets another value."""
    api.batch(token_created(1, "a"))
    asked = {
        "dataFilters": [{"developerMetadataLookup": {"metadataId": 1}}],
        "developerMetadata": {"metadataValue": "b"},
        "fields": "metadataValue",
    }
    (reply,) = api.batch({"updateDeveloperMetadata": asked})
    assert reply["updateDeveloperMetadata"]["developerMetadata"][0]["metadataValue"] == "b"


def test_another_project_s(api: Api) -> None:
    """What is PROJECT-visible is not seen by other projects; its id is taken all the same."""
    private = token_created(1)["createDeveloperMetadata"]["developerMetadata"]
    private["visibility"] = "PROJECT"
    api.batch({"createDeveloperMetadata": {"developerMetadata": private}})
    permission = {"type": "user", "role": "writer", "emailAddress": BOB}
    fine(api.ask("POST", f"/drive/v3/files/{api.id}/permissions", permission))
    bob = api.beside(BOB)
    assert bob.sheets("GET", "/developerMetadata/1").status == 404
    assert "developerMetadata" not in bob.get()
    assert "already exists" in refused(bob.change(token_created(1)))


def test_on_a_row_that_is_deleted(api: Api) -> None:
    """It moves with its row, and goes with it."""
    on_row = token_created(3)["createDeveloperMetadata"]["developerMetadata"]
    place = {"sheetId": 0, "dimension": "ROWS", "startIndex": 4, "endIndex": 5}
    on_row["location"] = {"dimensionRange": place}
    api.batch({"createDeveloperMetadata": {"developerMetadata": on_row}})
    first = place | {"startIndex": 0, "endIndex": 1}
    api.batch({"deleteDimension": {"range": first}})
    found = fine(api.sheets("GET", "/developerMetadata/3"))["location"]["dimensionRange"]
    assert found == {"dimension": "ROWS", "startIndex": 3, "endIndex": 4}
    api.batch({"deleteDimension": {"range": place | {"startIndex": 3, "endIndex": 4}}})
    assert api.sheets("GET", "/developerMetadata/3").status == 404
