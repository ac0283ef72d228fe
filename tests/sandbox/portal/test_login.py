"""Coming in, staying in, going out."""

from __future__ import annotations

import pytest

from meterctl.sandbox.portal import Portal
from meterctl.sandbox.server import Running
from tests.sandbox.portal.browser import PASSWORD, USER, Browser
from tests.sandbox.talk import ask


def test_the_right_password(guest: Browser) -> None:
    """The account is there, with the customer's meters."""
    page = guest.log_in()
    assert (page.path, page.heading) == ("/account", "My account")
    assert [row[1] for row in page.tables["meters"][1:]] == [
        "1EMH0012345678",
        "1EMH0087654321",
        "7ELS0055501234",
    ]


@pytest.mark.parametrize("given", [(USER, "wrong"), ("b@example.org", PASSWORD), ("", "")])
def test_a_wrong_password(guest: Browser, given: tuple[str, str]) -> None:
    """The form again, with status 200 and an alert; nobody is let in."""
    page = guest.log_in(*given)
    assert (page.status, page.path) == (200, "/login")
    assert page.roles["alert"] == ["Email address or password is wrong."]
    assert PASSWORD not in page.source
    assert guest.open("/account").path == "/login"


def test_the_session_cookie(guest: Browser) -> None:
    """No script and no other site sees it, and a login changes it."""
    answer = ask(guest.server, "GET", "/login")
    assert answer.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Lax")
    guest.open("/login")
    before = {one.name: one.value for one in guest.cookies}
    guest.log_in()
    assert {one.name: one.value for one in guest.cookies} != before


@pytest.mark.parametrize("path", ["/account", "/readings/new", "/readings/history"])
def test_a_page_without_a_login(guest: Browser, path: str) -> None:
    """The login, without a word of a session that has ended."""
    page = guest.open(path)
    assert page.path == "/login"
    assert "alert" not in page.roles


def test_a_form_of_someone_else(guest: Browser, server: Running) -> None:
    """403: the token is another session's, and the reader is not logged in."""
    stranger = Browser(server).open("/login").form("/login").fields
    guest.open("/login")
    page = guest.open("/login", {**stranger, "username": USER, "password": PASSWORD})
    assert (page.status, page.heading) == (403, "Request refused")
    assert guest.open("/account").path == "/login"


def test_a_login_without_cookies(guest: Browser) -> None:
    """403 as well."""
    assert guest.open("/login", {"username": USER, "password": PASSWORD}).status == 403


def test_logging_out(customer: Browser) -> None:
    """The way back in is the login."""
    page = customer.open("/logout")
    assert page.roles["status"] == ["You are logged out."]
    assert customer.open("/account").path == "/login"


def test_a_login_that_goes_in_circles(guest: Browser) -> None:
    """The login page once more, without a word."""
    guest.switch(login_loop=True)
    page = guest.log_in()
    assert (page.path, "alert" in page.roles) == ("/login", False)


def test_a_second_factor(guest: Browser) -> None:
    """The password alone opens nothing; the code does."""
    guest.switch(two_factor=True)
    page = guest.log_in()
    assert (page.path, page.heading) == ("/login/code", "Security code")
    assert guest.open("/account").path == "/login"
    page = guest.send(page, "/login/code", code="111111")
    assert page.roles["alert"] == ["The code is wrong."]
    assert guest.send(page, "/login/code", code="246810").path == "/account"


def test_the_code_without_the_password(guest: Browser) -> None:
    """It is nobody's turn yet."""
    guest.open("/login")
    assert guest.open("/login/code").path == "/login"
    assert guest.open("/login/code", {"code": "246810"}).path == "/login"


def test_a_captcha(guest: Browser, portal: Portal) -> None:
    """The right password is not enough, the digits of the picture are asked for as well."""
    guest.switch(captcha="login")
    page = guest.log_in()
    assert page.roles["alert"] == ["These are not the digits in the picture."]
    picture = ask(guest.server, "GET", "/captcha.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.body.startswith(b"\x89PNG\r\n")
    (session,) = portal._state.sessions._by_key.values()
    fields = {"username": USER, "password": PASSWORD, "captcha": session.captcha}
    assert guest.send(page, "/login", **fields).path == "/account"


def test_a_session_that_ends(customer: Browser) -> None:
    """After so many requests, the first page among them, the login page says so."""
    customer.switch(session_expires_after=3)
    assert [customer.open("/account").path for _ in range(2)] == ["/account"] * 2
    page = customer.open("/account")
    assert page.path == "/login"
    assert page.roles["alert"] == ["Your session has ended. Please log in again."]
    assert customer.log_in().path == "/account"


def test_what_a_client_must_know(portal: Portal) -> None:
    """Address, user and password, by the names of the settings."""
    assert portal.settings_for_env("http://127.0.0.1:8703") == {
        "METERCTL_PORTAL_URL": "http://127.0.0.1:8703",
        "METERCTL_PORTAL_USER": USER,
        "METERCTL_PORTAL_PASSWORD": PASSWORD,
    }
