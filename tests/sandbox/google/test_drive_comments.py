"""Comments on a file, and the answers to them."""

from __future__ import annotations

from tests.sandbox.google.client import ANNE, BOB, Api, fine, refused

FILES = "/drive/v3/files"


def path(api: Api, tail: str = "") -> str:
    """The address of the file's comments."""
    return f"{FILES}/{api.id}/comments{tail}"


def said(api: Api, text: str) -> str:
    """A new comment's id."""
    made = fine(api.ask("POST", path(api), {"content": text}, fields="id"))
    return str(made["id"])


def test_a_comment(api: Api) -> None:
    """It has its author, its words, and no answers yet."""
    body = {"content": "Is <this> right?", "anchor": "A1"}
    made = fine(api.ask("POST", path(api), body, fields="*"))
    assert made == {
        "kind": "drive#comment",
        "id": made["id"],
        "createdTime": made["createdTime"],
        "modifiedTime": made["createdTime"],
        "author": {"kind": "drive#user", "displayName": ANNE, "me": True},
        "deleted": False,
        "htmlContent": "Is &lt;this&gt; right?",
        "content": "Is <this> right?",
        "replies": [],
        "anchor": "A1",
    }
    assert fine(api.ask("GET", path(api, f"/{made['id']}"), fields="*")) == made


def test_fields_have_to_be_said(api: Api) -> None:
    """Comments are never shown whole unasked."""
    message = "The 'fields' parameter is required for this method."
    assert refused(api.ask("GET", path(api))) == message
    assert refused(api.ask("POST", path(api), {"content": "x"})) == message


def test_page_by_page(api: Api) -> None:
    """The newest first; deleted ones only if asked for, and without their words."""
    names = [said(api, str(at)) for at in range(3)]
    assert api.ask("DELETE", path(api, f"/{names[1]}")).status == 204
    fields = "comments(content,deleted),nextPageToken"
    first = fine(api.ask("GET", path(api), fields=fields, pageSize="1"))
    assert first["comments"] == [{"content": "2", "deleted": False}]
    mark = first["nextPageToken"]
    rest = fine(api.ask("GET", path(api), fields=fields, pageToken=mark, includeDeleted="true"))
    assert rest == {"comments": [{"deleted": True}, {"content": "0", "deleted": False}]}


def test_an_answer(api: Api) -> None:
    """It may settle the matter."""
    name = said(api, "Is this right?")
    answers = path(api, f"/{name}/replies")
    fine(api.ask("POST", answers, {"content": "Yes."}, fields="id"))
    made = fine(api.ask("POST", answers, {"action": "resolve"}, fields="action,kind"))
    assert made == {"action": "resolve", "kind": "drive#reply"}
    found = fine(api.ask("GET", path(api, f"/{name}"), fields="resolved,replies(content)"))
    assert found == {"resolved": True, "replies": [{"content": "Yes."}, {"content": ""}]}
    listed = fine(api.ask("GET", answers, fields="replies/action"))
    assert listed == {"replies": [{}, {"action": "resolve"}]}


def test_who_may(api: Api) -> None:
    """A reader reads, a commenter writes; nobody changes another's words."""
    name = said(api, "Mine.")
    bob = api.beside(BOB)
    assert bob.ask("GET", path(api), fields="*").status == 404
    permission = {"type": "user", "role": "reader", "emailAddress": BOB}
    given = fine(api.ask("POST", f"{FILES}/{api.id}/permissions", permission))
    assert len(fine(bob.ask("GET", path(api), fields="*"))["comments"]) == 1
    assert bob.ask("POST", path(api), {"content": "x"}, fields="*").status == 403
    changed = {"role": "commenter"}
    fine(api.ask("PATCH", f"{FILES}/{api.id}/permissions/{given['id']}", changed))
    said(bob, "Yours?")
    assert bob.ask("PATCH", path(api, f"/{name}"), {"content": "x"}, fields="*").status == 403
    new = fine(api.ask("PATCH", path(api, f"/{name}"), {"content": "Ours."}, fields="content"))
    assert new == {"content": "Ours."}
    nothing = api.ask("GET", path(api, "/nothing"), fields="*")
    assert refused(nothing, 404) == "Comment not found: nothing."
