"""The page's files: what they are, how they are kept, and what they must never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import meterctl
from meterctl.http.dashboard.pages import assets, is_known
from tests.http.dashboard.stage import staged

STATIC = Path(meterctl.__file__).parent / "http" / "dashboard" / "static"
NAMES = sorted(path.name for path in STATIC.iterdir())


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Somebody without a token."""
    with (
        staged(tmp_path_factory.mktemp("pages")) as stage,
        httpx.Client(base_url=stage.url) as client,
    ):
        yield client


def test_the_page_is_public_and_closed(web: httpx.Client) -> None:
    """Everybody gets it; it may run, look and ask by this server's own files alone."""
    answer = web.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    for name, value in (("x-frame-options", "DENY"), ("x-content-type-options", "nosniff")):
        assert answer.headers[name] == value


@pytest.mark.parametrize("name", NAMES)
def test_each_file_has_its_type(web: httpx.Client, name: str) -> None:
    """What is there is served, as what it is, and may be kept for as long as it is the same."""
    answer = web.get(f"/static/{name}")
    types = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg"}
    assert answer.headers["content-type"].startswith(types[name.rpartition(".")[2]])
    assert answer.content == (STATIC / name).read_bytes()
    assert answer.headers["cache-control"] == "no-cache"
    again = web.get(f"/static/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == answer.headers["content-security-policy"]


def test_other_tags(web: httpx.Client) -> None:
    """Another version is sent anew; a list and a weak tag are understood."""
    assert web.get("/", headers={"If-None-Match": '"other"'}).status_code == 200
    asset = assets()["index.html"]
    assert is_known(asset, f'"other", W/{asset.tag}')
    assert is_known(asset, "*")
    assert not is_known(asset, "")


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/none.js", "/static/..%2fpages.py", "/static/%2e%2e/pages.py", "/index"],
)
def test_nothing_else_is_served(web: httpx.Client, path: str) -> None:
    """No other file, whatever the path."""
    answer = web.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_the_dashboard(tmp_path: Path) -> None:
    """`--no-dashboard` leaves out the page and all that it asks."""
    with staged(tmp_path, "--no-dashboard") as stage:
        for path in ("/", "/static/app.js", "/dashboard/me"):
            assert httpx.get(stage.url + path).status_code == 404


def test_text_is_never_markup() -> None:
    """No script has a way to turn text into nodes or code, and no page carries either."""
    ways = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML|\beval\b"
        r"|new Function|createContextualFragment|srcdoc|javascript:"
    )
    for name in NAMES:
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not ways.search(text), name
        if name.endswith((".html", ".svg")):
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), name
        if name.endswith(".js"):
            assert not re.search(r"\.style\b|\bstyle:", text), name


def test_nothing_from_elsewhere() -> None:
    """No file names another host; the name of SVG is a name."""
    for name in NAMES:
        text = (STATIC / name).read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^\s\"'`>]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_token_is_kept_in_the_tab_alone() -> None:
    """No script knows of another place."""
    for name in NAMES:
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r"localStorage|document\.cookie|indexedDB|serviceWorker", text), name
        assert "sessionStorage" not in text or name == "api.js"
