"""Who comes in: the login, the code that may be asked for after it, the way out."""

from __future__ import annotations

import secrets

from meterctl.sandbox.message import Response
from meterctl.sandbox.portal import captcha
from meterctl.sandbox.portal.markup import View, alert, button, field, form, page, paragraph, status
from meterctl.sandbox.portal.sessions import COOKIE, Session, cookie
from meterctl.sandbox.portal.visit import Visit, go_to, html, refused

CODE = "246810"  # that every text message has


def login_page(visit: Visit, wrong: str = "") -> Response:
    """The form; whoever has no session is given one."""
    session = visit.session or visit.state.sessions.begin()
    view = visit.view()
    wrong = wrong or ("expired" if "expired" in visit.query else "")
    shown = page(
        view,
        "log_in",
        alert(view.say(wrong) if wrong else ""),
        form(
            view,
            "/login",
            session.new_token(),
            field(view, "username", type="email", autocomplete="username"),
            field(view, "password", type="password", autocomplete="current-password"),
            captcha_field(view, session) if visit.settings.captcha == "login" else "",
            button(view, "log_in"),
        ),
    )
    return html(shown) if visit.session else html(shown, Set_Cookie=cookie(COOKIE, session.key))


def log_in(visit: Visit) -> Response:
    """Whether user and password are right; then a session of its own begins."""
    session = visit.session
    if session is None:
        return refused(visit, "form_invalid")
    wrong, _entry = session.redeem(visit.given("token"), once=True)
    if wrong:
        return refused(visit, wrong)
    if visit.settings.captcha == "login" and not solved(visit, session):
        return login_page(visit, "wrong_captcha")
    right = [
        secrets.compare_digest(visit.given(name).encode(), known.encode())
        for name, known in (("username", visit.state.user), ("password", visit.state.password))
    ]
    if not all(right):
        return login_page(visit, "wrong_password")
    if visit.settings.login_loop:
        return go_to("/login")
    if visit.settings.two_factor:
        return _entered(visit, session, "code", "/login/code")
    return _entered(visit, session, "customer", "/account")


def code_page(visit: Visit, wrong: str = "") -> Response:
    """The form for the code."""
    session = visit.session
    if session is None or session.stage != "code":
        return go_to("/login")
    view = visit.view()
    parts = (field(view, "code", inputmode="numeric", autocomplete="one-time-code"),)
    shown = form(view, "/login/code", session.new_token(), *parts, button(view, "next"))
    told = (status(view.say("code_sent")), alert(view.say(wrong) if wrong else ""))
    return html(page(view, "two_factor", *told, shown))


def check_code(visit: Visit) -> Response:
    """Whether the code is right."""
    session = visit.session
    if session is None or session.stage != "code":
        return go_to("/login")
    wrong, _entry = session.redeem(visit.given("token"), once=True)
    if wrong:
        return refused(visit, wrong)
    if visit.given("code").strip() != CODE:
        return code_page(visit, "wrong_code")
    return _entered(visit, session, "customer", "/account")


def log_out(visit: Visit) -> Response:
    """The session ends."""
    if visit.session:
        visit.state.sessions.end(visit.session)
        visit.session = None
    view = visit.view()
    shown = page(view, "log_out", status(view.say("logged_out")))
    return html(shown, Set_Cookie=cookie(COOKIE, ""))


def captcha_field(view: View, session: Session) -> str:
    """A picture, and the field for what is in it."""
    session.captcha = captcha.new_digits()
    image = f'<img src="/captcha.png" alt="{view.say("captcha_picture")}">'
    return paragraph(image) + field(view, "captcha", autocomplete="off")


def solved(visit: Visit, session: Session) -> bool:
    """Whether the picture was read; each is good for one try."""
    digits, session.captcha = session.captcha, ""
    return bool(digits) and visit.given("captcha").strip() == digits


def _entered(visit: Visit, old: Session, stage: str, path: str) -> Response:
    """One step further in, with a session whose key nobody knew before."""
    visit.state.sessions.end(old)
    session = visit.state.sessions.begin(stage)
    return go_to(path, Set_Cookie=cookie(COOKIE, session.key))
