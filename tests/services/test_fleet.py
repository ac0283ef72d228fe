"""A fleet's list, what becomes of its ledgers, and what the whole of it ends with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from meterctl.config.ledger import ledger_problem
from meterctl.errors import ConfigError, FileError
from meterctl.ledger.address import DatabaseAddress, FileAddress
from meterctl.services.fleet import Ended, Result, Summary, Verdict, result
from meterctl.services.fleet_list import MOST_TOLD, Means, Member, read_list, with_settings

URL = "postgresql://pusher@db.example/home"


def settings(file: Path) -> Mapping[str, str]:
    """A `.env` of these tests: plain NAME=value."""
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


MEANS = Means(settings, ledger_problem, lambda _: False)


def listed(text: str, folder: Path = Path("/fleet"), means: Means = MEANS) -> list[Member]:
    """The ledgers of a list."""
    return read_list(text, "roofs.txt", folder, means)


def problem(text: str, folder: Path = Path("/fleet"), means: Means = MEANS) -> str:
    """What is said of a list that is wrong."""
    with pytest.raises(FileError) as caught:
        listed(text, folder, means)
    return caught.value.message


class TestAList:
    """Which ledgers it names."""

    def test_addresses(self) -> None:
        """In its order; a relative path is relative to the list."""
        text = f"roof-2.db\n{URL}?schema=roof-0042\nsqlite:////data/roof-1.db\nsqlite:///a/b.db\n"
        assert [one.address for one in listed(text)] == [
            FileAddress(Path("/fleet/roof-2.db")),
            DatabaseAddress(URL, "roof-0042"),
            FileAddress(Path("/data/roof-1.db")),
            FileAddress(Path("/fleet/a/b.db")),
        ]

    def test_what_means_nothing(self) -> None:
        """Empty lines, comments, spaces around, other systems' line ends and marks."""
        text = "\ufeff# roofs\r\n\r\n  one.db  # the first\r\n\ttwo#2.db\r\n   \r\n"
        assert [one.name for one in listed(text)] == ["one", "two#2"]

    def test_a_settings_file(self, tmp_path: Path) -> None:
        """It says where its ledger is, relative to itself, and what else is that ledger's own."""
        (tmp_path / "roof-1").mkdir()
        file = tmp_path / "roof-1" / ".env"
        file.write_text("METERCTL_LEDGER=sqlite:///ledger.db\nMETERCTL_SHEET_ID=\n")
        (member,) = listed("roof-1/.env", tmp_path)
        assert member == Member(
            FileAddress(tmp_path / "roof-1" / "ledger.db"),
            file,
            frozenset({"METERCTL_LEDGER", "METERCTL_SHEET_ID"}),
        )
        assert member.name == "roof-1"

    def test_names(self, tmp_path: Path) -> None:
        """A ledger is called as its schema is, as its settings file, or as its own file."""
        (tmp_path / "roof-3.env").write_text("METERCTL_LEDGER=ledger.db\n")
        text = f"{URL}?schema=roof-1\nroof-2.db\nroof-3.env\n{URL}\n"
        names = [one.name for one in listed(text, tmp_path)]
        assert names == ["roof-1", "roof-2", "roof-3", "meterctl"]

    def test_all_that_is_wrong(self, tmp_path: Path) -> None:
        """Each problem with its place, at once; no address is repeated: a password may be in it."""
        (tmp_path / "empty.env").write_text("METERCTL_TIMEZONE=UTC\n")
        said = problem(
            "roof-1.db\n"
            "  postgresql://me:s3cret@db.example\n"
            f"{URL}?schema=1st\n"
            "nowhere.env\n"
            "empty.env\n"
            "mysql://me:s3cret@db.example/home\n"
            "roof-1.db\n",
            tmp_path,
        )
        assert said.split("; ")[0] == (
            "roofs.txt:2:3: the database's name is missing: postgresql://USER@HOST/DATABASE"
        )
        places = [part.partition(": ")[0] for part in said.split("; ") if "roofs.txt" in part]
        assert places == [f"roofs.txt:{n}" for n in ("2:3", "3:1", "4:1", "5:1", "6:1", "7:1")]
        assert "the same ledger as in line 1" in said
        assert f"there is no file {tmp_path}/nowhere.env" in said
        assert "empty.env sets no METERCTL_LEDGER" in said
        assert "s3cret" not in said

    def test_more_is_wrong_than_anybody_reads(self) -> None:
        """The first ones, and how many more."""
        said = problem("x://y\n" * (MOST_TOLD + 5))
        assert said.count("roofs.txt:") == MOST_TOLD
        assert said.endswith("; and 5 more")

    def test_a_ledger_that_is_not_there(self, tmp_path: Path) -> None:
        """A slip of the pen is no new ledger, be it of a line or of a settings file."""
        (tmp_path / "roof.env").write_text("METERCTL_LEDGER=roof.db\n")
        said = problem("roof.db\nroof.env\n", tmp_path, MEANS._replace(lacks=lambda _: True))
        assert f"roofs.txt:1:1: there is no ledger {tmp_path}/roof.db" in said
        assert f"roofs.txt:2:1: {tmp_path}/roof.env: METERCTL_LEDGER: there is no ledger" in said

    @pytest.mark.parametrize("text", ["", "# roofs\n\n"])
    def test_of_nothing(self, text: str) -> None:
        """That a list names no ledger is no success."""
        assert problem(text) == "roofs.txt:1:1: no ledger is named"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param("/fleet/a.db", "sqlite:///x/../a.db", id="another path"),
            pytest.param(
                f"{URL}?schema=a", "postgresql://me:pw@DB.example:5432/home?schema=a", id="user"
            ),
            pytest.param(f"{URL}?schema=a", f"{URL}?sslmode=require&schema=a", id="TLS"),
            pytest.param(URL, f"{URL}?schema=meterctl", id="the usual schema"),
        ],
    )
    def test_the_same_ledger_in_other_words(self, one: str, other: str) -> None:
        """It would be run twice, and is told."""
        assert "the same ledger as in line 1" in problem(f"{one}\n{other}\n")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(f"{URL}?schema=a", f"{URL}?schema=A", id="schema"),
            pytest.param(URL, "postgresql://pusher@db.example/other", id="database"),
            pytest.param(URL, "postgresql://pusher@db.example:5433/home", id="port"),
            pytest.param("postgresql:///home", "postgresql:///home?host=/run/pg", id="socket"),
        ],
    )
    def test_another_ledger_all_the_same(self, one: str, other: str) -> None:
        """What is not known to be one ledger is two."""
        assert len(listed(f"{one}\n{other}\n")) == 2


class TestAFolderOfSettings:
    """What each ledger of a fleet has for itself."""

    def test_by_name(self, tmp_path: Path) -> None:
        """A file is its ledger's that is called so; who has none has what all have."""
        (tmp_path / "roof-1.env").write_text("METERCTL_UTILITY_TOKEN=one\n")
        (tmp_path / ".env").write_text("METERCTL_UTILITY_URL=https://utility.example\n")
        given, strays = with_settings(
            listed(f"{URL}?schema=roof-1\n{URL}?schema=roof-2\n"), tmp_path, MEANS
        )
        assert [one.settings for one in given] == [tmp_path / "roof-1.env", None]
        assert given[0].own == {"METERCTL_UTILITY_TOKEN"}
        assert strays == []

    def test_a_file_of_nobody(self, tmp_path: Path) -> None:
        """It is found: its name may be wrong."""
        (tmp_path / "rof-1.env").write_text("")
        assert with_settings(listed("roof-1.db"), tmp_path, MEANS)[1] == [tmp_path / "rof-1.env"]

    def test_a_file_that_is_listed(self, tmp_path: Path) -> None:
        """It has everything itself."""
        (tmp_path / "list").mkdir()
        (tmp_path / "list" / "roof-1.env").write_text("METERCTL_LEDGER=a.db\n")
        (tmp_path / "roof-1.env").write_text("METERCTL_UTILITY_TOKEN=another\n")
        (member,), strays = with_settings(listed("roof-1.env", tmp_path / "list"), tmp_path, MEANS)
        assert member.settings == tmp_path / "list" / "roof-1.env"
        assert strays == [tmp_path / "roof-1.env"]

    def test_another_ledger(self, tmp_path: Path) -> None:
        """What a file says would be done to a ledger that it does not mean."""
        (tmp_path / "roof-1.env").write_text(f"METERCTL_LEDGER={URL}?schema=roof-2\n")
        with pytest.raises(ConfigError, match=r"is another ledger than .*schema=roof-1"):
            with_settings(listed(f"{URL}?schema=roof-1\n"), tmp_path, MEANS)

    def test_a_link_that_leads_nowhere(self, tmp_path: Path) -> None:
        """It is not run with what all have: the file of its own account is on another disk."""
        (tmp_path / "roof-1.env").symlink_to(tmp_path / "away" / "roof-1.env")
        with pytest.raises(ConfigError, match=r"there is no file .*roof-1\.env"):
            with_settings(listed("roof-1.db"), tmp_path, MEANS)

    def test_a_folder_in_which_nothing_is(self, tmp_path: Path) -> None:
        """A disk that is not there at night is no reason to take one account for all."""
        with pytest.raises(ConfigError, match="holds no settings of any ledger"):
            with_settings(listed("roof-1.db"), tmp_path, MEANS)

    def test_two_of_one_name(self, tmp_path: Path) -> None:
        """Two households must not share a token by accident."""
        (tmp_path / "roof-1.env").write_text("")
        members = listed(f"{URL}?schema=roof-1\npostgresql://other.example/home?schema=roof-1\n")
        with pytest.raises(ConfigError, match="two ledgers are called roof-1"):
            with_settings(members, tmp_path, MEANS)


def became(code: int, err: str = "", out: str = "", *, as_json: bool = False) -> Result:
    """What became of a ledger."""
    return result("roof-1", Ended(code, 0.5, out, err), lambda text: text, as_json=as_json)


class TestWhatBecameOfALedger:
    """By its exit code and what it said."""

    def test_done(self) -> None:
        """What it printed is told."""
        assert became(0, out="1 reading accepted\n").lines == ("1 reading accepted",)
        assert became(0).verdict is Verdict.DONE

    def test_failed(self) -> None:
        """Its last word is why; what it said before is told too."""
        made = became(77, "a warning\nmeterctl: the token is not let in (renew it)\n")
        assert made.verdict is Verdict.FAILED
        assert made.heading == "roof-1: failed, 77 not allowed: the token is not let in (renew it)"
        assert made.lines == ("a warning",)
        assert made.fault is not None
        assert made.fault.code == "not_allowed"

    def test_partly(self) -> None:
        """Some got through."""
        assert became(3, "meterctl: 1 cell could not be read\n").verdict is Verdict.PARTLY

    def test_under_json(self) -> None:
        """Its error is the object's; its output stays as exact as it was printed."""
        error = {"error": {"code": "nonsense", "message": "it answered nonsense", "hint": "look"}}
        made = became(76, json.dumps(error), '{"value": 0.10, "all": 1}\n', as_json=True)
        assert made.fault == ("nonsense", "it answered nonsense", "look")
        form = Summary([made], 1.0).form("push-utility")
        assert isinstance(form["results"], list)
        assert form["results"][0]["output"] == {"value": "0.10", "all": 1}

    @pytest.mark.parametrize("out", ["", "no JSON", "[1]", "[" * 100_000])
    def test_no_object_under_json(self, out: str) -> None:
        """Then there is none."""
        assert became(0, out=out, as_json=True).output is None

    @pytest.mark.parametrize("as_json", [False, True])
    def test_another_run_is_at_it(self, as_json: bool) -> None:
        """That is told apart from another side that is out of reach."""
        said = "another push-utility is already running (pid 7, for 5 s)"
        err = json.dumps({"error": {"code": "busy", "message": said, "hint": ""}})
        text = err if as_json else f"meterctl: {said} (it goes on by itself)"
        assert became(75, text, as_json=as_json).verdict is Verdict.BUSY
        assert became(75, text.replace("already running", "x"), as_json=as_json).verdict is (
            Verdict.FAILED
        )

    def test_health(self) -> None:
        """Of a thousand healthy ledgers nothing is told, of others what is not well."""
        made = became(78, out="pass  clock: it is right\nwarn  log: large\nfail  ledger: damaged\n")
        assert made.lines == ("warn  log: large", "fail  ledger: damaged")
        assert became(0, out="pass  clock: it is right\n").lines == ()

    def test_killed(self) -> None:
        """By the system, say, which had no memory left."""
        assert "signal 9 ended it" in became(137).heading

    def test_late(self) -> None:
        """It is said what it had: that it is to have more is for a person to say."""
        ended = Ended(143, 1800.0, "", "meterctl: stopped\n", is_late=True)
        made = result("roof-1", ended, lambda text: text, as_json=False)
        assert made.heading.endswith("it was ended after 30 min (give it more: --timeout)")

    def test_secrets(self) -> None:
        """They are masked in whatever it said."""
        ended = Ended(74, 0.1, "pw\n", "pw\nmeterctl: pw\n")
        made = result("roof-1", ended, lambda text: text.replace("pw", "***"), as_json=False)
        assert "pw" not in f"{made.heading}{made.lines}"


def summary(*codes: int | None, err: str = "meterctl: why\n") -> Summary:
    """What became of ledgers that ended so; None: not begun with."""
    made = [
        Result(f"roof-{n}") if code is None else became(code, err)._replace(ledger=f"roof-{n}")
        for n, code in enumerate(codes, 1)
    ]
    return Summary(made, 725.0)


BUSY = "meterctl: another sync is already running (it goes on by itself)\n"


class TestTheWhole:
    """What a fleet ends with."""

    def test_in_a_line(self) -> None:
        """How many ended how, and how long it took."""
        assert str(summary(0, 0, 3, 77)) == "4 ledgers: 2 done, 1 partly, 1 failed; in 12 min"
        assert str(summary(0, None)) == "2 ledgers: 1 done, 1 not run; in 12 min"

    @pytest.mark.parametrize(
        ("codes", "expected"),
        [
            pytest.param((0, 0), 0, id="all done"),
            pytest.param((0, 77), 3, id="one failed"),
            pytest.param((0, 3), 3, id="one partly"),
            pytest.param((3, 3), 3, id="all partly"),
            pytest.param((78, 78), 78, id="all failed for one reason"),
            pytest.param((75, 75), 75, id="a database that is away"),
            pytest.param((75, 78), 3, id="for several reasons"),
            pytest.param((3, 78), 3, id="none wholly"),
            pytest.param((137, 137), 75, id="all killed"),
        ],
    )
    def test_exit_code(self, codes: tuple[int, ...], expected: int) -> None:
        """0, 3, or the one reason why nothing was done anywhere."""
        error = summary(*codes).error
        assert (0 if error is None else error.exit_code) == expected

    def test_some_are_busy(self) -> None:
        """Somebody else does them: no failure."""
        done, busy = summary(0).results, summary(75, err=BUSY).results
        assert Summary([*done, *busy], 1.0).error is None

    def test_all_are_busy(self) -> None:
        """Then this run has done nothing; as of one ledger, that is 75 and another's to tell of."""
        error = summary(75, 75, err=BUSY).error
        assert error is not None
        assert (error.exit_code, error.code) == (75, "busy")

    def test_which_are_left(self) -> None:
        """The first ones are named, for whoever gets only this line."""
        error = summary(0, 77, 75, 3, 76).error
        assert error is not None
        assert error.message == "4 of 5 ledgers not done: roof-2, roof-3, roof-4 and 1 more"

    def test_json(self) -> None:
        """The counts, and each ledger in the order of the list."""
        form = summary(0, 78, None).form("sync")
        assert isinstance(form["results"], list)
        counts = {str(one): form[one] for one in Verdict}
        assert counts == {"done": 1, "partly": 0, "busy": 0, "failed": 1, "not_run": 1}
        assert [one["exit"] for one in form["results"]] == [0, 78, None]
        assert form["results"][1]["error"] == {"code": "config", "message": "why", "hint": ""}
