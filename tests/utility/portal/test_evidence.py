"""What is kept of what the portal showed."""

from __future__ import annotations

import stat

from meterctl.utility.port import Accepted, Misconfigured, NotThere, Refused
from meterctl.utility.portal.evidence import KEPT
from tests.utility.portal.conftest import Stage
from tests.utility.portal.test_submitting import submitted
from tests.utility.portal.tiny import OUT, PASSWORD, request, way_to


def test_a_reading_that_was_accepted(stage: Stage) -> None:
    """The page of the confirmation is kept for its owner alone, and named in the answer.

    Half a character in it, as a script may cut a text, is kept as another one.
    """
    stage.tiny.pages["/done"] = (
        f"{OUT}<h1>Thank you</h1><p>Receipt R-1</p><p id=cut>"
        "<script>cut.textContent = 'cut: \\ud83d'</script>"
    )
    outcome = submitted(stage)
    assert isinstance(outcome, Accepted)
    page, picture = stage.evidence
    assert outcome.answer.endswith(f"evidence: {picture}")
    assert "Receipt R-1" in page.read_text(encoding="utf-8")
    assert "cut: ?" in page.read_text(encoding="utf-8")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in (page, picture)} == {0o600}


def test_secrets_on_a_page(stage: Stage) -> None:
    """None is kept: what was typed as a password, what is hidden, what scripts or texts hold."""
    stage.tiny.pages["/form"] = (
        f"{OUT}<p>Your password is {PASSWORD}</p>"
        "<input type=hidden name=csrf value=hidden-1><script>const k = 'hidden-2'</script>"
        "<meta name=csrf-token content=hidden-3>"
    )
    assert isinstance(submitted(stage), Misconfigured)
    text = stage.evidence[0].read_text(encoding="utf-8")
    assert "Your password is ***" in text
    assert "hidden-" not in text


def test_a_wrong_password(stage: Stage) -> None:
    """It is refused, said why, and kept nowhere."""
    way = way_to(stage.tiny, stage.folder, password="not-that-one")
    try:
        (outcome,) = way.submit([request()], 30)
    finally:
        way.close()
    assert isinstance(outcome, Refused)
    assert outcome.why == "it does not let us in: Wrong password"
    assert "not-that-one" not in stage.evidence[0].read_text(encoding="utf-8")


def test_many(stage: Stage) -> None:
    """The newest fifty pairs stay."""
    folder = stage.folder / "evidence"
    folder.mkdir(exist_ok=True)
    for number in range(KEPT + 5):
        for end in ("html", "png"):
            (folder / f"20250101T{number:06}000Z-old.{end}").touch()
    (folder / "mine.txt").touch()
    assert isinstance(submitted(stage), Accepted)
    kept = [path.name for path in stage.evidence]
    assert len(kept) == 2 * KEPT + 1
    assert "20250101T000005000Z-old.png" not in kept
    assert "20250101T000006000Z-old.png" in kept
    assert "mine.txt" in kept


def test_a_folder_that_cannot_be_written(stage: Stage) -> None:
    """What came of the reading is told all the same."""
    folder = stage.folder / "evidence"
    if folder.exists():
        folder.rmdir()
    folder.touch()
    try:
        outcome = submitted(stage)
    finally:
        folder.unlink()
    assert isinstance(outcome, Accepted)
    assert "none was kept" in outcome.answer


def test_a_reading_that_is_not_there(stage: Stage) -> None:
    """Nothing is kept for a question that found nothing."""
    assert isinstance(stage.way.ask(request(), 30), NotThere)
    assert stage.evidence == []
