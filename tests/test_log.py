"""The log's parts: what is masked, how a line looks, how a file is turned over."""

from __future__ import annotations

import ast
import json
import multiprocessing
import os
import re
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl import log
from meterctl.config import load
from meterctl.config.secrets import secrets_in
from meterctl.log import Field
from meterctl.logs.journal import Journal
from meterctl.logs.lines import Told, as_json, as_text
from meterctl.logs.rotated import BYTES, KEPT, Rotated
from meterctl.logs.traces import trace_of
from meterctl.redact import strict_mask_for
from tests.faults.disks import need

SECRET = "Tok/En+with=Marks&ümlaut"
PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0B\n"
    "AQEFAASCBKcwggSjAgEA12345\n"
    "-----END-----\n"
)


@pytest.fixture(autouse=True)
def _nobody_listens() -> Iterator[None]:
    """As it is before a run, and after."""
    yield
    log.listen(None)


def plain(text: str) -> str:
    """No mask."""
    return text


class Kept:
    """A listener that keeps what it is told."""

    level = log.DEBUG

    def __init__(self) -> None:
        self.told: list[tuple[int, str, dict[str, Field]]] = []

    def tell(self, level: int, name: str, fields: dict[str, Field]) -> None:
        """Keep an event."""
        self.told.append((level, name, fields))

    def bug(self, error: BaseException, where: str, *, is_last: bool) -> None:
        """Keep a bug."""
        self.told.append((log.ERROR, where, {"kind": type(error).__name__, "last": is_last}))


class TestEvents:
    """What calls come to."""

    def test_nobody_listens(self) -> None:
        """They are nothing."""
        log.event("a")
        log.bug(ValueError(), "there")
        with log.request("GET", "https://example.org") as told:
            assert told == {}
        assert not log.is_on()

    def test_somebody_to_whom_little_matters(self) -> None:
        """What is of no interest need not be put together."""
        kept = Kept()
        kept.level = log.WARNING
        log.listen(kept)
        assert not log.is_on()
        assert log.is_on(log.WARNING)

    def test_somebody_does(self) -> None:
        """Each level arrives, and a bug."""
        log.listen(kept := Kept())
        log.debug("a", x=1)
        log.event("b")
        log.warning("c")
        log.error("d")
        log.bug(ValueError(), "there")
        assert [one[0] for one in kept.told] == [0, 1, 2, 3, 3]

    def test_a_request(self) -> None:
        """Method, host, path, status, seconds; no user, no password, no query."""
        log.listen(kept := Kept())
        with log.request("POST", "https://u:secret@example.org:8443/a/b?key=secret#x") as told:
            told["status"] = 200
        ((_, name, fields),) = kept.told
        assert name == "request"
        seconds = fields.pop("seconds")
        assert isinstance(seconds, float)
        assert fields == {
            "method": "POST",
            "host": "example.org:8443",
            "path": "/a/b",
            "status": 200,
        }

    def test_a_request_that_fails(self) -> None:
        """Its error goes on, and is told by its kind: its text may hold the address."""
        log.listen(kept := Kept())
        with (
            pytest.raises(ConnectionError, match="secret"),
            log.request("GET", "https://example.org/"),
        ):
            raise ConnectionError("secret")
        assert kept.told[0][2]["failed"] == "ConnectionError"

    def test_secrets_of_the_run_before(self) -> None:
        """They are forgotten when the next one begins."""
        log.hide("abc", None, "")
        assert log.hidden() == {"abc"}
        log.listen(Kept())
        assert log.hidden() == frozenset()


SPELLINGS = [
    pytest.param(SECRET, id="as it is"),
    pytest.param(quote(SECRET, safe=""), id="in an address"),
    pytest.param(quote(SECRET), id="in an address's path"),
    pytest.param("Tok%2fEn%2bwith%3dMarks%26%c3%bcmlaut", id="in an address, in small digits"),
    pytest.param(quote_plus(SECRET), id="in a form"),
    pytest.param(json.dumps(SECRET)[1:-1], id="JSON"),
    pytest.param(
        json.dumps(SECRET, ensure_ascii=False).replace("/", "\\/")[1:-1], id="JSON, Java's"
    ),
    pytest.param(json.dumps(SECRET).replace("/", "\\/")[1:-1], id="JSON, PHP's"),
    pytest.param("Tok/En+with=Marks&amp;ümlaut", id="HTML"),
    pytest.param(repr(SECRET), id="Python"),
    pytest.param(b64encode(SECRET.encode()).decode(), id="base64"),
    pytest.param(urlsafe_b64encode(SECRET.encode()).decode(), id="base64 of addresses"),
    pytest.param(b64encode(f"user:{SECRET}".encode()).decode(), id="a user and it"),
    pytest.param(b64encode(f"me:{SECRET}:x".encode()).decode(), id="the same, shifted"),
]


class TestTheMask:
    """What is done last of all to every text."""

    @pytest.mark.parametrize("spelt", SPELLINGS)
    def test_a_secret_in_every_spelling(self, spelt: str) -> None:
        """Nothing is left of it that is long enough to tell anything."""
        masked = strict_mask_for([SECRET])(f"before {spelt} after")
        assert "***" in masked
        first = 8 if spelt[:4] in ("dXNl", "bWU6") else 0  # of the user, who is no secret
        for start in range(first, len(spelt) - 6):
            assert spelt[start : start + 6] not in masked
        assert masked.startswith("before")
        assert masked.endswith("after")

    @given(
        st.text(st.characters(codec="utf-8"), min_size=8, max_size=40),
        st.binary(max_size=5),
        st.binary(max_size=5),
    )
    def test_base64_wherever_it_begins(self, secret: str, before: bytes, after: bytes) -> None:
        """All of a secret's letters that hang on it alone are gone."""
        text = b64encode(before + secret.encode() + after).decode()
        masked = strict_mask_for([secret])(text)
        first = (len(before) * 8 + 5) // 6
        last = (len(before) + len(secret.encode())) * 8 // 6
        assert text[first:last] not in masked

    @pytest.mark.parametrize(
        ("text", "secret"),
        [
            pytest.param("at https://me:hunter22@example.org/x", "hunter22", id="a password"),
            pytest.param("at https://example.org/x?key=hunter22&y=1", "hunter22", id="a query"),
            pytest.param("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2lnbmF0dXJl", "eyJhb", id="a JWT"),
            pytest.param("a ya29.c.b0Aaekm1K token", "b0Aaekm1K", id="Google's"),
            pytest.param(f"is mcs_{'x1' * 20}", "x1x1", id="a client's"),
            pytest.param(f"it is {PEM}", "MIIEvQIBADANBgkqhkiG9w0B", id="a key"),
            pytest.param("Authorization: Bearer hunter22", "hunter22", id="a header"),
            pytest.param("X-Api-Key: hunter22", "hunter22", id="another"),
        ],
    )
    def test_what_looks_like_a_secret(self, text: str, secret: str) -> None:
        """It goes, though nobody named it."""
        assert secret not in strict_mask_for([])(text)

    def test_pieces(self) -> None:
        """A key's lines go each by itself, and so does the path of an address that is a secret."""
        mask = strict_mask_for([PEM, "https://hc-ping.com/0123-4567-89ab-cdef"])
        assert mask("got AQEFAASCBKcwggSjAgEA12345 here") == "got *** here"
        assert mask("POST /0123-4567-89ab-cdef/start") == "POST /***/start"
        assert mask("host hc-ping.com") == "host hc-ping.com"

    def test_what_stays(self) -> None:
        """What an operator needs is no secret."""
        text = "accepted R-000001 of meter@2026-03-01T06:00:00Z in 0.2 s at api.example.org"
        assert strict_mask_for([SECRET, PEM])(text) == text

    def test_a_long_text(self) -> None:
        """A trace of twenty thousand characters takes no time to speak of."""
        mask = strict_mask_for([SECRET, PEM * 20])
        for text in (
            "a" * 20_000,
            "https://" * 2_500,
            "eyJ" * 7_000,
            "?a=" * 7_000,
            "-----" * 4_000,
        ):
            mask(text)


class TestLines:
    """An event, written down."""

    TOLD = Told(
        1_772_348_400_000,
        log.WARNING,
        "pause",
        {
            "wait": 1.5,
            "why": f'said "{SECRET}"\n',
            "keys": ["a", SECRET],
            "n": 3,
            "no": None,
            "is": True,
        },
    )

    def test_json(self) -> None:
        """One line, one object, whatever is in it; the mask is last."""
        line = as_json(self.TOLD, "0a0b0c0d", "sync", strict_mask_for([SECRET]))
        assert line.count(b"\n") == 1
        assert json.loads(line) == {
            "time": "2026-03-01T07:00:00.000Z",
            "level": "warning",
            "event": "pause",
            "run": "0a0b0c0d",
            "command": "sync",
            "wait": 1.5,
            "why": 'said "***"\n',
            "keys": ["a", "***"],
            "n": 3,
            "is": True,
        }

    def test_words(self) -> None:
        """For people: nothing in it acts on their terminal."""
        told = Told(0, log.INFO, "a", {"why": "\x1b[2J boo", "x": 1, "trace": "line\nline\n"})
        text = as_text(told, plain)
        assert text.splitlines()[0].endswith(' a why="\\x1b[2J boo" x=1')
        assert text.splitlines()[1:] == ["line", "line"]

    @pytest.mark.parametrize("text", ["\ud800", "\0", "\u2028", "é"])
    def test_odd_letters(self, text: str) -> None:
        """Half a surrogate pair, a zero byte: a line of JSON all the same."""
        line = as_json(Told(0, 1, "a", {"x": text}), "r", "c", plain)
        assert json.loads(line)["x"] == text

    def test_too_long(self) -> None:
        """It is cut."""
        assert len(as_json(Told(0, 1, "a", {"x": "y" * 100_000}), "r", "c", plain)) < 5_000


class TestTraces:
    """Where an error came from."""

    @staticmethod
    def error() -> BaseException:
        """One with a cause; a secret and a value in each."""
        value = Decimal("142.3")

        def fail() -> None:
            raise ValueError(f"cause {SECRET} {value}")

        try:
            try:
                fail()
            except ValueError as cause:
                raise RuntimeError(f"effect {SECRET} {value}") from cause
        except RuntimeError as error:
            error.add_note(f"a note {SECRET}")
            return error
        raise AssertionError("it did not fail")

    def test_both(self) -> None:
        """All of its causes, each with its frames; no secret in any."""
        text = trace_of(self.error(), strict_mask_for([SECRET]))
        assert text.index("ValueError: cause *** 142.3") < text.index("RuntimeError: effect ***")
        assert "a note ***" in text
        assert text.count("Traceback") == 2
        assert SECRET not in text

    def test_without_numbers(self) -> None:
        """A report of a bug holds no reading; the lines of the code keep their numbers."""
        text = trace_of(self.error(), plain, numbers=False)
        assert f"ValueError: cause {SECRET} #" in text
        assert 'test_log.py", line ' in text

    def test_an_error_that_cannot_say_what_it_is(self) -> None:
        """Its kind is told."""

        class Odd(Exception):
            def __str__(self) -> str:
                raise KeyError

        assert "Odd: (it cannot say what)" in trace_of(Odd(), plain)


def told(number: int, size: int = 200) -> bytes:
    """A line of a log, of so many bytes."""
    head = f'{{"time": "{number:09}", "x": "'
    return f'{head}{"y" * (size - len(head) - 3)}"}}\n'.encode()


def lines_of(folder: Path) -> list[bytes]:
    """All lines of all files of a log, each of them whole."""
    found = []
    for path in folder.glob("meterctl.log*"):
        content = path.read_bytes()
        assert content.endswith(b"\n")
        found += content.splitlines()
    for line in found:
        json.loads(line)
    return found


def fill(path: Path, first: int, count: int) -> None:
    """What one of several processes writes."""
    file = Rotated(path)
    for number in range(first, first + count):
        file.write(told(number, 3_000))


def test_several_threads(tmp_path: Path) -> None:
    """A server's parts tell at the same time: each event is there, once, and whole."""
    file = tmp_path / "meterctl.log"
    said: list[str] = []
    journal = Journal(said.append)
    environment = {"METERCTL_LOG": str(file), "METERCTL_LEDGER": f"sqlite:///{tmp_path}/l.db"}
    journal.begin("serve", load({}, environment, tmp_path), tmp_path, 0)

    def tell(first: int) -> None:
        for number in range(first, first + 500):
            log.event("batch.landed", batch=number)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # as if each had a processor of its own
    try:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(tell, range(0, 2000, 500)))
    finally:
        sys.setswitchinterval(before)
    journal.end(0)
    lines = [json.loads(line) for line in lines_of(tmp_path)]
    assert sorted(one["batch"] for one in lines if "batch" in one) == list(range(2000))
    assert (len(lines), said) == (2002, [])


class TestAFile:
    """A log in a file."""

    def test_new(self, tmp_path: Path) -> None:
        """It is the owner's alone, whatever the umask."""
        before = os.umask(0)
        try:
            Rotated(tmp_path / "meterctl.log").write(told(1))
        finally:
            os.umask(before)
        assert (tmp_path / "meterctl.log").stat().st_mode & 0o777 == 0o600

    def test_made_by_root(self, tmp_path: Path) -> None:
        """In a service's folder it is the service's, and so is each that comes after it."""
        need("capsh")
        folder = tmp_path / "service"
        folder.mkdir()
        os.chown(folder, 12_345, 23_456)
        file = Rotated(folder / "meterctl.log")
        for number in range(BYTES // 4_000 + 2):
            file.write(told(number, 4_000))
        owners = {(path.stat().st_uid, path.stat().st_gid) for path in folder.iterdir()}
        assert len(list(folder.iterdir())) == 2
        assert owners == {(12_345, 23_456)}

    def test_turned_over(self, tmp_path: Path) -> None:
        """Five files at most, none larger than a mebibyte, the newest lines in all of them."""
        count = 7 * BYTES // 4_000
        file = Rotated(tmp_path / "meterctl.log")
        for number in range(count):
            file.write(told(number, 4_000))
        files = list(tmp_path.glob("meterctl.log*"))
        names = {path.name for path in files}
        assert names == {"meterctl.log", *(f"meterctl.log.{n}" for n in range(1, KEPT + 1))}
        assert all(path.stat().st_size <= BYTES for path in files)
        newest = [json.loads(line)["time"] for line in sorted(lines_of(tmp_path))]
        assert newest == [f"{number:09}" for number in range(count - len(newest), count)]
        assert len(newest) * 4_000 > KEPT * (BYTES - 8_000)

    def test_several_processes(self, tmp_path: Path) -> None:
        """Each line is there once and whole, also what is written while it is turned over."""
        path, each = tmp_path / "meterctl.log", 300
        spawn = multiprocessing.get_context("spawn")
        writers = [
            spawn.Process(target=fill, args=(path, number * each, each)) for number in range(4)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
            assert writer.exitcode == 0
        assert sorted(json.loads(line)["time"] for line in lines_of(tmp_path)) == [
            f"{number:09}" for number in range(4 * each)
        ]

    def test_a_line_that_was_cut_short(self, tmp_path: Path) -> None:
        """By a lost power, say: the next line is one of its own."""
        path = tmp_path / "meterctl.log"
        path.write_bytes(told(1)[:30])
        Rotated(path).write(told(2))
        assert path.read_bytes() == told(1)[:30] + b"\n" + told(2)

    def test_another_file_comes_as_it_is_turned_over(self, tmp_path: Path) -> None:
        """It is refused, and of this process's other files none is closed for it."""
        path, opened, looked = tmp_path / "meterctl.log", [], 0
        path.write_bytes(told(0, 4_000) * (BYTES // 4_000))

        def is_taken(_: os.stat_result) -> bool:
            nonlocal looked
            looked += 1
            if looked == 2:  # it is open by now
                path.rename(tmp_path / "elsewhere")
                path.write_bytes(b"another program's")
            if looked == 3:
                opened.append(os.open(os.devnull, os.O_RDONLY))
            return looked == 3

        with pytest.raises(OSError, match="another file"):
            Rotated(path, is_taken).write(told(1, 4_000))
        os.close(opened[0])
        assert path.read_bytes() == b"another program's"

    def test_a_folder_that_lets_nothing_be_renamed(self, tmp_path: Path) -> None:
        """Somebody holds the lock for good: the file grows, no line is lost, nobody waits."""
        import fcntl

        path = tmp_path / "meterctl.log"
        path.write_bytes(told(0, 4_000) * (BYTES // 4_000))
        with path.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            Rotated(path).write(told(1, 4_000))
        assert path.stat().st_size > BYTES
        assert not (tmp_path / "meterctl.log.1").exists()


def test_secrets_of_the_settings(tmp_path: Path) -> None:
    """Every secret one, the key's own among its fields, passwords and queries of addresses."""
    key = tmp_path / "key.json"
    fields = {"type": "service_account", "client_email": "a@b", "private_key": PEM, "odd": "odd1"}
    key.write_text(json.dumps(fields))
    environment = {
        "METERCTL_GOOGLE_CREDENTIALS": str(key),
        "METERCTL_UTILITY_TOKEN": "token1",
        "METERCTL_PORTAL_PASSWORD": "password1",
        "METERCTL_JWT_SECRET": "jwt1",
        "METERCTL_HEARTBEAT_URL": "https://hc.example/abc",
        "METERCTL_SENTRY_DSN": "https://k@s.example/1",
        "METERCTL_UTILITY_URL": "https://u:urlpassword@x.example/?key=queryvalue",
    }
    found = set(secrets_in(load({}, environment, tmp_path)))
    assert found >= {PEM, "odd1", "token1", "password1", "jwt1", "https://hc.example/abc"}
    assert found >= {"https://k@s.example/1", "urlpassword", "queryvalue"}
    assert not found & {"a@b", "service_account", str(key)}


def test_the_secrets_of_a_key_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its path may begin with ~, as it may for all who read it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key.json").write_text(json.dumps({"private_key": PEM}))
    settings = load({}, {"METERCTL_GOOGLE_CREDENTIALS": "~/key.json"}, tmp_path / "elsewhere")
    assert PEM in set(secrets_in(settings))


@pytest.mark.parametrize("content", ["{broken " + PEM, "[]", "\xff", ""])
def test_a_key_that_is_none(tmp_path: Path, content: str) -> None:
    """What cannot be read as a key is a secret as a whole."""
    key = tmp_path / "key.json"
    key.write_text(content)
    found = list(secrets_in(load({}, {"METERCTL_GOOGLE_CREDENTIALS": str(key)}, tmp_path)))
    assert found in ([content], [])
    assert bool(found) == (content != "[]")


def named_in_the_source() -> Iterator[str]:
    """Every event that the program can tell; `batch.*` for one whose end is a state."""
    for path in Path(log.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "log." not in text and "_tell(" not in text:  # to parse all takes a second
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            of, name = node.func.value, node.func.attr
            of_log = isinstance(of, ast.Name) and of.id == "log" and name in EVENT_CALLS
            if not (of_log or name == "_tell") or not node.args:
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)
            elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                yield str(first.values[0].value) + "*"


EVENT_CALLS = ("event", "debug", "warning", "error")


def test_the_page_tells_of_each_event() -> None:
    """Who reads a log finds every name in docs/logs.md; and none there that no run tells."""
    page = (Path(__file__).parent.parent / "docs" / "logs.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    on_page = {
        name for row in rows for name in re.findall(r"`([a-z]+\.[a-z]+|bug|pause|request)`", row)
    }
    told = set(named_in_the_source()) | {"bug", "request", "run.begun", "run.ended"}
    by_state = {name.removesuffix("*") for name in told if name.endswith("*")}
    assert by_state == {"batch.", "submission."}
    assert {name for name in told if "*" not in name} <= on_page
    for name in on_page - told:
        assert name.startswith(tuple(by_state)), name


def test_secrets_that_were_met_over_years() -> None:
    """The newest are hidden; a server that is given one each hour does not keep them for ever."""
    log.listen(None)
    for number in range(2_000):
        log.hide(f"token {number}", f"token {number}")
    assert len(log.hidden()) < 1_000
    assert {f"token {number}" for number in range(1_900, 2_000)} <= log.hidden()
    log.listen(None)
    assert log.hidden() == frozenset()
