"""What programs read of the Sheet: the JSON forms of `meterctl sheet`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from meterctl.domain.times import iso_utc
from meterctl.services.sheet_room import CELLS
from meterctl.services.wire import Form, notice

if TYPE_CHECKING:
    from meterctl.services.sheet_show import Here, There
    from meterctl.services.sheet_use import Used


def address(spreadsheet: str) -> str:
    """Where a browser finds it."""
    return f"https://docs.google.com/spreadsheets/d/{spreadsheet}"


def shown(spreadsheet: str, tab: str, here: Here, there: There, ledger: str) -> Form:
    """The spreadsheet in use."""
    view, room, gap = there.view, there.room, there.filled.gap
    return {
        "id": spreadsheet,
        "title": view.title,
        "address": address(spreadsheet),
        "tab": tab,
        "timezone": view.zone,
        "columns": [
            {"column": one.letters, "heading": one.heading, "meter": one.meter, "ours": one.ours}
            for one in there.columns
        ],
        "rows": there.filled.rows,
        "gap": None if gap is None else {"first": gap[0], "last": gap[1]},
        "cells": {"used": room.cells, "limit": CELLS, "full": room.is_full},
        "others": list(there.others),
        "submitter": view.submitter,
        "ledger": ledger,
        "unfit": None if there.unfit is None else there.unfit.message,
        "queued": here.waiting,
        "in_doubt": here.in_doubt,
        "last_success": None if here.last_success is None else iso_utc(here.last_success),
        "notices": [notice(one) for one in here.notices],
    }


def used(spreadsheet: str, tab: str, before: str, done: Used, file: Path | None) -> Form:
    """The spreadsheet to go on in."""
    return {
        "id": spreadsheet,
        "title": done.ready.title,
        "tab": tab,
        "timezone": done.ready.zone,
        "made": done.ready.made,
        "refuses_doubles": done.ready.refuses_doubles,
        "instead_of": before,
        "queued": done.waiting,
        "env_file": None if file is None else str(file),
    }
