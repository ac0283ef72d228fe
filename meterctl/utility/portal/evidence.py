"""What the portal showed, kept: a picture and the page, without secrets, the newest alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from meterctl.redact import Mask

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEPT = 50  # pairs

# The page as it stands, without scripts, and without what was typed into hidden and secret fields.
_PAGE = """() => {
    const copy = document.documentElement.cloneNode(true);
    copy.querySelectorAll('script').forEach(one => one.remove());
    copy.querySelectorAll('input[type=password], input[type=hidden]')
        .forEach(one => one.setAttribute('value', '***'));
    copy.querySelectorAll('meta[name*=token i], meta[name*=csrf i]')
        .forEach(one => one.setAttribute('content', '***'));
    return '<!DOCTYPE html>\\n' + copy.outerHTML;
}"""


class Cabinet:
    """A folder of pairs `TIME-KEY.png` and `TIME-KEY.html`.

    Args:
        folder: It; made when there is something to keep.
        mask: Replaces the secrets in a text.
        secrets: What is blanked in a picture, wherever it stands.
    """

    def __init__(self, folder: Path, mask: Mask, secrets: Sequence[str]) -> None:
        self._folder = folder
        self._mask = mask
        self._secrets = secrets

    def keep(self, page: Page, key: str, milliseconds: float) -> str:
        """Keep what a page shows; where. It never raises: evidence is not worth an outcome."""
        from playwright.sync_api import Error

        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
        place = self._folder / f"{now}Z-{key}.html"
        try:
            text = self._mask(page.evaluate(_PAGE))
            blanked = [page.locator("input[type=password]")]
            blanked += [page.get_by_text(secret) for secret in self._secrets]
            picture = page.screenshot(mask=blanked, timeout=milliseconds, animations="disabled")
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            _write(place, text.encode(errors="replace"))
            _write(_picture(place), picture)
            self._prune()
        except Error as error:
            return f"none was kept: {error.message.splitlines()[0]}"
        except OSError as error:
            return f"none was kept: {self._folder}: {error.strerror}"
        except Exception as error:  # noqa: BLE001 (whatever a page has in it: see above)
            return f"none was kept: {type(error).__name__}"
        return str(_picture(place))

    def _prune(self) -> None:
        pages = sorted(self._folder.glob("*Z-*.html"))
        for page in pages[:-KEPT]:
            _picture(page).unlink(missing_ok=True)
            page.unlink(missing_ok=True)


def _picture(page: Path) -> Path:
    return page.with_name(f"{page.name.removesuffix('.html')}.png")


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
