"""The functions that formulas know here, and how values pass for one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from meterctl.sandbox.google.cells import Value, tidy
from meterctl.sandbox.google.entered import EPOCH


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
Argument = Result | Block
Function = Callable[[list[Argument]], Argument]


class Stop(Exception):
    """The formula has failed; what with is its value."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind, message)


def single(value: Argument) -> Result:
    """One value; of a range, its first cell's.

    Raises:
        Stop: it is an error.
    """
    if isinstance(value, list):
        value = value[0][0] if value and value[0] else None
    if isinstance(value, Failure):
        raise Stop(*value)
    return value


def number(value: Argument, function: str = "", place: int = 1) -> float:
    """The value as a number: an empty cell is zero.

    Args:
        value: The value.
        function: What it is an argument of, for the message.
        place: Which argument of that it is.

    Raises:
        Stop: it is none.
    """
    value = single(value)
    if value is None or value == "":
        return 0
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            what = f"Function {function} parameter {place}" if function else "Function"
            raise Stop(
                "VALUE",
                f"{what} expects number values. But '{value}' is a text and cannot be coerced to "
                "a number.",
            ) from None
    return float(value) if not isinstance(value, Failure) else 0


def text(value: Result) -> str:
    """The value as text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else str(tidy(value) if isinstance(value, float) else value)


def compare(sign: str, left: Result, right: Result) -> bool:
    """Whether two values stand so to each other: numbers before texts before booleans."""
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


def _flat(arguments: list[Argument]) -> Iterator[Result]:
    for argument in arguments:
        if isinstance(argument, list):
            yield from (value for row in argument for value in row)
        else:
            yield argument


def _numbers(arguments: list[Argument]) -> list[float]:
    found = []
    for value in _flat(arguments):
        if isinstance(value, Failure):
            raise Stop(*value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.append(float(value))
    return found


def _average(arguments: list[Argument]) -> float:
    numbers = _numbers(arguments)
    if not numbers:
        raise Stop(
            "DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error."
        )
    return sum(numbers) / len(numbers)


def _round(arguments: list[Argument]) -> float:
    places = int(number(arguments[1], "ROUND", 2)) if len(arguments) > 1 else 0
    value = number(arguments[0], "ROUND")
    scale = 10.0**places
    return int(abs(value) * scale + 0.5) / scale * (-1 if value < 0 else 1)


def _mod(arguments: list[Argument]) -> float:
    divisor = number(arguments[1], "MOD", 2)
    if not divisor:
        raise Stop("DIVIDE_BY_ZERO", "Function MOD parameter 2 cannot be zero.")
    return number(arguments[0], "MOD") % divisor


def _root(arguments: list[Argument]) -> float:
    value = number(arguments[0], "SQRT")
    if value < 0:
        raise Stop(
            "NUM", "Function SQRT parameter 1 value is negative. It should be positive or zero."
        )
    return float(value**0.5)


def _if(arguments: list[Argument]) -> Result:
    if number(arguments[0], "IF"):
        return single(arguments[1])
    return single(arguments[2]) if len(arguments) > 2 else False


def _not_available(arguments: list[Argument]) -> Result:
    del arguments
    raise Stop("N_A", "")


def _date(arguments: list[Argument]) -> int:
    """Months and days beyond the last one run on into the next."""
    year, month, day = (int(number(one, "DATE", at)) for at, one in enumerate(arguments[:3], 1))
    year += 1900 if year < 1900 else 0
    years, months = divmod(month - 1, 12)
    first = date(year + years, months + 1, 1)
    return (first + timedelta(days=day - 1) - EPOCH).days


def _looked_up(arguments: list[Argument]) -> Result:
    wanted = single(arguments[0])
    rows = arguments[1] if isinstance(arguments[1], list) else [[arguments[1]]]
    column = int(number(arguments[2], "VLOOKUP", 3)) - 1
    exact = len(arguments) > 3 and not number(arguments[3], "VLOOKUP", 4)
    found = None
    for row in rows:
        first = row[0]
        if first is None or isinstance(first, Failure):
            continue
        if compare("=", first, wanted):
            found = row
            break
        if not exact and type(first) is type(wanted) and compare("<", first, wanted):
            found = row
    if found is None:
        said = f"Did not find value '{text(wanted)}' in VLOOKUP evaluation."
        raise Stop("N_A", said)
    if not 0 <= column < len(found):
        if column < 0:
            raise Stop(
                "VALUE",
                f"Function VLOOKUP parameter 3 value is {column + 1}. It should be greater than "
                "or equal to 1.",
            )
        raise Stop("REF", "VLOOKUP evaluates to an out of bounds range.")
    return single(found[column])


def _kind(arguments: list[Argument]) -> int:
    argument = arguments[0]
    if isinstance(argument, list) and (len(argument) > 1 or len(argument[0]) > 1):
        return 64
    value = argument[0][0] if isinstance(argument, list) else argument
    if isinstance(value, Failure):
        return 16
    return 4 if isinstance(value, bool) else 2 if isinstance(value, str) else 1


def _numeric(value: Result) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


FUNCTIONS: dict[str, Function] = {
    "SUM": lambda given: sum(_numbers(given)),
    "AVERAGE": _average,
    "MIN": lambda given: min(_numbers(given), default=0),
    "MAX": lambda given: max(_numbers(given), default=0),
    "COUNT": lambda given: len(_numbers(given)),
    "COUNTA": lambda given: sum(value is not None for value in _flat(given)),
    "COUNTBLANK": lambda given: sum(value in (None, "") for value in _flat(given)),
    "ABS": lambda given: abs(number(given[0], "ABS")),
    "ROUND": _round,
    "INT": lambda given: number(given[0], "INT") // 1,
    "MOD": _mod,
    "SQRT": _root,
    "IF": _if,
    "NOT": lambda given: not number(given[0], "NOT"),
    "AND": lambda given: all(number(value, "AND") for value in _flat(given)),
    "OR": lambda given: any(number(value, "OR") for value in _flat(given)),
    "CONCATENATE": lambda given: "".join(text(value) for value in _flat(given)),
    "LEN": lambda given: len(text(single(given[0]))),
    "UPPER": lambda given: text(single(given[0])).upper(),
    "LOWER": lambda given: text(single(given[0])).lower(),
    "TRIM": lambda given: " ".join(text(single(given[0])).split()),
    "T": lambda given: value if isinstance(value := single(given[0]), str) else "",
    "N": lambda given: number(value) if not isinstance(value := single(given[0]), str) else 0,
    "TYPE": _kind,
    "ISBLANK": lambda given: single(given[0]) is None,
    "ISTEXT": lambda given: isinstance(single(given[0]), str),
    "ISNUMBER": lambda given: _numeric(single(given[0])),
    "ISLOGICAL": lambda given: isinstance(single(given[0]), bool),
    "HYPERLINK": lambda given: single(given[-1]),
    "VLOOKUP": _looked_up,
    "DATE": _date,
    "NA": _not_available,
    "PI": lambda given: 3.141592653589793 if not given else 0,
    "ARRAYFORMULA": lambda given: given[0],
}
