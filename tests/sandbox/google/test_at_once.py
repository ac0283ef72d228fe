"""Many clients at once: changes take turns, readers see whole ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.sandbox.google.client import Api, appended, fine, row, token_created

CLIENTS = 50


def test_one_token_for_many(api: Api) -> None:
    """Of all who create metadata under the same id, one does, and only its row is there."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(
            pool.map(
                lambda who: api.change(token_created(1, str(who)), appended(row(who))).status,
                range(CLIENTS),
            )
        )
    assert sorted(statuses) == [200] + [400] * (CLIENTS - 1)
    winner = fine(api.sheets("GET", "/developerMetadata/1"))["metadataValue"]
    assert api.read("Sheet1") == [[winner]]


def test_many_append_and_one_reads(api: Api) -> None:
    """Every row is there once, in blocks as they were sent; no reader sees half a block."""

    def append(who: int) -> int:
        return api.change(appended(*(row(who, part) for part in range(4)))).status

    def look(_: int) -> int:
        return len(api.read("A:A")) % 4

    with ThreadPoolExecutor(CLIENTS) as pool:
        looks = pool.map(look, range(CLIENTS))
        assert set(pool.map(append, range(CLIENTS))) == {200}
        assert set(looks) == {0}
    rows = api.plain("A:B")
    assert [part for _, part in rows] == [0, 1, 2, 3] * CLIENTS
    assert sorted(who for who, _ in rows[::4]) == list(range(CLIENTS))
    assert int(api.version()) == CLIENTS + 1


def test_a_big_sheet(api: Api) -> None:
    """Twenty thousand rows, and one more, which makes the grid longer."""
    grid = {"rowCount": 10, "columnCount": 4}
    api.batch({"addSheet": {"properties": {"sheetId": 7, "title": "Big", "gridProperties": grid}}})
    block = [row(1.5, "x")] * 10_000
    for _ in range(2):
        api.batch({"appendCells": {"sheetId": 7, "rows": block, "fields": "userEnteredValue"}})
    one = {"appendCells": {"sheetId": 7, "rows": [row("last")], "fields": "userEnteredValue"}}
    api.batch(one)
    assert api.read("Big!A20001:A") == [["last"]]
