"""Limits: what a bucket gives, whoever asks, from however many processes."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.http.limits import WINDOW, Limits, Rate

SECOND = 1_000_000_000
FIVE = Rate("five", per_minute=60, burst=5)


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The test's clock."""
    return Clock()


@pytest.fixture
def limits(tmp_path: Path, clock: Clock) -> Iterator[Limits]:
    """New limits, by the test's clock."""
    opened = Limits.create(tmp_path / "limits")
    opened._now = clock
    yield opened
    opened.close()


def test_a_burst_and_what_comes_back(limits: Limits, clock: Clock) -> None:
    """As many at once as the burst; then one for each interval, and never more than the burst."""
    assert [limits.take(FIVE, "a") for _ in range(5)] == [None] * 5
    assert limits.take(FIVE, "a") == pytest.approx(1.0)
    clock.now += SECOND // 4
    assert limits.take(FIVE, "a") == pytest.approx(0.75)
    clock.now += 3 * SECOND // 4
    assert limits.take(FIVE, "a") is None
    assert limits.take(FIVE, "a") == pytest.approx(1.0)
    clock.now += 1_000 * SECOND
    assert [limits.take(FIVE, "a") for _ in range(6)][:5] == [None] * 5
    assert limits.take(FIVE, "a") is not None


def test_a_refusal_takes_nothing(limits: Limits, clock: Clock) -> None:
    """Who keeps asking does not wait longer for it."""
    for _ in range(5):
        limits.take(FIVE, "a")
    for _ in range(1_000):
        assert limits.take(FIVE, "a") is not None
    clock.now += SECOND
    assert limits.take(FIVE, "a") is None


def test_a_look(limits: Limits) -> None:
    """It says what a take would say, and takes nothing."""
    for _ in range(10):
        assert limits.peek(FIVE, "a") is None
    for _ in range(5):
        assert limits.peek(FIVE, "a") is None
        limits.take(FIVE, "a")
    assert limits.peek(FIVE, "a") == pytest.approx(1.0)


def test_a_cost(limits: Limits) -> None:
    """Some things count for several; what is more than the burst never fits."""
    assert limits.take(FIVE, "a", cost=4) is None
    assert limits.take(FIVE, "a", cost=2) == pytest.approx(1.0)
    assert limits.take(FIVE, "a") is None
    assert limits.take(FIVE, "b", cost=6) is not None


def test_subjects_and_rates_are_apart(limits: Limits) -> None:
    """One subject's takes are no other's, and a rate knows nothing of another one."""
    other = FIVE._replace(name="other")
    for _ in range(5):
        limits.take(FIVE, "a")
    assert limits.take(FIVE, "a") is not None
    assert limits.take(FIVE, "b") is None
    assert limits.take(other, "a") is None


def test_any_text_is_a_subject(limits: Limits) -> None:
    """Also none, a very long one, and half a surrogate pair."""
    for subject in ("", "x" * 100_000, "\ud800", "\0"):
        assert limits.take(FIVE._replace(burst=1), subject) is None
        assert limits.take(FIVE._replace(burst=1), subject) is not None


def test_more_subjects_than_slots(tmp_path: Path, clock: Clock) -> None:
    """The file stays as large; whoever has most to wait for is the last to be forgotten."""
    path = tmp_path / "small"
    limits = Limits.create(path, slots=1)
    limits._now = clock
    size = path.stat().st_size
    slow = Rate("slow", per_minute=1, burst=5)
    for _ in range(5):
        limits.take(slow, "the culprit")
    for number in range(100 * WINDOW):
        assert limits.take(FIVE, str(number)) is None
    assert limits.take(slow, "the culprit") is not None
    assert path.stat().st_size == size
    limits.close()


def test_subjects_cannot_be_chosen_to_collide(tmp_path: Path) -> None:
    """Where a subject lives is another place in each file."""
    places = set()
    for number in range(8):
        path = tmp_path / str(number)
        limits = Limits.create(path)
        limits.take(FIVE, "a")
        limits.close()
        content = path.read_bytes()[32:]
        places.add(next(index for index, byte in enumerate(content) if byte))
    assert len(places) > 1


def test_the_file(tmp_path: Path) -> None:
    """It is the owner's alone, holds no subject, and does not outlive its server."""
    path = tmp_path / "limits"
    first = Limits.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for _ in range(5):
        first.take(FIVE, "192.0.2.1")
    first.close()
    assert b"192.0.2.1" not in path.read_bytes()
    second = Limits.create(path)
    assert second.take(FIVE, "192.0.2.1") is None
    second.close()


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 100_000], ids=["empty", "short", "other"])
def test_another_file(content: bytes, tmp_path: Path) -> None:
    """It is not taken for one, and stays as it is."""
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no file of limits"):
        Limits.open(path)
    assert path.read_bytes() == content


def test_a_second_opening(tmp_path: Path) -> None:
    """All who open the file share the buckets."""
    first = Limits.create(tmp_path / "limits")
    second = Limits.open(tmp_path / "limits")
    slow = Rate("slow", per_minute=1, burst=4)
    takes = [one.take(slow, "a") for one in (first, second) * 3]
    assert [take is None for take in takes] == [True] * 4 + [False] * 2
    first.close()
    second.close()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    per_minute=st.sampled_from([0.5, 1, 7, 60, 10_000]),
    burst=st.integers(1, 8),
    steps=st.lists(
        st.tuples(
            st.sampled_from("abc"), st.integers(1, 3), st.booleans(), st.integers(0, 90 * SECOND)
        ),
        max_size=40,
    ),
)
def test_buckets_behave_like_buckets(
    per_minute: float,
    burst: int,
    steps: list[tuple[str, int, bool, int]],
    tmp_path: Path,
) -> None:
    """The same as counting tokens that come back one by one, in whole nanoseconds."""
    clock = Clock()
    limits = Limits.create(tmp_path / "limits")
    limits._now = clock
    rate = Rate("any", per_minute, burst)
    interval = int(60 * SECOND / per_minute)
    full = burst * interval
    levels = dict.fromkeys("abc", full)  # what each bucket holds, in nanoseconds' worth
    for subject, cost, look, pause in steps:
        clock.now += pause
        levels = {name: min(full, level + pause) for name, level in levels.items()}
        wanted = (1 if look else cost) * interval
        lacking = wanted - levels[subject]
        got = limits.peek(rate, subject) if look else limits.take(rate, subject, cost)
        if lacking > 0:
            assert got == pytest.approx(lacking / SECOND)
        else:
            assert got is None
            if not look:
                levels[subject] -= wanted
    limits.close()


TAKER = """
import sys, time
from pathlib import Path
from meterctl.http.limits import Limits, Rate
limits = Limits.open(Path(sys.argv[1]))
rate = Rate("shared", 6_000, 50)
print("ready", flush=True)
sys.stdin.readline()
end = time.monotonic() + 0.5
taken = 0
while time.monotonic() < end:
    taken += limits.take(rate, "everyone") is None
print(taken)
"""


def test_four_processes(tmp_path: Path) -> None:
    """Together they get the burst and the rate: no more, and no less either."""
    path = tmp_path / "limits"
    Limits.create(path).close()
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, str(path)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for taker in takers:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "ready\n"
    begin = time.monotonic()
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("\n")
        taker.stdin.flush()
    taken = [int(taker.communicate(timeout=20)[0]) for taker in takers]
    passed = time.monotonic() - begin
    assert [taker.returncode for taker in takers] == [0] * 4
    assert 50 + 0.5 * 100 * 0.9 <= sum(taken) <= 50 + passed * 100


def test_four_threads(tmp_path: Path) -> None:
    """A process's own threads get no more together either."""
    limits = Limits.create(tmp_path / "limits")
    rate = Rate("shared", 0.001, 500)
    taken: list[int] = []

    def take() -> None:
        taken.append(sum(limits.take(rate, "everyone") is None for _ in range(400)))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 500
    limits.close()
