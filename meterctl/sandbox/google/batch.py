"""`spreadsheets.batchUpdate`: every request in its turn, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meterctl.sandbox.google import (
    metadata,
    requests_cells,
    requests_editing,
    requests_filling,
    requests_filters,
    requests_lines,
    requests_objects,
    requests_ranges,
    requests_sheets,
)
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import ApiError, invalid

Json = dict[str, Any]
MAX_REQUESTS = 100_000
Handler = Callable[[Edit, Json], Json | None]

HANDLERS: dict[str, Handler] = {
    **metadata.HANDLERS,
    **requests_cells.HANDLERS,
    **requests_editing.HANDLERS,
    **requests_filling.HANDLERS,
    **requests_filters.HANDLERS,
    **requests_lines.HANDLERS,
    **requests_objects.HANDLERS,
    **requests_ranges.HANDLERS,
    **requests_sheets.HANDLERS,
}


def apply(edit: Edit, requests: list[Json]) -> list[Json]:
    """The replies, one for each request, empty where there is nothing to say.

    Raises:
        ApiError: one of the requests is wrong; the working copy is to be thrown away.
    """
    if not requests:
        raise invalid("Must specify at least one request.")
    if len(requests) > MAX_REQUESTS:
        raise invalid(f"No more than {MAX_REQUESTS} requests can be made in a batch.")
    replies: list[Json] = []
    for at, request in enumerate(requests):
        if len(request) != 1:
            raise invalid(f"Invalid requests[{at}]: No request set.")
        ((name, asked),) = request.items()
        handler = HANDLERS.get(name)
        if handler is None:
            raise ApiError(501, f"Invalid requests[{at}].{name}: the sandbox does not do this.")
        try:
            reply = handler(edit, asked)
        except ApiError as error:
            raise error.within(f"requests[{at}].{name}") from error
        replies.append({} if reply is None else {name: reply})
    return replies
