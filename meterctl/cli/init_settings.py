"""What `init` keeps: asked for, checked all together; and where every later run finds it."""

from __future__ import annotations

import os
from pathlib import Path

from meterctl.cli import out
from meterctl.config import env_file, problems_of
from meterctl.config.table import is_json
from meterctl.errors import ConfigError, UsageError
from meterctl.services.outstanding import first_day, refuse_unset_clock
from meterctl.wiring import Wiring, now

KEY, SHEET, TAB = "METERCTL_GOOGLE_CREDENTIALS", "METERCTL_SHEET_ID", "METERCTL_SHEET_TAB"
URL, TOKEN = "METERCTL_UTILITY_URL", "METERCTL_UTILITY_TOKEN"

Given = dict[str, str | None]  # settings that flags or answers name

_STDIN = "-"


def at_place(wiring: Wiring, file: Path | None) -> Wiring:
    """The run's parts by the .env that is named, which need not be there yet.

    Raises:
        ConfigError: the file is in the home of nobody.
    """
    name = str(file) if file is not None else os.environ.get(env_file.ENV_FILE)
    if not name:
        return wiring
    path = env_file.expanded(name)
    if path is None:
        raise ConfigError(f"nobody has the home folder of {name}", "correct its path")
    return Wiring(wiring.flags, wiring.cwd / path)


def place(before: Wiring) -> Path:
    """The .env that is named or used already, else the user's own, which cron finds as well."""
    path = before.env_file or before.settings.file or env_file.of_user(os.environ)
    if path is None:
        raise ConfigError("there is no home folder for the settings", "name a file: --env-file")
    return path


def read_flags(given: Given) -> None:
    """Take the token from where it is kept, no secret off the command line, no empty flag.

    Raises:
        UsageError: a flag is empty, as an unset variable of a script makes it; or a secret was
            given for all on this machine to read.
    """
    for name, text in given.items():
        if text == "":
            raise UsageError(f"the value for {name} is empty", "give it one, or leave it out")
    if is_json(given[KEY] or ""):
        raise UsageError("a key on a command line can be read by all", "give its file's path")
    if (place := given[TOKEN]) is not None:
        given[TOKEN] = _token_in(place)


def _token_in(name: str) -> str:
    """A file's first line, or stdin's. The name is not shown: it may be the token itself."""
    if name == _STDIN:
        token = out.line_from_stdin()
    else:
        try:
            with Path(name).expanduser().open(encoding="utf-8") as file:
                token = file.readline().strip()
        except (OSError, ValueError, RuntimeError):
            raise UsageError(
                "--utility-token names no file that can be read",
                "a token itself can be read by all on a command line: --utility-token - < FILE",
            ) from None
    if not token:
        raise UsageError("no token came from there", "meterctl init --utility-token - < FILE")
    return token


def ask_for_missing(before: Wiring, given: Given) -> None:
    """Ask for what no flag says; an empty answer keeps what is set, or leaves a part out."""
    out.note("Enter leaves a part out, or keeps what is in brackets. Ctrl-C ends it.")
    _ask(before, given, KEY, "Path of the service account's JSON file")
    if given[KEY] or before.settings.text(KEY):  # else nothing would open it
        _ask(before, given, SHEET, "Address of the Google spreadsheet")
    _ask(before, given, URL, "Where your utility takes readings, a URL")
    while given[URL] and given[TOKEN] is None:
        answer = out.ask_hidden("Its token (it is not shown)")
        if not answer:
            break
        _take(before, given, TOKEN, answer)


def _ask(before: Wiring, given: Given, name: str, question: str) -> None:
    held = before.settings.text(name)
    if held is not None:
        question += " [the one that is set]" if is_json(held) else f" [{held}]"
    while given[name] is None:
        answer = out.ask(question)
        if not answer:
            return
        _take(before, given, name, answer)


def _take(before: Wiring, given: Given, name: str, answer: str) -> None:
    """Keep an answer, or say what is wrong with it."""
    problem = _problem(before.given({name: answer}), name)
    if problem is None:
        given[name] = answer
    else:
        out.note(f"  {problem}")


def _problem(wiring: Wiring, name: str) -> str | None:
    found = problems_of(wiring.settings, (name,))
    if found:
        return found[0]
    if name == KEY:
        try:
            wiring.check_key()
        except ConfigError as error:
            return f"{error.message}{out.in_brackets(error.hint)}"
    return None


def not_kept(wiring: Wiring) -> list[str]:
    """The settings of Sheet and utility that this shell alone has: cron will not."""
    shells = ("environment", "GOOGLE_APPLICATION_CREDENTIALS")
    return [
        name
        for name in (KEY, SHEET, TAB, URL, TOKEN)
        if wiring.settings.values[name].origin in shells
    ]


def checked(before: Wiring, given: Given) -> tuple[Wiring, dict[str, str]]:
    """What the settings make, checked all together, and what of them is to be kept.

    Raises:
        ConfigError: with all that is wrong.
        UsageError: only half of what opens a Sheet is given.
    """
    changes = {name: text for name, text in given.items() if text}
    if KEY in changes and not is_json(changes[KEY]):
        changes[KEY] = str(before.cwd / (env_file.expanded(changes[KEY]) or changes[KEY]))
    wiring = before.given(changes)
    found = problems_of(wiring.settings, tuple(wiring.settings.values))
    if found:
        raise ConfigError("; ".join(found), "correct the flag, or the setting", found)
    local = wiring.local
    if local.sheet is None and KEY in changes:
        raise UsageError("a key file without a spreadsheet", "give --sheet-id as well")
    if local.sheet is not None:
        wiring.check_key()  # a wrong file is not worth keeping
    # Explicit from now on: cron may have another zone, and another home.
    changes["METERCTL_LEDGER"] = local.ledger.full
    changes["METERCTL_TIMEZONE"] = str(local.zone)
    if local.has_utility and wiring.settings.text("METERCTL_UTILITY_SINCE") is None:
        refuse_unset_clock(now())
        with wiring.reading() as ledger:  # a push may have fixed it before
            since = first_day(ledger, wiring.account, wiring.zones, now())
        changes["METERCTL_UTILITY_SINCE"] = since.isoformat()
    return wiring, changes
