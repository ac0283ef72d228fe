"""What `init` keeps: asked for, checked all together; and where every later run finds it."""

from __future__ import annotations

import os
from pathlib import Path

from meterctl.cli import out
from meterctl.config import env_file, problems_of
from meterctl.domain.times import aware
from meterctl.errors import ConfigError, UsageError
from meterctl.wiring import Wiring, now

KEY, SHEET, TAB = "METERCTL_GOOGLE_CREDENTIALS", "METERCTL_SHEET_ID", "METERCTL_SHEET_TAB"
URL, TOKEN = "METERCTL_UTILITY_URL", "METERCTL_UTILITY_TOKEN"

Given = dict[str, str | None]  # settings that flags or answers name


def ask_for_missing(before: Wiring, given: Given) -> None:
    """Ask for what no flag says; an empty answer keeps what is set, or leaves a part out."""
    out.note("Enter leaves a part out, or keeps what is in brackets. Ctrl-C ends it.")
    _ask(before, given, KEY, "Path of the service account's JSON file")
    if given[KEY] or before.settings.text(KEY):  # else nothing would open it
        _ask(before, given, SHEET, "Address of the Google spreadsheet")
    _ask(before, given, URL, "Where your utility takes readings, a URL")
    if given[URL] and given[TOKEN] is None:
        given[TOKEN] = out.ask_hidden("Its token (it is not shown)") or None


def _ask(before: Wiring, given: Given, name: str, question: str) -> None:
    held = before.settings.text(name)
    while given[name] is None:
        answer = out.ask(f"{question} [{held}]" if held else question)
        if not answer:
            return
        found = problems_of(Wiring(before.flags | {name: answer}).settings, (name,))
        if found:
            out.note(f"  {found[0]}")
        else:
            given[name] = answer


def place(before: Wiring, file: Path | None) -> Path:
    """The .env that is used already, else the user's own, which cron finds as well."""
    if file is not None:
        return before.cwd / file
    if before.settings.file is not None:
        return before.settings.file
    path = env_file.of_user(os.environ)
    if path is None:
        raise ConfigError("there is no home folder for the settings", "name a file: --env-file")
    return path


def checked(before: Wiring, given: Given) -> tuple[Wiring, dict[str, str]]:
    """What the settings make, checked all together, and what of them is to be kept.

    Raises:
        ConfigError: with all that is wrong.
        UsageError: only half of what opens a Sheet is given.
    """
    changes = {name: text for name, text in given.items() if text}
    if KEY in changes and not changes[KEY].startswith("{"):
        changes[KEY] = str(before.cwd / (env_file.expanded(changes[KEY]) or changes[KEY]))
    wiring = Wiring(before.flags | changes)
    found = problems_of(wiring.settings, tuple(wiring.settings.values))
    if found:
        raise ConfigError("; ".join(found), "correct the flag, or the setting", found)
    local = wiring.local
    if local.sheet is None and KEY in changes:
        raise UsageError("a key file without a spreadsheet", "give --sheet-id as well")
    if local.sheet is not None:
        wiring.check_key()  # a wrong file is not worth keeping
    # Explicit from now on: cron may have another zone, and another home.
    changes["METERCTL_LEDGER"] = f"sqlite:///{local.ledger}"
    changes["METERCTL_TIMEZONE"] = str(local.zone)
    if local.has_utility and wiring.settings.text("METERCTL_UTILITY_SINCE") is None:
        changes["METERCTL_UTILITY_SINCE"] = aware(now(), local.zone).date().isoformat()
    return wiring, changes
