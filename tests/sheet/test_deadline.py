"""A total deadline, whatever hangs."""

from __future__ import annotations

import threading
import time

import pytest

from meterctl.sheet.deadline import Deadline, Expired, is_over, within


def test_in_time() -> None:
    """What it gives is passed on, and what it raises."""
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


@pytest.mark.fault(19)
def test_a_hang() -> None:
    """It is given up."""
    free = threading.Event()
    before = time.monotonic()
    with pytest.raises(Expired):
        within(0.1, free.wait)
    assert time.monotonic() - before < 5
    free.set()


def test_what_was_given_up() -> None:
    """It is told that nobody waits for it any more; whoever was never given a time, is not."""
    free, told = threading.Event(), list[bool]()
    done = threading.Event()

    def late() -> None:
        told.append(is_over())
        free.wait()
        told.append(is_over())
        done.set()

    with pytest.raises(Expired):
        within(0.1, late)
    free.set()
    assert done.wait(5)
    assert told == [False, True]
    assert not is_over()


def test_nothing_left() -> None:
    """Below zero there is nothing."""
    assert Deadline(-1).left() == 0.0
    assert 0 < Deadline(60).left() <= 60
