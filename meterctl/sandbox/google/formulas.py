"""Formulas, as far as a household's sheet uses them: arithmetic, references, a few functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from meterctl.sandbox.google.cells import Value, tidy

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


class Failure(NamedTuple):
    """An error value: what a cell shows in place of a result."""

    type: str  # as the API names it
    message: str

    @property
    def text(self) -> str:
        """As the cell shows it."""
        return _SHOWN[self.type]


_SHOWN = {
    "ERROR": "#ERROR!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
}
Result = Value | Failure | None
Block = list[list[Result]]  # the cells of a range
Lookup = Callable[[str], Block]  # the cells that a reference names
Function = Callable[[list["Result | Block"]], "Result | Block"]


class _Stop(Exception):
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind, message)


def tokens(formula: str, decimal: str = ".") -> list[tuple[str, str]]:
    """The formula's words, each with its kind.

    Raises:
        ValueError: it is none.
    """
    found: list[tuple[str, str]] = []
    at = 0
    text = formula.rstrip()
    while at < len(text):
        match = _COMMA.match(text, at) if decimal == "," else None
        match = match or _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ValueError(formula)
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def evaluate(formula: str, lookup: Lookup, more: dict[str, Function], decimal: str = ".") -> Result:
    """The result of `=...`; more functions are those that depend on the time."""
    try:
        parser = _Parser(tokens(formula[1:], decimal), lookup, FUNCTIONS | more)
        result = parser.whole()
    except _Stop as stop:
        return stop.failure
    except (ValueError, IndexError, RecursionError):
        return Failure("ERROR", "Formula parse error.")
    except OverflowError:
        return Failure("NUM", "Result was not a number.")
    if isinstance(result, list):
        result = result[0][0] if result and result[0] else None
    if result is None:
        return 0
    return result if isinstance(result, bool | str | Failure) else tidy(result)


class _Parser:
    """Reads and reckons at once, by falling precedence."""

    def __init__(
        self, words: list[tuple[str, str]], lookup: Lookup, functions: dict[str, Function]
    ) -> None:
        self._words = [*words, ("end", "")]
        self._at = 0
        self._lookup = lookup
        self._functions = functions

    def whole(self) -> Result | Block:
        result = self._comparison()
        if self._words[self._at][0] != "end":
            raise ValueError
        return result

    def _next(self, *signs: str) -> str | None:
        kind, text = self._words[self._at]
        if kind == "sign" and text in signs:
            self._at += 1
            return text
        return None

    def _comparison(self) -> Result | Block:
        left = self._joined()
        while sign := self._next("=", "<>", "<", ">", "<=", ">="):
            left = _compare(sign, _single(left), _single(self._joined()))
        return left

    def _joined(self) -> Result | Block:
        left = self._sum()
        while self._next("&"):
            left = _text(_single(left)) + _text(_single(self._sum()))
        return left

    def _sum(self) -> Result | Block:
        left: Result | Block = self._product()
        while sign := self._next("+", "-"):
            right = _number(self._product())
            left = _number(left) + (right if sign == "+" else -right)
        return left

    def _product(self) -> Result | Block:
        left: Result | Block = self._power()
        while sign := self._next("*", "/"):
            right = _number(self._power())
            if sign == "/" and right == 0:
                raise _Stop("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
            left = _number(left) * right if sign == "*" else _number(left) / right
        return left

    def _power(self) -> Result | Block:
        left: Result | Block = self._signed()
        while self._next("^"):
            left = float(_number(left) ** _number(self._signed()))
        return left

    def _signed(self) -> Result | Block:
        if sign := self._next("-", "+"):
            number = _number(self._signed())
            return -number if sign == "-" else number
        value = self._atom()
        while self._next("%"):
            value = _number(value) / 100
        return value

    def _atom(self) -> Result | Block:
        kind, text = self._words[self._at]
        self._at += 1
        if kind == "number":
            return float(text.replace(",", "."))
        if kind == "text":
            return text[1:-1].replace('""', '"')
        if kind == "ref":
            return self._lookup(text)
        if kind == "sign" and text == "(":
            value = self._comparison()
            if not self._next(")"):
                raise ValueError
            return value
        if kind == "name":
            if text.upper() in ("TRUE", "FALSE") and not self._next("("):
                return text.upper() == "TRUE"
            return self._call(text.upper())
        raise ValueError

    def _call(self, name: str) -> Result | Block:
        if not self._next("("):
            raise _Stop("NAME", f"Unknown range name: '{name}'.")
        arguments: list[Result | Block] = []
        if not self._next(")"):
            arguments.append(self._argument())
            while self._next(",", ";"):
                arguments.append(self._argument())
            if not self._next(")"):
                raise ValueError
        if name not in self._functions:
            raise _Stop("NAME", f"Unknown function: '{name}'.")
        try:
            return self._functions[name](arguments)
        except IndexError:
            raise _Stop("N_A", f"Wrong number of arguments to {name}.") from None

    def _argument(self) -> Result | Block:
        kind, text = self._words[self._at]
        return None if kind == "sign" and text in ",;)" else self._comparison()


def _single(value: Result | Block) -> Result:
    if isinstance(value, list):
        value = value[0][0] if value and value[0] else None
    if isinstance(value, Failure):
        raise _Stop(*value)
    return value


def _number(value: Result | Block) -> float:
    value = _single(value)
    if value is None or value == "":
        return 0
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise _Stop(
                "VALUE",
                f"Function expects number values. But '{value}' is a text and cannot be coerced "
                "to a number.",
            ) from None
    return float(value) if not isinstance(value, Failure) else 0


def _text(value: Result) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else str(tidy(value) if isinstance(value, float) else value)


def _compare(sign: str, left: Result, right: Result) -> bool:
    keys = [_order(one, other) for one, other in ((left, right), (right, left))]
    return {
        "=": keys[0] == keys[1],
        "<>": keys[0] != keys[1],
        "<": keys[0] < keys[1],
        ">": keys[0] > keys[1],
        "<=": keys[0] <= keys[1],
        ">=": keys[0] >= keys[1],
    }[sign]


def _order(value: Result, beside: Result) -> tuple[int, float, str]:
    if value is None:  # an empty cell is like the emptiest of the other's kind
        value = "" if isinstance(beside, str) else 0
    if isinstance(value, bool):
        return 2, float(value), ""
    if isinstance(value, str):
        return 1, 0.0, value.lower()
    return 0, float(value) if not isinstance(value, Failure) else 0.0, ""


def _flat(arguments: list[Result | Block]) -> Iterator[Result]:
    for argument in arguments:
        if isinstance(argument, list):
            yield from (value for row in argument for value in row)
        else:
            yield argument


def _numbers(arguments: list[Result | Block]) -> list[float]:
    found = []
    for value in _flat(arguments):
        if isinstance(value, Failure):
            raise _Stop(*value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.append(float(value))
    return found


def _average(arguments: list[Result | Block]) -> float:
    numbers = _numbers(arguments)
    if not numbers:
        raise _Stop(
            "DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error."
        )
    return sum(numbers) / len(numbers)


def _round(arguments: list[Result | Block]) -> float:
    places = int(_number(arguments[1])) if len(arguments) > 1 else 0
    number = _number(arguments[0])
    scale = 10.0**places
    return int(abs(number) * scale + 0.5) / scale * (-1 if number < 0 else 1)


def _if(arguments: list[Result | Block]) -> Result:
    if _number(arguments[0]):
        return _single(arguments[1])
    return _single(arguments[2]) if len(arguments) > 2 else False


FUNCTIONS: dict[str, Function] = {
    "SUM": lambda given: sum(_numbers(given)),
    "AVERAGE": _average,
    "MIN": lambda given: min(_numbers(given), default=0),
    "MAX": lambda given: max(_numbers(given), default=0),
    "COUNT": lambda given: len(_numbers(given)),
    "COUNTA": lambda given: sum(value is not None for value in _flat(given)),
    "ABS": lambda given: abs(_number(given[0])),
    "ROUND": _round,
    "INT": lambda given: _number(given[0]) // 1,
    "MOD": lambda given: _number(given[0]) % _number(given[1]),
    "IF": _if,
    "NOT": lambda given: not _number(given[0]),
    "AND": lambda given: all(_number(value) for value in _flat(given)),
    "OR": lambda given: any(_number(value) for value in _flat(given)),
    "CONCATENATE": lambda given: "".join(_text(value) for value in _flat(given)),
    "LEN": lambda given: len(_text(_single(given[0]))),
    "UPPER": lambda given: _text(_single(given[0])).upper(),
    "LOWER": lambda given: _text(_single(given[0])).lower(),
    "HYPERLINK": lambda given: _single(given[-1]),
    "PI": lambda given: 3.141592653589793 if not given else 0,
    "ARRAYFORMULA": lambda given: given[0],
}
