"""A browser without a screen: cookies, links, forms, and nothing that it knows of the portal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from meterctl.sandbox.server import Running
from tests.sandbox.talk import ask

USER, PASSWORD = "anna@example.org", "a pass & word"
POWER, GAS = "1EMH0012345678", "7ELS0055501234"
VOID = {"meta", "link", "input", "img"}


class Form:
    """A form as it lies on a page."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.attributes = attributes
        self.fields: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.options: list[str] = []


class Page(HTMLParser):
    """A page, as far as a client looks at it."""

    def __init__(self, url: str, status: int, text: str) -> None:
        super().__init__()
        self.url, self.status, self.source = url, status, text
        self.path = urlsplit(url).path
        self.title = self.heading = ""
        self.roles: dict[str, list[str]] = {}
        self.labels: dict[str, str] = {}
        self.terms: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, dict[str, str]]] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._term = ""
        self.feed(text)
        assert self._open == [], "every element is closed"

    def form(self, action: str) -> Form:
        """The form with this address."""
        (found,) = (
            one
            for one in self.forms
            if action in (one.attributes.get("action"), one.attributes.get("data-action"))
        )
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        given = {name: text or "" for name, text in attrs}
        self.attributes.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if tag not in VOID:
            self._open.append((tag, given, []))
        if tag == "form":
            self.forms.append(Form(given))
        if tag == "table":
            self._table = self.tables.setdefault(given["id"], [])
        if tag == "tr":
            self._table.append([])
        if self.forms and tag in ("input", "select"):
            kind = given.get("type", tag)
            self.forms[-1].types[given["name"]] = kind
            if kind not in ("checkbox", "radio"):
                self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag == "option" or given.get("type") == "radio":
            self.forms[-1].options.append(given["value"])
            if "selected" in given:
                self.forms[-1].fields[list(self.forms[-1].types)[-1]] = given["value"]

    def handle_data(self, data: str) -> None:
        """Text belongs to all that is open."""
        for _tag, _given, texts in self._open:
            texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Note what has ended."""
        opened, given, texts = self._open.pop()
        assert opened == tag
        text = "".join(texts).strip()
        if "role" in given:
            self.roles.setdefault(given["role"], []).append(text)
        match tag:
            case "title":
                self.title = text
            case "h1":
                self.heading = text
            case "label":
                self.labels[text] = given["for"]
            case "a":
                self.links[text] = given["href"]
            case "dt":
                self._term = text
            case "dd":
                self.terms[self._term] = text
            case "td":
                self._table[-1].append(text)
            case _:
                pass


class Clock:
    """The portal's clock, which stands until it is set."""

    def __init__(self) -> None:
        self.at(2026, 11, 22, 12)

    def at(self, *when: int) -> None:
        """Set it, in UTC."""
        self.now = datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type] # no zone

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


class Browser:
    """One browser, with cookies of its own; and the sandbox's switches beside it."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies))

    def open(self, path: str, form: Mapping[str, str] | None = None) -> Page:
        """Go to an address, with a form or without."""
        data = None if form is None else urlencode(form).encode()
        try:
            with self._opener.open(urljoin(self.server.url, path), data, timeout=10) as answer:
                return Page(answer.url, answer.status, answer.read().decode())
        except HTTPError as error:
            with error:
                return Page(error.url, error.code, error.read().decode())

    def send(self, page: Page, action: str, **fields: str) -> Page:
        """Fill in a form of a page, by its fields' names, and send it."""
        form = page.form(action)
        assert set(fields) <= set(form.types), "the form has these fields"
        return self.open(action, {**form.fields, **fields})

    def log_in(self, user: str = USER, password: str = PASSWORD) -> Page:
        """From the start page to the account."""
        page = self.open(self.open("/").links["Log in"])
        return self.send(page, "/login", username=user, password=password)

    def enter(self, value: str = "142.3", meter: str = POWER, day: str = "2026-11-22") -> Page:
        """Fill in the form of a reading."""
        page = self.open("/readings/new")
        fields = {"meter": meter, "reading_date": day, "reading_value": value}
        return self.send(page, "/readings/new", **fields)

    def submit(self, value: str = "142.3", meter: str = POWER, day: str = "2026-11-22") -> Page:
        """The whole way of a reading."""
        return self.send(self.enter(value, meter, day), "/readings/confirm")

    def history(self, meter: str = POWER) -> list[list[str]]:
        """What the portal shows of a meter, without the heads."""
        return self.open("/readings/history").tables[f"history-{meter}"][1:]

    def switch(self, **settings: object) -> dict[str, object]:
        """Change how the portal behaves."""
        answer = ask(self.server, "POST", "/sandbox/settings", json.dumps(settings))
        assert answer.status == 200, answer.body
        found: dict[str, object] = answer.json
        return found

    def operator(self, value: str, day: str, meter: str = POWER) -> None:
        """The grid operator takes a reading."""
        body = json.dumps({"meter": meter, "date": day, "value": value})
        assert ask(self.server, "POST", "/sandbox/readings", body).status == 200

    def saved(self) -> list[dict[str, Any]]:
        """What the customer has handed in."""
        found: list[dict[str, Any]] = ask(self.server, "GET", "/sandbox/submissions").json[
            "submissions"
        ]
        return found

    def values(self) -> list[str]:
        """The values of that."""
        return [one["value"] for one in self.saved()]
