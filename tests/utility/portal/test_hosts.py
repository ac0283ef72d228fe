"""Pages of other hosts: nothing is typed there, and nothing sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.utility.port import Accepted, Lost, Misconfigured
from tests.utility.portal.conftest import Stage
from tests.utility.portal.test_submitting import SENDS, submitted
from tests.utility.portal.tiny import FORM, OUT, Tiny, described, request, tiny_portal, way_to


@pytest.fixture
def other() -> Iterator[Tiny]:
    """Another host: the same machine by another port."""
    with tiny_portal() as tiny:
        yield tiny


def test_a_redirect_to_another_host(stage: Stage, other: Tiny) -> None:
    """It is not followed, and named."""
    stage.tiny.pages["/form"] = lambda handler: handler.go(f"{other.url}/form")
    outcome = submitted(stage)
    assert isinstance(outcome, Misconfigured)
    assert outcome.why == f"it leads to another host: {other.url.removeprefix('http://')}"
    assert other.asked == []


def test_a_script_that_leads_to_another_host(stage: Stage, other: Tiny) -> None:
    """It is not followed."""
    stage.tiny.pages["/form"] = f"{OUT}<script>location = '{other.url}/form'</script>"
    assert isinstance(submitted(stage), Misconfigured)
    assert other.asked == []


def test_a_form_that_goes_to_another_host(stage: Stage, other: Tiny) -> None:
    """It does not leave; the list says that nothing was taken, but the click was made."""
    stage.tiny.pages["/form"] = OUT + FORM.replace("/save", f"{other.url}/save")
    outcome = submitted(stage)
    assert isinstance(outcome, Lost)
    assert "it leads to another host" in outcome.why
    assert other.posts == stage.tiny.posts == []


def test_a_submission_redirected_to_another_host(stage: Stage, other: Tiny) -> None:
    """A 307 would carry all that was typed there: it is not followed."""
    stage.tiny.pages["/save"] = lambda handler: handler.go(f"{other.url}/save", status=307)
    outcome = submitted(stage)
    assert isinstance(outcome, Lost)
    assert other.posts == []
    assert len(stage.tiny.posts) == 1


def test_a_submission_of_a_new_window_redirected_to_another_host(stage: Stage, other: Tiny) -> None:
    """Nor is it where the answer comes in a window of its own."""
    stage.tiny.pages["/form"] = OUT + FORM.replace("<form ", "<form target=_blank ")
    stage.tiny.pages["/save"] = lambda handler: handler.go(f"{other.url}/save", status=307)
    assert isinstance(submitted(stage), Lost)
    assert other.posts == []
    assert len(stage.tiny.posts) == 1


def test_a_login_redirected_to_another_host(stage: Stage, other: Tiny) -> None:
    """Neither is the password's."""
    stage.tiny.sessions.clear()
    stage.tiny.pages["/"] = lambda handler: handler.go(f"{other.url}/", status=302)
    outcome = submitted(stage)
    assert isinstance(outcome, Misconfigured)
    assert other.asked == []


def test_a_script_that_sends_it_twice_to_another_host(stage: Stage, other: Tiny) -> None:
    """An interface on a host of its own gets it once as well."""
    stage.tiny.pages["/form"] = (
        f"{OUT}{FORM}<script>const f = document.forms[0]; f.onsubmit = event => {{"
        f"event.preventDefault(); const send = () => fetch('{other.url}/save', {SENDS});"
        "send().catch(() => 0); send().catch(() => 0) }</script>"
    )
    assert isinstance(submitted(stage), Lost)
    assert len(other.posts) == 1


def test_a_host_that_is_named(stage: Stage, other: Tiny) -> None:
    """Pages of the hosts that the description names are the portal's."""
    text = f'hosts = ["{other.url.removeprefix("http://")}"]\n' + described()
    tiny = stage.tiny
    other.rows = [("22.11.2026", "142,3")]
    tiny.pages["/history"] = lambda handler: handler.go(f"{other.url}/list")
    other.pages["/list"] = (
        f"{OUT}<table><thead><tr><th>Date<th>Value</thead>"
        "<tbody><tr><td>22.11.2026<td>142,3</tbody></table>"
    )
    way = way_to(tiny, stage.folder, text)
    try:
        assert isinstance(way.ask(request(), 30), Accepted)
    finally:
        way.close()
