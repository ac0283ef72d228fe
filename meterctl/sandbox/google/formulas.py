"""Formulas, as far as a household's sheet uses them: arithmetic, references, a few functions."""

from __future__ import annotations

import re

from meterctl.sandbox.google.cells import tidy
from meterctl.sandbox.google.functions import (
    FUNCTIONS,
    Argument,
    Failure,
    Function,
    Lookup,
    Result,
    Stop,
    compare,
    number,
    single,
    text,
)

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<ref>(?:(?:'(?:[^']|'')+'|[A-Za-z_]\w*)!)?
        (?:\$?[A-Za-z]{1,3}\$?[0-9]+(?::\$?[A-Za-z]{1,3}\$?[0-9]*)?
        |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[0-9]+:\$?[0-9]+)(?![\w(]))
    |(?P<name>[A-Za-z_][\w.]*)
    |(?P<sign><=|>=|<>|[-+*/^&=<>(),;%{}]))""",
    re.VERBOSE,
)

_COMMA = re.compile(r"\s*(?P<number>[0-9]+,[0-9]+(?:[eE][-+]?[0-9]+)?)")  # where that is a point
_CALLED = {"+": "ADD", "-": "MINUS", "*": "MULTIPLY", "/": "DIVIDE", "^": "POW"}


def tokens(formula: str, decimal: str = ".") -> list[tuple[str, str]]:
    """The formula's words, each with its kind.

    Raises:
        ValueError: it is none.
    """
    found: list[tuple[str, str]] = []
    at = 0
    whole = formula.rstrip()
    while at < len(whole):
        match = _COMMA.match(whole, at) if decimal == "," else None
        match = match or _TOKEN.match(whole, at)
        if match is None or match.lastgroup is None:
            raise ValueError(formula)
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def evaluate(formula: str, lookup: Lookup, more: dict[str, Function], decimal: str = ".") -> Result:
    """The result of `=...`, None where that is empty; more functions are those of the time."""
    try:
        parser = _Parser(tokens(formula[1:], decimal), lookup, FUNCTIONS | more)
        result = parser.whole()
    except Stop as stop:
        return stop.failure
    except (ValueError, IndexError, RecursionError):
        return Failure("ERROR", "Formula parse error.")
    except OverflowError:
        return Failure("NUM", "Result was not a number.")
    if isinstance(result, list):
        result = result[0][0] if result and result[0] else None
    return result if isinstance(result, bool | str | Failure | None) else tidy(result)


class _Parser:
    """Reads and reckons at once, by falling precedence."""

    def __init__(
        self, words: list[tuple[str, str]], lookup: Lookup, functions: dict[str, Function]
    ) -> None:
        self._words = [*words, ("end", "")]
        self._at = 0
        self._lookup = lookup
        self._functions = functions

    def whole(self) -> Argument:
        result = self._comparison()
        if self._words[self._at][0] != "end":
            raise ValueError
        return result

    def _next(self, *signs: str) -> str | None:
        kind, word = self._words[self._at]
        if kind == "sign" and word in signs:
            self._at += 1
            return word
        return None

    def _comparison(self) -> Argument:
        left = self._joined()
        while sign := self._next("=", "<>", "<", ">", "<=", ">="):
            left = compare(sign, single(left), single(self._joined()))
        return left

    def _joined(self) -> Argument:
        left = self._sum()
        while self._next("&"):
            left = text(single(left)) + text(single(self._sum()))
        return left

    def _pair(self, sign: str, left: Argument, right: Argument) -> tuple[float, float]:
        return number(left, _CALLED[sign]), number(right, _CALLED[sign], 2)

    def _sum(self) -> Argument:
        left: Argument = self._product()
        while sign := self._next("+", "-"):
            one, other = self._pair(sign, left, self._product())
            left = one + (other if sign == "+" else -other)
        return left

    def _product(self) -> Argument:
        left: Argument = self._power()
        while sign := self._next("*", "/"):
            one, other = self._pair(sign, left, self._power())
            if sign == "/" and other == 0:
                raise Stop("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
            left = one * other if sign == "*" else one / other
        return left

    def _power(self) -> Argument:
        left: Argument = self._signed()
        while self._next("^"):
            one, other = self._pair("^", left, self._signed())
            left = float(one**other)
        return left

    def _signed(self) -> Argument:
        if sign := self._next("-", "+"):
            value = self._signed()
            return -number(value, "UMINUS") if sign == "-" else value
        value = self._atom()
        while self._next("%"):
            value = number(value, "UNARY_PERCENT") / 100
        return value

    def _atom(self) -> Argument:
        kind, word = self._words[self._at]
        self._at += 1
        if kind == "number":
            return float(word.replace(",", "."))
        if kind == "text":
            return word[1:-1].replace('""', '"')
        if kind == "ref":
            return self._lookup(word)
        if kind == "sign" and word == "(":
            value = self._comparison()
            if not self._next(")"):
                raise ValueError
            return value
        if kind == "name":
            if word.upper() in ("TRUE", "FALSE") and not self._next("("):
                return word.upper() == "TRUE"
            return self._call(word)
        raise ValueError

    def _call(self, written: str) -> Argument:
        if not self._next("("):
            raise Stop("NAME", f"Unknown range name: '{written.upper()}'.")
        name = written.upper()
        if name == "IFERROR":
            return self._if_error()
        arguments: list[Argument] = []
        if not self._next(")"):
            arguments.append(self._argument())
            while self._next(",", ";"):
                arguments.append(self._argument())
            if not self._next(")"):
                raise ValueError
        if name not in self._functions:
            raise Stop("NAME", f"Unknown function: '{written}'.")
        try:
            return self._functions[name](arguments)
        except IndexError:
            raise Stop("N_A", f"Wrong number of arguments to {name}.") from None

    def _if_error(self) -> Argument:
        """The one function whose argument may fail."""
        begin, result = self._at, None
        try:
            result, failed = single(self._argument()), False
        except Stop:
            self._at, failed = begin, True
            self._skip()
        instead = self._argument() if self._next(",", ";") else None
        if not self._next(")"):
            raise ValueError
        return instead if failed else result

    def _skip(self) -> None:
        """To the end of an argument, whatever it holds."""
        depth = 0
        while self._words[self._at][0] != "end":
            word = self._words[self._at][1] if self._words[self._at][0] == "sign" else ""
            if not depth and word in (",", ";", ")"):
                return
            depth += (word == "(") - (word == ")")
            self._at += 1

    def _argument(self) -> Argument:
        kind, word = self._words[self._at]
        return None if kind == "sign" and word in ",;)" else self._comparison()
