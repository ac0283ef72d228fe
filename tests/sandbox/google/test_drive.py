"""Drive: files, their versions, and who may see them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import ANNE, BOB, Api, fine, refused

Json = dict[str, Any]
KIND = "application/vnd.google-apps.spreadsheet"
FILES = "/drive/v3/files"


def create(api: Api, name: str) -> str:
    """A new spreadsheet's id."""
    made = fine(api.ask("POST", FILES, {"name": name, "mimeType": KIND}))
    assert made == {"kind": "drive#file", "id": made["id"], "name": name, "mimeType": KIND}
    return str(made["id"])


def test_a_file(api: Api) -> None:
    """It is brief unless more is asked for."""
    brief = fine(api.ask("GET", f"{FILES}/{api.id}"))
    assert brief == {"kind": "drive#file", "id": api.id, "name": "Home", "mimeType": KIND}
    fields = "version,ownedByMe,owners(emailAddress),capabilities/canEdit"
    more = fine(api.ask("GET", f"{FILES}/{api.id}", fields=fields))
    assert more == {
        "version": "1",
        "owners": [{"emailAddress": ANNE}],
        "ownedByMe": True,
        "capabilities": {"canEdit": True},
    }


def test_a_spreadsheet_that_is_created_here(api: Api) -> None:
    """It is there for the Sheets API at once, and gone when it is deleted."""
    api.id = create(api, "Made")
    assert api.get()["properties"]["title"] == "Made"
    assert api.ask("DELETE", f"{FILES}/{api.id}").status == 204
    assert api.sheets("GET").status == 404
    assert api.ask("DELETE", f"{FILES}/{api.id}").status == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Home", "Meter's", "Old meter"}),
        (f"mimeType='{KIND}' and trashed=false", {"Home", "Meter's"}),
        (f'mimeType="{KIND}" and name = "Home"', {"Home"}),
        ("name = 'Meter\\'s'", {"Meter's"}),
        ("name contains 'meter' and not trashed = true", {"Meter's"}),
        ("name = 'home' or (name = 'x' and trashed = true)", {"Home"}),
        ("'me@example.com' in writers", set()),
        (f"'{ANNE}' in owners and trashed = true", {"Old meter"}),
        ("sharedWithMe", set()),
        ("modifiedTime > '2020-01-01T00:00:00'", {"Home", "Meter's", "Old meter"}),
    ],
)
def test_searching(api: Api, query: str, names: set[str]) -> None:
    """The search language, as far as spreadsheets go."""
    create(api, "Meter's")
    old = create(api, "Old meter")
    fine(api.ask("PATCH", f"{FILES}/{old}", {"trashed": True}))
    found = fine(api.ask("GET", FILES, q=query, fields="files(name)"))
    assert {one["name"] for one in found["files"]} == names


def test_a_search_that_is_none(api: Api) -> None:
    """It is refused."""
    for query in ("name", "name =", "foo = 'x'", "name = 'x' and", "(name = 'x'"):
        assert refused(api.ask("GET", FILES, q=query)) == "Invalid Value"


def test_page_by_page(api: Api) -> None:
    """A token leads on to the next page, until there is none."""
    for name in "abc":
        create(api, name)
    names, mark = set(), None
    while True:
        page = fine(api.ask("GET", FILES, pageSize="3", pageToken=mark))
        names |= {one["name"] for one in page["files"]}
        mark = page.get("nextPageToken")
        if mark is None:
            break
    assert names == {"Home", "a", "b", "c"}


def test_sharing(api: Api) -> None:
    """A permission is given, listed, changed and taken away."""
    path = f"{FILES}/{api.id}/permissions"
    given = {"type": "user", "role": "reader", "emailAddress": BOB}
    permission = fine(api.ask("POST", path, given))
    assert permission | {"id": ""} == {
        "id": "",
        "type": "user",
        "kind": "drive#permission",
        "role": "reader",
    }
    bob = api.beside(BOB)
    assert bob.change({"addSheet": {}}).status == 403
    assert bob.ask("PATCH", f"{FILES}/{api.id}", {"name": "Bob's"}).status == 403
    fine(api.ask("PATCH", f"{path}/{permission['id']}", {"role": "writer"}))
    bob.batch({"addSheet": {}})
    listed = fine(api.ask("GET", path, fields="permissions(emailAddress,role)"))["permissions"]
    assert {(one["emailAddress"], one["role"]) for one in listed} == {
        (ANNE, "owner"),
        (BOB, "writer"),
    }
    assert bob.ask("DELETE", f"{FILES}/{api.id}").status == 403
    assert api.ask("DELETE", f"{path}/{permission['id']}").status == 204
    assert bob.sheets("GET").status == 403
    own = next(one["id"] for one in fine(api.ask("GET", path))["permissions"])
    assert api.ask("DELETE", f"{path}/{own}").status == 403


def test_anyone(api: Api) -> None:
    """Who has the link may read."""
    fine(api.ask("POST", f"{FILES}/{api.id}/permissions", {"type": "anyone", "role": "reader"}))
    assert api.beside(BOB).sheets("GET").status == 200


@pytest.mark.parametrize(
    "given",
    [
        {"type": "user", "role": "reader"},
        {"type": "user", "role": "king", "emailAddress": BOB},
        {"role": "reader", "emailAddress": BOB},
        {"type": "user", "role": "reader", "emailAddress": "bob"},
    ],
)
def test_a_permission_that_is_none(api: Api, given: Json) -> None:
    """It is refused."""
    assert api.ask("POST", f"{FILES}/{api.id}/permissions", given).status == 400


def test_copying(api: Api) -> None:
    """A copy has the cells, and is the copier's own."""
    api.write("A1", [["x"]])
    copied = fine(api.ask("POST", f"{FILES}/{api.id}/copy", {"name": None}))
    assert copied["name"] == "Copy of Home"
    original, api.id = api.id, copied["id"]
    api.write("A1", [["y"]])
    api.id = original
    assert api.read("A1") == [["x"]]


def test_renaming(api: Api) -> None:
    """The file's name is the spreadsheet's title."""
    fine(api.ask("PATCH", f"{FILES}/{api.id}", {"name": "New"}))
    assert api.get()["properties"]["title"] == "New"
    assert api.version() == "2"


def test_about(api: Api) -> None:
    """Who is asking."""
    assert "required" in refused(api.ask("GET", "/drive/v3/about"))
    found = fine(api.ask("GET", "/drive/v3/about", fields="user(emailAddress)"))
    assert found == {"user": {"emailAddress": ANNE}}


def test_a_stranger_s_spreadsheet(api: Api) -> None:
    """One that exists is told apart from one that does not."""
    api.id = api.google.new_spreadsheet("stranger@homes.iam.gserviceaccount.com", "Theirs")
    assert refused(api.sheets("GET"), 403) == "The caller does not have permission"
