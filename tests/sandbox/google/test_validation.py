"""Rules for what may be entered: a strict one refuses, another only warns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import Api, first_cells, refused

Json = dict[str, Any]
FIRST = {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}


def ruled(api: Api, kind: str, *values: str, strict: bool = True) -> None:
    """Set a rule for the first cell."""
    condition = {"type": kind, "values": [{"userEnteredValue": one} for one in values]}
    rule = {"condition": condition, "strict": strict, "showCustomUi": False, "inputMessage": None}
    api.batch({"setDataValidation": {"range": FIRST, "rule": rule}})


def tried(api: Api, value: object) -> bool:
    """Whether a value is taken."""
    answer = api.sheets("PUT", "/values/A1", {"values": [[value]]}, valueInputOption="USER_ENTERED")
    if answer.status != 200:
        assert refused(answer) == (
            "The data you entered in cell A1 violates the data validation rules set on this cell."
        )
    return answer.status == 200


@pytest.mark.parametrize(
    ("kind", "values", "taken", "refused_ones"),
    [
        ("NUMBER_GREATER", ("10",), [11, "10.5", ""], [10, "x", True]),
        ("NUMBER_BETWEEN", ("1", "2"), [1, 2], [0.5, 3]),
        ("NUMBER_EQ", ("2",), ["2"], ["X"]),
        ("ONE_OF_LIST", ("Yes", "No"), ["Yes", "=1+1"], ["yes", "Maybe"]),
        ("TEXT_CONTAINS", ("kwh",), ["5 kWh"], ["5"]),
        ("TEXT_IS_EMAIL", (), ["a@b.de"], ["a"]),
        ("BOOLEAN", (), [True, "FALSE"], ["yes"]),
        ("DATE_AFTER", ("2026-01-01",), ["2026-01-02"], ["2025-12-31", "soon"]),
        ("DATE_IS_VALID", (), ["2026-01-02"], ["soon"]),
        ("CUSTOM_FORMULA", ("=A1>1",), ["whatever"], []),
    ],
)
def test_a_strict_rule(
    api: Api, kind: str, values: tuple[str, ...], taken: list[Any], refused_ones: list[Any]
) -> None:
    """What breaks it is refused; formulas are not judged, and neither is nothing."""
    ruled(api, kind, *values)
    assert [tried(api, one) for one in taken] == [True] * len(taken)
    assert [tried(api, one) for one in refused_ones] == [False] * len(refused_ones)


def test_a_rule_that_only_warns(api: Api) -> None:
    """Anything is taken."""
    ruled(api, "NUMBER_GREATER", "10", strict=False)
    assert tried(api, "x")


def test_how_a_rule_is_shown(api: Api) -> None:
    """Without what is not set; and gone when it is taken away."""
    ruled(api, "ONE_OF_LIST", "a", strict=False)
    api.write("A1", [["a"]])
    (cell,) = first_cells(api, "A1", "dataValidation")
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "a"}]}
    assert cell == {"dataValidation": {"condition": condition}}
    api.batch({"setDataValidation": {"range": FIRST}})
    assert first_cells(api, "A1", "dataValidation") == []
