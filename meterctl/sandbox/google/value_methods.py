"""The methods of `spreadsheets.values`, by what the request says."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google import values
from meterctl.sandbox.google.call import Call, filtered
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.reading import Render
from meterctl.sandbox.google.targets import target

Json = dict[str, Any]
_OPTIONS = ("INPUT_VALUE_OPTION_UNSPECIFIED", "RAW", "USER_ENTERED")


def get(call: Call) -> Json:
    """`spreadsheets.values.get`."""
    reader = call.reader()
    found = target(reader.book, call.names[1])
    return values.value_range(reader, found, call.render(), call.major())


def batch_get(call: Call) -> Json:
    """`spreadsheets.values.batchGet`."""
    reader = call.reader()
    how, major = call.render(), call.major()
    found = [
        values.value_range(reader, target(reader.book, text), how, major) for text in call.ranges()
    ]
    shown: Json = {"spreadsheetId": reader.book.id}
    return shown | {"valueRanges": found} if found else shown


def _echo(call: Call) -> values.Echo:
    option = values.input_option(call.text("valueInputOption", "", _OPTIONS))
    return values.Echo(option, call.flag("includeValuesInResponse"), call.render("response"))


def update(call: Call) -> Json:
    """`spreadsheets.values.update`."""
    echo = _echo(call)
    values.check_same_range(call.names[1], call.body)
    return call.change(lambda edit: values.update(edit, call.body, call.names[1], echo))


def append(call: Call) -> Json:
    """`spreadsheets.values.append`."""
    echo = _echo(call)
    values.check_same_range(call.names[1], call.body)
    insert = call.text("insertDataOption", "OVERWRITE", ("OVERWRITE", "INSERT_ROWS"))
    return call.change(
        lambda edit: values.append(edit, call.body, target(edit.book, call.names[1]), insert, echo)
    )


def clear(call: Call) -> Json:
    """`spreadsheets.values.clear`."""

    def do(edit: Edit) -> Json:
        cleared = values.clear(edit, target(edit.book, call.names[1]))
        return {"spreadsheetId": edit.book.id, "clearedRange": cleared}

    return call.change(do)


def batch_update(call: Call) -> Json:
    """`spreadsheets.values.batchUpdate`."""
    return call.change(lambda edit: values.batch_update(edit, call.body))


def batch_clear(call: Call) -> Json:
    """`spreadsheets.values.batchClear`."""

    def do(edit: Edit) -> Json:
        cleared = []
        for at, text in enumerate(call.body.get("ranges", [])):
            try:
                cleared.append(values.clear(edit, target(edit.book, text)))
            except ApiError as error:
                raise error.within(f"range[{at}]") from error
        shown: Json = {"spreadsheetId": edit.book.id}
        return shown | {"clearedRanges": cleared} if cleared else shown

    return call.change(do)


def get_by_filter(call: Call) -> Json:
    """`spreadsheets.values.batchGetByDataFilter`."""
    reader = call.reader()
    how = Render(
        call.body.get("valueRenderOption", "FORMATTED_VALUE"),
        call.body.get("dateTimeRenderOption", "SERIAL_NUMBER"),
    )
    major = "COLUMNS" if call.body.get("majorDimension") == "COLUMNS" else "ROWS"
    found = [
        {"valueRange": values.value_range(reader, one, how, major), "dataFilters": filters}
        for one, filters in filtered(call, reader.book, call.body.get("dataFilters", []))
    ]
    shown: Json = {"spreadsheetId": reader.book.id}
    return shown | {"valueRanges": found} if found else shown


def update_by_filter(call: Call) -> Json:
    """`spreadsheets.values.batchUpdateByDataFilter`."""
    echo = values.body_echo(call.body)

    def do(edit: Edit) -> Json:
        responses = []
        for at, given in enumerate(call.body.get("data", [])):
            data_filter = given.get("dataFilter", {})
            try:
                for place, _ in filtered(call, edit.book, [data_filter]):
                    written = values.update_in(edit, given, place, echo)
                    responses.append(written | {"dataFilter": data_filter})
            except ApiError as error:
                raise error.within(f"data[{at}]") from error
        shown = values.totals(edit, responses)
        for one in responses:
            del one["spreadsheetId"]  # which a response by filter does not repeat
        return shown

    return call.change(do)


def clear_by_filter(call: Call) -> Json:
    """`spreadsheets.values.batchClearByDataFilter`."""

    def do(edit: Edit) -> Json:
        places = filtered(call, edit.book, call.body.get("dataFilters", []))
        cleared = [values.clear(edit, place) for place, _ in places]
        shown: Json = {"spreadsheetId": edit.book.id}
        return shown | {"clearedRanges": cleared} if cleared else shown

    return call.change(do)
