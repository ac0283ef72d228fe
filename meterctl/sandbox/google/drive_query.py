"""Drive's search language: what `files.list` takes as `q`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from meterctl.sandbox.google.errors import ApiError

_WORD = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<sign>!=|<=|>=|=|<|>|\(|\))"
    r"|(?P<name>[A-Za-z][A-Za-z.]*))"
)
Test = Callable[[Mapping[str, Any]], bool]
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "=": lambda own, asked: own == asked,
    "!=": lambda own, asked: own != asked,
    "<": lambda own, asked: own < asked,
    "<=": lambda own, asked: own <= asked,
    ">": lambda own, asked: own > asked,
    ">=": lambda own, asked: own >= asked,
}


def parse_query(text: str) -> Test:
    """A test for files, as they are shown.

    Raises:
        ApiError: it is no query.
    """
    parser = _Query(text)
    test = parser.either()
    if parser.kind != "end":
        raise bad_query()
    return test


def bad_query() -> ApiError:
    """Drive's answer to what it does not understand."""
    return ApiError(400, "Invalid Value", reason="invalid", location="q")


class _Query:
    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, str]] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            found = _WORD.match(text, at)
            if found is None or found.lastgroup is None:
                raise bad_query()
            word = found[found.lastgroup]
            if found.lastgroup == "text":
                word = re.sub(r"\\(.)", r"\1", word[1:-1])
            self._words.append((found.lastgroup, word))
            at = found.end()
        self._words.append(("end", ""))
        self._at = 0

    @property
    def kind(self) -> str:
        return self._words[self._at][0]

    def _take(self, *words: str) -> str | None:
        kind, word = self._words[self._at]
        if kind != "text" and word.lower() in words:
            self._at += 1
            return word.lower()
        return None

    def either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda file: any(test(file) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda file: all(test(file) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            test = self._one()
            return lambda file: not test(file)
        if self._take("("):
            test = self.either()
            if not self._take(")"):
                raise bad_query()
            return test
        kind, left = self._words[self._at]
        self._at += 1
        if kind in ("end", "sign"):
            raise bad_query()
        sign = self._take("=", "!=", "<", "<=", ">", ">=", "contains", "in", "has")
        if sign is None:
            if kind == "name" and left == "sharedWithMe":
                return lambda file: not file["ownedByMe"]
            raise bad_query()
        kind, right = self._words[self._at]
        self._at += 1
        if kind not in ("text", "name"):
            raise bad_query()
        if sign == "in":  # either order is in use: 'a' in parents, parents in 'a'
            name, member = (right, left) if kind == "name" else (left, right)
            return lambda file: member in _members(file, name)
        return _term(left, sign, right)


def _term(name: str, sign: str, asked: str) -> Test:
    if sign == "has":
        return lambda _: False  # no file here has properties
    if sign == "contains":
        if name not in ("name", "fullText", "mimeType"):
            raise bad_query()
        field = "name" if name == "fullText" else name
        return lambda file: asked.lower() in str(file[field]).lower()
    compare = _COMPARE[sign]
    if name in ("trashed", "starred"):
        return lambda file: compare(str(file[name]).lower(), asked.lower())
    if name == "sharedWithMe":
        return lambda file: compare(str(not file["ownedByMe"]).lower(), asked.lower())
    if name == "name":
        return lambda file: compare(file["name"].lower(), asked.lower())
    if name == "title":
        raise bad_query()  # that was version 2
    if name in ("mimeType", "modifiedTime", "createdTime", "viewedByMeTime"):
        return lambda file: compare(file.get(name, ""), asked)
    raise bad_query()


def _members(file: Mapping[str, Any], name: str) -> list[str]:
    if name == "parents":
        return [*file.get("parents", []), "root"] if file["ownedByMe"] else []
    roles = {"owners": {"owner"}, "writers": {"owner", "writer"}, "readers": set[str]()}
    if name not in roles:
        raise bad_query()
    return [
        one["emailAddress"]
        for one in file["permissions"]
        if "emailAddress" in one and (one["role"] in roles[name] or name == "readers")
    ]
