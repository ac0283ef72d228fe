"""Makes the pictures of README and docs from the real program: `make pictures`.

    python -m tests.pictures

The terminal is a real one, on the sample year, with the clock at its end; the dashboard is a real
server's, in a real Chromium.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meterctl.samples import YEAR
from tests.helpers import meterctl_environment, run_program
from tests.terminal import Terminal

PLACE = Path(__file__).parents[1] / "docs" / "pictures"
TERMINAL, DASHBOARD = PLACE / "terminal.svg", PLACE / "dashboard.png"
# The sample year, moved: a clock in the past would be told as one that went back.
YEAR_SHOWN = "2027"
CLOCK = "2028-01-01 18:30:00"  # UTC, an hour behind Berlin
# What is typed, and the program's arguments with which it says the same.
SCENE = (
    ("record", "51365.2", "--inverter-kwh", "1.85"),
    (),
    ("plot", "meter", "--since", "2027-12-05"),
    ("history", "--by", "month", "--since", "2027-10"),
)
_CSS = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def typed(words: tuple[str, ...]) -> str:
    """A command as a person types it."""
    return " ".join(("meterctl", *words))


def said_at_a_terminal(folder: Path) -> list[str]:
    """What the scene prints, command by command, with its colours."""
    environment = meterctl_environment(folder)
    faked = environment | {
        "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1",
        "FAKETIME": CLOCK,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        "COLUMNS": "80",
        "LINES": "26",
        "METERCTL_LOG": "off",
    }
    text = YEAR.read_text(encoding="utf-8").replace("2025-", f"{YEAR_SHOWN}-")
    assert run_program(["bulk-import", "-"], faked, text).code == 0
    found = []
    for words in SCENE:
        ours = Terminal(words, faked)
        assert ours.ends() == 0, ours.seen
        ours.close()
        found.append(ours.seen.replace("\r\n", "\n"))
    return found


def draw_terminal() -> None:
    """docs/pictures/terminal.svg: text that can be selected, and nothing from elsewhere."""
    from rich.console import Console
    from rich.text import Text

    with tempfile.TemporaryDirectory() as folder, Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=82, file=nowhere, force_terminal=True)
        for words, said in zip(SCENE, said_at_a_terminal(Path(folder)), strict=True):
            console.print(Text.from_ansi(f"\x1b[1m$ {typed(words)}\x1b[0m"))
            console.print(Text.from_ansi(said.rstrip("\n")))
            console.print()
        svg = console.export_svg(title="meterctl", unique_id="meterctl")
    svg = _CSS.sub("", svg).replace("Fira Code", "ui-monospace")
    TERMINAL.write_text(re.sub(r"[ \t]+\n", "\n", svg), encoding="utf-8")


def draw_dashboard() -> None:
    """docs/pictures/dashboard.png: a month of readings until now."""
    from playwright.sync_api import expect, sync_playwright

    from meterctl.utility.portal import browsers
    from tests.http.dashboard.stage import staged

    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = ["timestamp,inverterKWh,meterValue"]
    dial = 51_000.0
    for back in range(40, -1, -1):
        at = now - timedelta(days=back, hours=1)
        solar = 3 + (back * 7 % 11) / 2
        dial += 7 + (back * 5 % 9) / 1.5
        rows.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{solar:.2f},{dial:.1f}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stage = stack.enter_context(staged(folder, sandbox=True))
        stage.run("bulk-import", "-", stdin="\n".join(rows) + "\n")
        stage.run("push-utility")
        stage.sync()
        token = stage.token(stage.client("phone", "read,record"))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=browsers.find(""), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1100, "height": 760}, color_scheme="light")
        page.add_init_script(f"sessionStorage.setItem('meterctl.token', '{token}')")
        page.goto(stage.url)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.wait_for_timeout(1500)
        page.screenshot(path=DASHBOARD)
        browser.close()


if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    draw_terminal()
    draw_dashboard()
