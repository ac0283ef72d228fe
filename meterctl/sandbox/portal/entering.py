"""The way of a reading: the form, the page on which it is checked, the confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from meterctl.sandbox.message import Response
from meterctl.sandbox.portal.book import METERS, Entry, Objection, Saved, rounded
from meterctl.sandbox.portal.formats import Unreadable, parse_date, parse_value
from meterctl.sandbox.portal.login import captcha_field, solved
from meterctl.sandbox.portal.markup import (
    View,
    alert,
    button,
    field,
    form,
    link,
    page,
    paragraph,
    status,
    terms,
)
from meterctl.sandbox.portal.sessions import Session
from meterctl.sandbox.portal.visit import Visit, go_to, html, refused


class Typed(NamedTuple):
    """What the fields of the form hold."""

    meter: str
    day: str
    value: str


def new_page(visit: Visit, session: Session) -> Response:
    """The form, alone or in a frame."""
    if not visit.settings.takes_on(visit.state.today().day):
        return _closed(visit)
    view = visit.view()
    if visit.settings.frame and visit.path == "/readings/new":
        return html(
            page(view, "new", f'<iframe src="/readings/form" title="{view.say("new")}"></iframe>')
        )
    today = visit.state.today().strftime(_date_pattern(view))
    return _form_page(visit, session, Typed(visit.query.get("meter", ""), today, ""), [])


def enter(visit: Visit, session: Session) -> Response:
    """What the form holds: to be confirmed, or shown again with what is wrong."""
    wrong, _entry = session.redeem(
        visit.given("token"), once=visit.settings.double_click == "guarded"
    )
    if wrong:
        return refused(visit, wrong)
    if not visit.settings.takes_on(visit.state.today().day):
        return _closed(visit)
    typed = Typed(visit.given("meter"), visit.given("date"), visit.given("value"))
    if visit.settings.captcha == "form" and not solved(visit, session):
        return _form_page(visit, session, typed, ["wrong_captcha"])
    entry, problems = _read(visit, typed)
    if entry is None:
        return _form_page(visit, session, typed, problems)
    objection = visit.state.book.objection(entry, visit.state.today())
    if objection:
        return _objected(visit, session, typed, objection)
    session.entry = entry
    return go_to("/readings/confirm")


def confirm_page(visit: Visit, session: Session, wrong: str = "") -> Response:
    """What was entered, before it counts."""
    entry = session.entry
    if entry is None:
        return go_to("/readings/new")
    view = _view(visit)
    jumps = visit.state.book.jumps(entry)
    box = (
        f'<p class="field"><input type="checkbox" id="{view.id("checked")}" '
        f'name="{view.name("checked")}" value="yes"> '
        f'<label for="{view.id("checked")}">{view.say("checked")}</label></p>'
    )
    sent = form(
        view,
        "/readings/confirm",
        session.new_token(entry),
        box if jumps else "",
        button(view, "submit"),
        scripted=visit.settings.javascript,
    )
    return html(
        page(
            view,
            "confirm",
            alert(view.say(wrong) if wrong else view.say("jumps") if jumps else ""),
            paragraph(view.say("check_told")),
            _shown(view, entry),
            sent,
            paragraph(link("/readings/form" if view.bare else "/readings/new", view.say("back"))),
        )
    )


def confirm(visit: Visit, session: Session) -> Response:
    """The reading counts, if nothing has come between; a naive portal does not look."""
    guarded = visit.settings.double_click == "guarded"
    wrong, entry = session.redeem(visit.given("token"), once=guarded)
    if wrong or entry is None:
        return refused(visit, wrong or "form_invalid")
    if not visit.settings.takes_on(visit.state.today().day):
        return _closed(visit)
    book, now = visit.state.book, visit.state.now()
    objection = book.objection(entry, visit.state.today()) if guarded else None
    if objection:
        view = visit.view()
        day = entry.day.strftime(_date_pattern(view))
        typed = Typed(entry.meter.number, day, view.value(entry.value))
        return _objected(visit, session, typed, objection)
    if book.jumps(entry) and visit.given("checked") != "yes":
        session.entry = entry
        return confirm_page(visit, session, "unchecked")
    receipt = book.new_receipt(now)
    if not visit.settings.not_saved:
        kept = rounded(entry) if visit.settings.saved_other else entry
        book.save(kept, "customer", receipt, now)
    session.receipts[receipt] = entry
    session.entry = None
    return go_to(f"/readings/done?receipt={receipt}")


def done_page(visit: Visit, session: Session) -> Response:
    """The confirmation."""
    receipt = visit.query.get("receipt", "")
    entry = session.receipts.get(receipt)
    if entry is None:
        return go_to("/account")
    if visit.settings.confirmation_lost:
        raise ConnectionAbortedError  # it was saved, and the customer never hears of it
    view = _view(visit)
    number = f'<strong id="{view.id("receipt")}">{escape(receipt)}</strong>'
    return html(
        page(
            view,
            "done",
            status(view.say("done_told")),
            _shown(view, entry, {view.say("receipt"): number}),
            paragraph(link("/readings/history", view.say("to_history"))),
        )
    )


def _view(visit: Visit) -> View:
    """How the pages of the form look: in a frame without the portal around them."""
    return visit.view(bare=visit.settings.frame)


def _closed(visit: Visit) -> Response:
    """Readings are not taken today."""
    view = _view(visit)
    return html(page(view, "closed", alert(view.say("closed_told"))))


def _date_pattern(view: View) -> str:
    return "%Y-%m-%d" if view.settings.date_input == "date" else view.format.date


def _read(visit: Visit, typed: Typed) -> tuple[Entry | None, list[str]]:
    """The entry that was typed, or the keys of the texts that say what is wrong."""
    view = visit.view()
    problems = []
    meter = next((one for one in METERS if one.number == typed.meter), None)
    day = value = None
    if meter is None:
        problems.append("meter_missing")
    try:
        day = parse_date(typed.day, _date_pattern(view))
    except Unreadable as error:
        problems.append(str(error))
    try:
        value = parse_value(typed.value, view.format, view.settings.decimals)
    except Unreadable as error:
        problems.append(str(error))
    if meter is None or day is None or value is None:
        return None, problems
    return Entry(meter, day, value), problems


def _objected(visit: Visit, session: Session, typed: Typed, objection: Objection) -> Response:
    """A page of its own for what is there already, the form again for the rest."""
    if objection.other is None or objection.text != "already_entered":
        return _form_page(visit, session, typed, [objection.text], objection.other)
    view = _view(visit)
    other = objection.other
    more = {view.say("source"): view.say(other.source)}
    if other.receipt:
        more[view.say("receipt")] = escape(other.receipt)
    return html(
        page(view, "already", alert(view.say(objection.text)), _shown(view, other.entry, more))
    )


def _form_page(
    visit: Visit,
    session: Session,
    typed: Typed,
    problems: Sequence[str],
    other: Saved | None = None,
) -> Response:
    view = _view(visit)
    parts = {"decimals": str(visit.settings.decimals)}
    if other:
        parts |= {"value": view.value(other.entry.value), "date": view.day(other.entry.day)}
    wrong = " ".join(problems)
    picker = {"type": "date"} if visit.settings.date_input == "date" else {}
    return html(
        page(
            view,
            "new",
            *(alert(view.say(one, **parts)) for one in problems),
            form(
                view,
                "/readings/new",
                session.new_token(),
                _meter_field(view, typed.meter),
                field(view, "date", typed.day, wrong="date_" in wrong, **picker),
                field(view, "value", typed.value, wrong="value_" in wrong, inputmode="decimal"),
                captcha_field(view, session) if visit.settings.captcha == "form" else "",
                button(view, "next"),
                scripted=visit.settings.javascript,
            ),
        )
    )


def _meter_field(view: View, chosen: str) -> str:
    name, key = view.name("meter"), view.id("meter")
    labels = {one.number: f"{view.say(one.kind)}, {one.number} ({one.unit})" for one in METERS}
    if view.settings.meter_choice == "radio":
        inner = "\n".join(
            f'<p><input type="radio" id="{key}-{number}" name="{name}" value="{number}"'
            f"{' checked' if number == chosen else ''}> "
            f'<label for="{key}-{number}">{label}</label></p>'
            for number, label in labels.items()
        )
        return f"<fieldset>\n<legend>{view.say('number')}</legend>\n{inner}\n</fieldset>"
    inner = "".join(
        f'<option value="{number}"{" selected" if number == chosen else ""}>{label}</option>\n'
        for number, label in {"": view.say("choose"), **labels}.items()
    )
    label = f'<label for="{key}">{view.say("number")}</label>'
    return f'<p class="field">{label} <select id="{key}" name="{name}">\n{inner}</select></p>'


def _shown(view: View, entry: Entry, more: dict[str, str] | None = None) -> str:
    """An entry, and more of it."""
    return terms(
        {
            view.say("number"): entry.meter.number,
            view.say("kind"): view.say(entry.meter.kind),
            view.say("date"): f'<time datetime="{entry.day}">{view.day(entry.day)}</time>',
            view.say("value"): f"{view.value(entry.value)} {entry.meter.unit}",
            **(more or {}),
        }
    )
