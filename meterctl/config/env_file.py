"""The .env: where it is found, whether it can be trusted, what it says."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from meterctl import trusted
from meterctl.errors import ConfigError

ENV_FILE = "METERCTL_ENV_FILE"
LARGEST = 1 << 20  # bytes: thousands of times what all settings take
_NAME_ANOTHER = f"{ENV_FILE}, {os.devnull} for none"


def find(environ: Mapping[str, str], cwd: Path) -> Path | None:
    """METERCTL_ENV_FILE, else .env here, else .env in the user's configuration folder.

    None where none is there, or /dev/null is named.
    """
    named = environ.get(ENV_FILE)
    if named == os.devnull:
        return None
    if named:
        path = expanded(named) or Path(named)
        if not is_file(path):
            raise ConfigError(
                f"{ENV_FILE} names {path}, which is no file that can be read", "correct its path"
            )
        return cwd / path
    if is_file(cwd / ".env"):
        return cwd / ".env"
    of_this_user = of_user(environ)
    return of_this_user if of_this_user is not None and is_file(of_this_user) else None


def of_user(environ: Mapping[str, str]) -> Path | None:
    """The .env in the user's configuration folder, which every folder and cron finds."""
    configured = environ.get("XDG_CONFIG_HOME") or (
        environ["HOME"] + "/.config" if environ.get("HOME") else ""
    )
    return Path(configured) / "meterctl" / ".env" if configured else None


def is_file(path: Path) -> bool:
    """Whether there is a file; one in a folder that is closed to us is none for us."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def expanded(text: str) -> Path | None:
    """A path with its ~ replaced; None where nobody has that home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return None


def read(path: Path) -> dict[str, tuple[str, int]]:
    """Every name in the file, with its text and line.

    Raises:
        ConfigError: others could have written it; or the first line that cannot be read.
    """
    from io import StringIO

    from dotenv.parser import parse_stream

    try:
        content = trusted.read(path, LARGEST, _NAME_ANOTHER).decode()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", "check its permissions"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8", "save it as UTF-8 text") from None
    found: dict[str, tuple[str, int]] = {}
    for binding in parse_stream(StringIO(content)):
        text = binding.original.string  # with the empty lines before it
        line = binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
        if binding.error:
            raise ConfigError(f"{path}:{line}: not a setting", "a line reads NAME=value")
        if binding.key is not None:
            found[binding.key] = (binding.value or "", line)
    return found


def write(path: Path, changes: Mapping[str, str]) -> None:
    """Set names in the file, made if need be; what else it says stays. Readable by us alone.

    Raises:
        ConfigError: it cannot be written; or others can write it, who would get what is put there.
    """
    import tempfile

    if os.path.exists(path) and not is_file(path):  # noqa: PTH110 (says no where a folder is closed to us)
        raise ConfigError(f"{path} is no plain file", f"name another place: {ENV_FILE}")
    trusted.refuse_foreign(path, ENV_FILE)
    path = Path(os.path.realpath(path))  # a link stays one
    try:
        before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(  # made 0600
            "w", dir=path.parent, prefix=".env-", delete=False, encoding="utf-8"
        ) as file:
            try:
                if os.geteuid() == 0:  # who is let in as root leaves the file theirs
                    found = path.stat() if before else path.parent.stat()
                    os.fchown(file.fileno(), found.st_uid, found.st_gid)
                file.write(_changed(before, changes))
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", f"name another place: {ENV_FILE}"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8", "save it as UTF-8 text") from None


def _changed(before: str, changes: Mapping[str, str]) -> str:
    """The file's text with some names set: where they were, else at its end."""
    from io import StringIO

    from dotenv.parser import parse_stream

    left = dict(changes)
    parts: list[str] = []
    for binding in parse_stream(StringIO(before)):  # a value may reach over several lines
        text, name = binding.original.string, binding.key
        if name is None or name not in changes:
            parts.append(text)
        elif name in left:
            value = left.pop(name)
            if binding.value != value:
                indent, export = re.match(r"(\s*)(export\s+)?", text).groups("")  # type: ignore[union-attr] # matches any text
                text = f"{indent}{export}{name}={_quoted(value)}\n"
            parts.append(text)
    if parts and not parts[-1].endswith("\n"):
        parts.append("\n")
    return "".join(parts) + "".join(f"{name}={_quoted(text)}\n" for name, text in left.items())


def _quoted(text: str) -> str:
    """A text as the parser reads it, and a shell as well unless it holds a quote or a backslash."""
    if text and all(c.isascii() and (c.isalnum() or c in "_./:@%+,-") for c in text):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
