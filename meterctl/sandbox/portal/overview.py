"""What the portal shows: the start page, the customer's meters, their readings so far."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from meterctl.sandbox.message import Response
from meterctl.sandbox.portal.book import METERS, Meter, Saved
from meterctl.sandbox.portal.markup import View, link, page, paragraph, table
from meterctl.sandbox.portal.visit import Visit, html

A_PAGE = 10  # readings


def start_page(visit: Visit) -> Response:
    """Where everybody begins."""
    view = visit.view()
    return html(page(view, "start", paragraph(view.say("start_told"))))


def account_page(visit: Visit) -> Response:
    """The customer's meters, and the way to the form."""
    view = visit.view()
    rows = []
    for meter in METERS:
        seen = _seen(visit, meter)
        last = f"{view.value(seen[0].entry.value)} {meter.unit}" if seen else "–"
        to_form = link(
            f"/readings/new?meter={meter.number}",
            view.say("enter"),
            new_window=visit.settings.popup == "window",
        )
        rows.append((view.say(meter.kind), meter.number, last, to_form))
    heads = [view.say(key) for key in ("kind", "number", "last")]
    return html(page(view, "account", table(view.say("meters"), [*heads, ""], rows, "meters")))


def history_page(visit: Visit) -> Response:
    """A table for each meter, or a page of one meter's."""
    view = visit.view()
    asked = [one for one in METERS if one.number == visit.query.get("meter")]
    number = visit.query.get("page", "1")
    wanted = int(number) if number.isdecimal() and len(number) < 6 and asked else 1
    parts = [part for meter in asked or METERS for part in _of_meter(visit, view, meter, wanted)]
    return html(page(view, "history", *parts))


def _seen(visit: Visit, meter: Meter) -> list[Saved]:
    """What is shown of a meter: some portals take a while."""
    delay = timedelta(seconds=visit.settings.history_delay_seconds)
    return visit.state.book.newest_first(meter, visit.state.now() - delay)


def _of_meter(visit: Visit, view: View, meter: Meter, number: int) -> list[str]:
    seen = _seen(visit, meter)
    pages = max(1, -(-len(seen) // A_PAGE))
    number = min(max(number, 1), pages)
    rows = [
        (
            f'<time datetime="{one.entry.day}">{view.day(one.entry.day)}</time>',
            f"{view.value(one.entry.value)} {meter.unit}",
            view.say(one.source),
            escape(one.receipt),
        )
        for one in seen[(number - 1) * A_PAGE : number * A_PAGE]
    ]
    links = [
        link(f"/readings/history?meter={meter.number}&page={there}", view.say(key))
        for key, there in (("newer", number - 1), ("older", number + 1))
        if 1 <= there <= pages
    ]
    caption = f"{view.say(meter.kind)}, {meter.number}"
    heads = [view.say(key) for key in ("date", "value", "source", "receipt")]
    return [
        table(caption, heads, rows, f"history-{meter.number}"),
        "" if seen else paragraph(view.say("no_readings")),
        f"<p>{' '.join(links)}</p>" if links else "",
    ]
