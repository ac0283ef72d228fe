"""Pages as HTML: what all have in common, and the parts of which they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import NamedTuple

from meterctl.sandbox.portal.formats import FORMATS, Format, show_value
from meterctl.sandbox.portal.settings import Settings
from meterctl.sandbox.portal.texts import CHANGED_NAMES, CHANGED_TEXTS, NAMES, TEXTS, UTILITY


class View(NamedTuple):
    """Who looks at a page, and how it looks to them."""

    settings: Settings
    path: str
    consented: bool  # whether there is no more to ask about cookies
    customer: bool  # whether they are logged in
    offer: bool = False  # whether the offer lies over the page
    bare: bool = False  # whether the page is within a frame

    @property
    def format(self) -> Format:
        """How values and dates are written."""
        return FORMATS[self.settings.language]

    def say(self, key: str, **parts: object) -> str:
        """A text, escaped."""
        changed = CHANGED_TEXTS if self.settings.changed_page else {}
        text = changed.get(key, TEXTS[key])
        return escape((text.de if self.settings.language == "de" else text.en).format(**parts))

    def name(self, key: str) -> str:
        """The name of a field; its id has hyphens instead."""
        return (CHANGED_NAMES if self.settings.changed_page else NAMES)[key]

    def id(self, key: str) -> str:
        """The id of a field."""
        return self.name(key).replace("_", "-")

    def value(self, value: str) -> str:
        """A value as the language writes it."""
        return show_value(value, self.format, thousands=self.settings.thousands)

    def day(self, day: date) -> str:
        """A date as the language writes it."""
        return day.strftime(self.format.date)


def page(view: View, heading: str, *parts: str) -> str:
    """A whole page: the key of the text that is title and heading, and the HTML below it."""
    title = view.say(heading)
    script = '<script src="/portal.js" defer></script>' if view.settings.javascript else ""
    around = ("", "") if view.bare else (_header(view), _footer(view))
    return (
        f'<!DOCTYPE html>\n<html lang="{view.settings.language}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{title} | {UTILITY}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="stylesheet" href="/portal.css">{script}\n</head>\n<body>\n'
        f'{around[0]}<main id="content">\n<h1>{title}</h1>\n'
        + "".join(f"{part}\n" for part in parts if part)
        + f"</main>\n{around[1]}</body>\n</html>\n"
    )


def _header(view: View) -> str:
    links = [("/account", "overview"), ("/readings/new", "new"), ("/readings/history", "history")]
    links = [*links, ("/logout", "log_out")] if view.customer else [("/login", "log_in")]
    inner = "".join(f'<li><a href="{path}">{view.say(key)}</a></li>' for path, key in links)
    return f'<header><p class="brand">{UTILITY}</p><nav><ul>{inner}</ul></nav></header>\n'


def _footer(view: View) -> str:
    """What ends a page; dialogs lie over all that is above."""
    dialogs = ""
    if view.offer:
        dialogs += _dialog(view, "offer", "/offer", [("close", "no_thanks")])
    if not view.consented:
        choices = [("all", "accept_all"), ("necessary", "accept_few")]
        dialogs += _dialog(view, "cookies", "/cookies", choices)
    return f"<footer><p>{UTILITY}</p></footer>\n{dialogs}"


def _dialog(view: View, key: str, action: str, choices: Sequence[tuple[str, str]]) -> str:
    buttons = "".join(
        f'<button type="submit" name="choice" value="{choice}">{view.say(text)}</button>'
        for choice, text in choices
    )
    return (
        f'<div class="over"><div role="dialog" aria-modal="true" aria-labelledby="{key}-title">\n'
        f'<h2 id="{key}-title">{view.say(key)}</h2>\n<p>{view.say(f"{key}_told")}</p>\n'
        f'<form method="post" action="{action}">{hidden("back", view.path)}{buttons}</form>\n'
        "</div></div>\n"
    )


def status(html: str) -> str:
    """Something that went well."""
    return f'<p role="status">{html}</p>'


def alert(html: str) -> str:
    """Something that did not; nothing where there is nothing to say."""
    return f'<p role="alert">{html}</p>' if html else ""


def paragraph(html: str) -> str:
    """A sentence."""
    return f"<p>{html}</p>"


def link(path: str, html: str, *, new_window: bool = False) -> str:
    """A link; the path is our own."""
    target = ' target="_blank" rel="noopener"' if new_window else ""
    return f'<a href="{escape(path)}"{target}>{html}</a>'


def hidden(name: str, value: str) -> str:
    """A hidden field."""
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def field(view: View, key: str, value: str = "", *, wrong: bool = False, **more: str) -> str:
    """A labelled input; of more, the names are attributes."""
    attributes = {
        "id": view.id(key),
        "name": view.name(key),
        "type": "text",
        "value": value,
        **({"aria-invalid": "true"} if wrong else {}),
        **more,
    }
    shown = " ".join(f'{name}="{escape(text)}"' for name, text in attributes.items())
    label = f'<label for="{view.id(key)}">{view.say(key)}</label>'
    return f'<p class="field">{label} <input {shown}></p>'


def button(view: View, key: str) -> str:
    """The button that sends a form."""
    return f'<p><button type="submit" id="{view.id(key)}">{view.say(key)}</button></p>'


def form(view: View, action: str, token: str, *parts: str, scripted: bool = False) -> str:
    """A form with its token; a scripted one does nothing but by script."""
    how = (
        f'data-action="{action}" data-lost="{view.say("line_lost")}"'
        if scripted
        else f'method="post" action="{action}"'
    )
    inner = "\n".join(part for part in parts if part)
    return f"<form {how} novalidate>\n{hidden(view.name('token'), token)}\n{inner}\n</form>"


def terms(entries: Mapping[str, str]) -> str:
    """Names and what they are, both as HTML."""
    inner = "\n".join(f"<dt>{name}</dt><dd>{what}</dd>" for name, what in entries.items())
    return f"<dl>\n{inner}\n</dl>"


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], key: str) -> str:
    """A table, all of it HTML."""
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<table id="{key}">\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )
