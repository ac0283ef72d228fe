"""Ownership that changes hands, and what Drive tells of permissions unasked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import ANNE, BOB, Api, fine, refused

Json = dict[str, Any]
FILES = "/drive/v3/files"


def shared(api: Api, **given: object) -> Json:
    """Share the file."""
    return fine(api.ask("POST", f"{FILES}/{api.id}/permissions", given))


def roles(api: Api) -> Json:
    """Who has which role."""
    path, fields = f"{FILES}/{api.id}/permissions", "permissions(emailAddress,role,pendingOwner)"
    listed = fine(api.ask("GET", path, fields=fields))["permissions"]
    return {one["emailAddress"]: (one["role"], one["pendingOwner"]) for one in listed}


def test_a_new_permission(api: Api) -> None:
    """Of a person, no more than who and what; of everybody, whether it can be found, too."""
    made = shared(api, type="user", role="reader", emailAddress=BOB)
    assert set(made) == {"kind", "id", "type", "role"}
    assert shared(api, type="anyone", role="reader") == {
        "id": "anyoneWithLink",
        "type": "anyone",
        "kind": "drive#permission",
        "role": "reader",
        "allowFileDiscovery": False,
    }


def test_ownership_that_is_offered(api: Api) -> None:
    """It is the other's to accept; until then all stays as it is."""
    bob = api.beside(BOB)
    name = shared(api, type="user", role="writer", emailAddress=BOB)["id"]
    path = f"{FILES}/{api.id}/permissions/{name}"
    accept = {"role": "owner"}
    assert bob.ask("PATCH", path, accept, transferOwnership="true").status == 403
    fine(api.ask("PATCH", path, {"role": "writer", "pendingOwner": True}))
    assert roles(api) == {ANNE: ("owner", False), BOB: ("writer", True)}
    assert "transferOwnership" in refused(bob.ask("PATCH", path, accept), 403)
    fine(bob.ask("PATCH", path, accept, transferOwnership="true"))
    assert roles(api) == {ANNE: ("writer", False), BOB: ("owner", False)}
    assert api.ask("DELETE", f"{FILES}/{api.id}").status == 403
    assert bob.ask("DELETE", f"{FILES}/{api.id}").status == 204


def test_a_writer_who_offers_it(api: Api) -> None:
    """Only the owner can."""
    bob = api.beside(BOB)
    name = shared(api, type="user", role="writer", emailAddress=BOB)["id"]
    path = f"{FILES}/{api.id}/permissions/{name}"
    assert bob.ask("PATCH", path, {"role": "writer", "pendingOwner": True}).status == 403


@pytest.mark.parametrize("domain", [None, "", "home", "a@b.de"])
def test_a_domain_that_is_none(api: Api, domain: str | None) -> None:
    """It is refused."""
    given = {"type": "domain", "role": "reader", "domain": domain}
    assert "domain" in refused(api.ask("POST", f"{FILES}/{api.id}/permissions", given))


def test_fields_that_there_are_not(api: Api) -> None:
    """A selection of unknown ones is refused; a known one that is empty is left out."""
    path = f"{FILES}/{api.id}/permissions"
    answer = api.ask("GET", path, fields="permissions(id,owner)")
    assert refused(answer) == "Invalid field selection owner"
    assert answer.json["error"]["errors"][0]["location"] == "fields"
    assert "items" in refused(api.ask("GET", FILES, fields="items(id)"))
    assert fine(api.ask("GET", f"{FILES}/{api.id}", fields="id,md5Checksum")) == {"id": api.id}
