"""The soak's end: one table over all of its tests, with what could not be injected and why.

A plugin, loaded by tests/conftest.py, so that every test may have a row. A soak's test that fails,
or skips itself, has one that says so: nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

import pytest

from tests.faults.table import Fault, Injections, Table, running

_ROWS = pytest.StashKey[list[Fault]]()
_TALLIED = pytest.StashKey[bool]()
_HEADS = ("runs", "acknowledged", "lost", "doubled", "seconds")
_WIDTH = 56


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """A test's rows of the soak's table; checked when it has ended."""
    made = Table()
    yield made
    _keep(request.node, made)
    made.check()


@pytest.fixture
def injections(request: pytest.FixtureRequest) -> Iterator[Injections]:
    """The same, of what happens to requests to the Sheet, which must have been injected."""
    made = Injections("the Sheet: ")
    yield made
    _keep(request.node, made)
    made.check()


def _keep(item: pytest.Item, table: Table) -> None:
    if _is_soak(item):
        found = [*table.faults.values()]
        rows_of(item.config).extend(found)
        for line in shown(found):
            print(f"\n{line}", end="")  # noqa: T201 (so far: a soak takes long)


def _is_soak(item: pytest.Item) -> bool:
    return item.get_closest_marker("soak") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """What a state machine tallies is a row too."""
    if not _is_soak(item):
        return (yield)
    with running(Table()) as tallied:
        yield
    _keep(item, tallied)
    item.stash[_TALLIED] = bool(tallied.faults)
    return None


def rows_of(config: pytest.Config) -> list[Fault]:
    """What this run has found by now."""
    return config.stash.setdefault(_ROWS, [])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A soak's test that fails, or has no rows, or skips itself, has its row too."""
    report = yield
    if not _is_soak(item):
        return report
    if report.skipped:
        report.outcome, report.longrepr = "failed", f"a soak must not skip: {report.longrepr}"
    has_rows = {"table", "injections"} & set(getattr(item, "fixturenames", ()))
    if report.failed:
        why = f"{report.when}: {_first_line(call, report)}"
        rows_of(item.config).append(Fault(_name(item), seconds=call.duration, why=why))
    elif report.when == "call" and not has_rows and not item.stash.get(_TALLIED, False):
        rows_of(item.config).append(Fault(_name(item), runs=1, seconds=call.duration))
    return report


def _name(item: pytest.Item) -> str:
    return item.nodeid.removeprefix("tests/").rpartition("/")[2].replace(".py::", ": ")


def _first_line(call: pytest.CallInfo[None], report: pytest.TestReport) -> str:
    told = str(call.excinfo.value).strip() if call.excinfo else report.longreprtext
    return (told.splitlines() or [repr(call.excinfo)])[0][:200]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print it."""
    rows = merged(rows_of(config))
    if not rows:
        return
    total = Fault("all")
    for row in rows:
        total.merge(row)
    total.why = ""
    terminalreporter.section("the soak's table")
    terminalreporter.write_line(f"{'fault':<{_WIDTH}}" + "".join(f"{one:>13}" for one in _HEADS))
    for line in shown([*rows, total]):
        terminalreporter.write_line(line)


def merged(faults: Iterable[Fault]) -> list[Fault]:
    """One row for each fault, however many tests inject it."""
    rows: dict[str, Fault] = {}
    for one in faults:
        rows.setdefault(one.name, Fault(one.name)).merge(one)
    return [*rows.values()]


def shown(faults: Iterable[Fault]) -> Iterator[str]:
    """The rows as text; what went wrong stands below its row."""
    for one in faults:
        numbers = (one.runs, one.acknowledged, one.lost, one.doubled)
        name = one.name if len(one.name) < _WIDTH else one.name[: _WIDTH - 4] + "..."
        yield f"{name:<{_WIDTH}}" + "".join(f"{n:>13}" for n in numbers) + f"{one.seconds:>13.1f}"
        if one.why:
            yield f"  FAILED, {one.why}"
