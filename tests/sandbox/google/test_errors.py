"""Bodies that are not of the documented form, and what the answer says of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import Api, refused, row

Json = dict[str, Any]
TYPES = "type.googleapis.com/google.apps.sheets.v4."
LIST = "type.googleapis.com/google.protobuf.ListValue"
ONE = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        (
            {"mergeCells": {"range": ONE, "mergeType": "SOME"}},
            (
                f"Invalid value at 'requests[0].merge_cells.merge_type' ({TYPES}MergeCellsRequest."
                'MergeType), "SOME"'
            ),
        ),
        (
            {"appendDimension": {"sheetId": 0, "dimension": "ROW", "length": 1}},
            (
                f"Invalid value at 'requests[0].append_dimension.dimension' ({TYPES}Dimension), "
                '"ROW"'
            ),
        ),
        (
            {"repeatCell": {"range": ONE, "cell": {"userEnteredFormat": {"numberFormat": "x"}}}},
            (
                "Invalid value at 'requests[0].repeat_cell.cell.user_entered_format.number_format' "
                f'({TYPES}NumberFormat), "x"'
            ),
        ),
        (
            {"addSheet": {}, "deleteSheet": {"sheetId": 1}},
            (
                "Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. Cannot "
                "set 'deleteSheet'"
            ),
        ),
        (
            {"updateCells": {"range": ONE, "start": {"sheetId": 0}, "fields": "*"}},
            (
                "Invalid value at 'requests[0].update_cells' (oneof), oneof field 'area' is "
                "already set. Cannot set 'start'"
            ),
        ),
        (
            {
                "addConditionalFormatRule": {
                    "rule": {"ranges": [ONE], "booleanRule": {}, "gradientRule": {}}
                }
            },
            (
                "Invalid value at 'requests[0].add_conditional_format_rule.rule' (oneof), oneof "
                "field 'rule' is already set. Cannot set 'gradientRule'"
            ),
        ),
    ],
)
def test_a_request_of_the_wrong_form(api: Api, request_body: Json, message: str) -> None:
    """The answer names the place as the service spells it, and the type that was wanted."""
    answer = api.change(request_body)
    assert refused(answer) == message
    violations = answer.json["error"]["details"][0]["fieldViolations"]
    assert [one["description"] for one in violations] == [message]


def test_a_request_that_is_a_text(api: Api) -> None:
    """It is no request."""
    answer = api.sheets("POST", ":batchUpdate", {"requests": ["repeatCell"]})
    assert refused(answer) == (
        f"Invalid value at 'requests[0]' ({TYPES}BatchUpdateSpreadsheetRequest.Request), "
        '"repeatCell"'
    )


def test_null_among_the_requests(api: Api) -> None:
    """It is none of them."""
    body = {"requests": [None, {"addSheet": {"properties": {"title": "B"}}}]}
    assert api.sheets("POST", ":batchUpdate", body).status == 200


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("A1", f"Invalid value at 'data.values' ({LIST}), \"A1\""),
        (["x"], f"Invalid value at 'data.values[0]' ({LIST}), \"x\""),
        (
            {"1": ["x"]},
            (
                "Invalid JSON payload received. Unknown name \"1\" at 'data.values': Cannot find "
                "field."
            ),
        ),
        (
            [[["x", 1, None, True]]],
            (
                'Invalid values[0][0]: list_value {\n  values {\n    string_value: "x"\n  }\n'
                "  values {\n    number_value: 1.0\n  }\n"
                "  values {\n    null_value: NULL_VALUE\n  }\n"
                "  values {\n    bool_value: true\n  }\n}\n"
            ),
        ),
        (
            [[1, {"a": {"b": 2}}]],
            (
                'Invalid values[0][1]: struct_value {\n  fields {\n    key: "a"\n    value {\n'
                '      struct_value {\n        fields {\n          key: "b"\n          value {\n'
                "            number_value: 2.0\n          }\n        }\n      }\n    }\n  }\n}\n"
            ),
        ),
    ],
)
def test_values_that_are_no_rows(api: Api, values: object, message: str) -> None:
    """Whether rows or cells are wrong, the answer names the first, and shows it."""
    body = {"values": values}
    assert refused(api.sheets("PUT", "/values/A1", body, valueInputOption="RAW")) == message


def test_an_option_that_there_is_not(api: Api) -> None:
    """It is named with its enumeration."""
    answer = api.sheets("PUT", "/values/A1", {"values": [[1]]}, valueInputOption="TEXT")
    wanted = f"Invalid value at 'value_input_option' ({TYPES}ValueInputOption), \"TEXT\""
    assert refused(answer) == wanted
    answer = api.sheets("GET", "/values/A1", valueRenderOption="AS_IS")
    wanted = f"Invalid value at 'value_render_option' ({TYPES}ValueRenderOption), \"AS_IS\""
    assert refused(answer) == wanted


def test_a_body_of_create(api: Api) -> None:
    """Its fields are the spreadsheet's."""
    answer = api.ask("POST", "/v4/spreadsheets", {"title": "x"})
    assert refused(answer) == (
        "Invalid JSON payload received. Unknown name \"title\" at 'spreadsheet': Cannot find field."
    )


def test_a_mask_with_an_unknown_name(api: Api) -> None:
    """The message is bare; the details have the whole mask, and the path that is wrong in it."""
    answer = api.sheets("GET", fields="sheets(properties,data.nothing)")
    assert refused(answer) == "Request contains an invalid argument."
    (violation,) = answer.json["error"]["details"][0]["fieldViolations"]
    assert violation == {
        "field": "sheets(properties,data.nothing)",
        "description": "Error expanding 'fields' parameter. Cannot find matching fields for path "
        "'sheets.data.nothing'.",
    }


def test_a_file_that_is_no_spreadsheet(api: Api) -> None:
    """It is there, and cannot be worked on."""
    folder = {"name": "F", "mimeType": "application/vnd.google-apps.folder"}
    api.id = api.ask("POST", "/drive/v3/files", folder).json["id"]
    answer = api.sheets("GET")
    assert refused(answer) == "This operation is not supported for this document"
    assert answer.json["error"]["status"] == "FAILED_PRECONDITION"


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        ({"addSheet": {"properties": {"sheetId": 0}}}, "Sheet with id 0 already exists"),
        (
            {"addSheet": {"properties": {"title": "x" * 101}}},
            "The sheet name cannot be greater than 100 characters.",
        ),
        (
            {"addSheet": {"properties": {"gridProperties": {"columnCount": 18279}}}},
            (
                "This action would increase the number of columns in the sheet above the limit of "
                "18278 columns."
            ),
        ),
        (
            {"addNamedRange": {"namedRange": {"name": "two words", "range": ONE}}},
            "The name given to this range is invalid.",
        ),
        (
            {"addNamedRange": {"namedRange": {"name": "Q1", "range": ONE}}},
            "The name given to this range is invalid.",
        ),
        (
            {"addConditionalFormatRule": {"rule": {"ranges": [ONE], "gradientRule": {}}}},
            "No interpolationPointType specified.",
        ),
    ],
)
def test_what_a_spreadsheet_cannot_have(api: Api, request_body: Json, message: str) -> None:
    """It is refused in Google's words, behind the place of the request."""
    name = next(iter(request_body))
    assert refused(api.change(request_body)) == f"Invalid requests[0].{name}: {message}"


def test_merging_across_the_frozen_edge(api: Api) -> None:
    """What stands still is not merged with what moves."""
    frozen = {"properties": {"gridProperties": {"frozenColumnCount": 1}}}
    api.batch({"updateSheetProperties": frozen | {"fields": "gridProperties.frozenColumnCount"}})
    both = ONE | {"startColumnIndex": 0, "endColumnIndex": 2}
    assert refused(api.change({"mergeCells": {"range": both}})) == (
        "Invalid requests[0].mergeCells: You can't merge frozen and non-frozen columns."
    )
    api.batch({"updateCells": {"rows": [row(1)], "start": {"sheetId": 0}, "fields": "*"}})
