"""What a file may say, and how it is told what is wrong: its line, its column, its key."""

from __future__ import annotations

import pytest

from meterctl.errors import ConfigError
from tests.utility.described.desk import JSON, described

URL = "https://utility.example"
PROVEN = '[[submit.answers]]\nstatus = 201\noutcome = "accepted"\nreceipt = "id"\n'


def problem(text: str, url: str | None = URL, **settings: str | None) -> str:
    """What is said of a text."""
    with pytest.raises(ConfigError) as caught:
        described(text, url, "json", **settings)
    return caught.value.message


def with_rule(rule: str) -> str:
    """A file with one rule, from its line 3 on."""
    return f'[submit]\njson = {{ v = "{{value}}" }}\n[[submit.answers]]\n{rule}\n'


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "1:1: submit", "is missing: a table"),
        ("colour = 1\n" + JSON, "1:1: colour", "there is no such key here"),
        ("[submit]\nurl = 3\n" + PROVEN, "2:1: submit.url", "a text is needed"),
        ("[submit]\njsn = { a = 1 }\n" + PROVEN, "2:1: submit.jsn", "do you mean json?"),
        ("[submit]\njson = { a = 1 }\n", "1:1: submit.answers", "are missing"),
        ("[submit]\njson = {}\nform = {}\n" + PROVEN, "3:1: submit.form", "there is json already"),
        ("[submit]\nform = 1\n" + PROVEN, "2:1: submit.form", "a table is needed"),
        ("[submit]\ncsv = []\n" + PROVEN, "2:1: submit.csv", "a list of the fields"),
        ('[submit]\ncsv = ["a"]\ndelimiter = ";;"\n' + PROVEN, "3:1: submit.delimiter", "one"),
        ("[submit]\njson = { a = 1.5 }\n" + PROVEN, "2:1: submit.json", "as a text in quotes"),
        ("[submit]\njson = { a = 2026-01-01 }\n" + PROVEN, "2:1: submit.json", "as a text"),
        ('[submit]\nmethod = "DELETE"\n' + PROVEN, "2:1: submit.method", "is not one of"),
        ('[submit]\nurl = "{url}/x?a={key}"\n' + PROVEN, "2:1: submit.url", "query"),
        ('[submit]\nurl = "http://a.example"\n' + PROVEN, "2:1: submit.url", "https://"),
        ('[submit]\nurl = "//a.example"\n' + PROVEN, "2:1: submit.url", "https://"),
        ('[submit]\nurl = "http://[::1"\n' + PROVEN, "2:1: submit.url", "https://"),
        ('[submit]\nurl = "http://127.0.0.1:x@a.example"\n' + PROVEN, "2:1: submit.url", "https:"),
        ('[submit]\nheaders = { Host = "x" }\n' + PROVEN, "2:1: submit.headers.Host", "no header"),
        ('[submit]\nheaders = { "A B" = "x" }\n' + PROVEN, "2:1: submit.headers.A B", "no header"),
        ('[submit]\nrow = { a = "{value}" }\n' + PROVEN, "2:1: submit.row", "needs a body"),
        (
            '[submit]\njson = { a = 1 }\nrow = { a = "{value}" }\n' + PROVEN,
            "3:1: submit.row",
            "is used nowhere",
        ),
        (
            '[submit]\ncsv = ["{key}"]\nrow = { a = "{value}" }\n' + PROVEN,
            "3:1: submit.row",
            "csv is a row already",
        ),
        (
            JSON + '[ask]\nurl = "{url}/x"\nrow = { a = 1 }\n[ask.rows]\ntime = "t"\nvalue = "v"\n',
            "10:1: ask.row",
            "there is no such key here",
        ),
        (
            JSON + '[ask]\nurl = "{url}/x"\n[ask.rows]\nvalue = "v"\nshows = "newest"\n'
            'match = { k = "{key}" }\n',
            "12:1: ask.rows.shows",
            "newest needs the time",
        ),
        (
            '[submit]\njson = {}\n[submit.rows]\nat = "x"\n',
            "3:1: submit.rows.answers",
            "are missing",
        ),
        (
            '[limits]\nrows = 2\n[submit]\nurl = "{url}/{key}"\ncsv = ["{value}"]\n[submit.rows]\n',
            "3:1: submit",
            "{key} is one reading's",
        ),
        ('[value]\nunit = "kg"\n' + JSON, "2:1: value.unit", "kg is not one of Wh, kWh"),
        ("[value]\ndecimals = -1\n" + JSON, "2:1: value.decimals", "from 0 to 9"),
        ('[value]\nrounding = "up"\n' + JSON, "2:1: value.rounding", "refuse, truncate, round"),
        ('[value]\nmark = ","\n' + JSON, "2:1: value.mark", "has a point"),
        ('[time]\nas = "local"\n' + JSON, "1:1: time.pattern", "is needed"),
        ('[time]\nas = "local"\npattern = "%d.%m.%Y"\n' + JSON, "3:1: time.pattern", "{day}"),
        ('[time]\npattern = "%H%M"\n' + JSON, "2:1: time.pattern", "local"),
        *(
            (f'[time]\nday = "{day}"\n{JSON}', "2:1: time.day", "names no day of a month of a year")
            for day in ("%m", "%d.%m.", "%d %Y", "%m/%Y", "%j", "%H")
        ),
        (
            '[time]\nas = "local"\npattern = "%d.%m. %H:%M"\n' + JSON,
            "3:1: time.pattern",
            "is needed",
        ),
        ("[limits]\nrows = 0\n" + JSON, "2:1: limits.rows", "from 1 to 1000"),
        ("[limits]\nrows = 5\n" + JSON, "4:1: submit.row", "is missing"),
        ('[auth]\nkind = "magic"\n' + JSON, "2:1: auth.kind", "is not one of none, key"),
        ('[auth]\nkind = "key"\n' + JSON, "1:1: auth.headers", "is missing"),
        ('[auth]\nkind = "bearer"\nscope = "x"\n' + JSON, "3:1: auth.scope", "no such key"),
        (
            '[auth]\nkind = "hmac"\nmessage = "{body}"\nheaders = { A = "x" }\n' + JSON,
            "4:1: auth.headers",
            "{signature} stands nowhere",
        ),
        (
            '[auth]\nkind = "oauth2"\ntoken_url = "http://a.example/t"\n' + JSON,
            "3:1: auth.token_url",
            "https://",
        ),
        ('[auth]\nkind = "login"\n' + JSON, "1:1: auth.login", "is missing"),
        (
            '[auth]\nkind = "login"\n[auth.login]\nurl = "{url}/in"\ntoken = "t"\n'
            '[auth.refresh]\nurl = "{url}/again"\n' + JSON,
            "3:1: auth.login.refresh",
            "is missing",
        ),
        (JSON + "[ask]\nurl = '{url}/x'\n", "8:1: ask.answers", "are missing"),
        (JSON + '[ask]\nurl = "{url}/{session}"\n', "9:1: ask.url", "{session}"),
        (
            JSON + '[ask]\nurl = "{url}/x"\n[ask.rows]\nvalue = "v"\n',
            "10:1: ask.rows.time",
            "is missing",
        ),
        (JSON + '[probe]\nurl = "{url}/x"\n', "8:1: probe.where", "is missing"),
        ('url = "http://a.example"\n' + JSON, "1:1: url", "https://"),
        ('url = "https://a.example:99999"\n' + JSON, "1:1: url", "its port is none"),
        ('url = "https://a.example/my path"\n' + JSON, "1:1: url", "a space"),
        ('url = "https://a.example:x"\n' + JSON, "1:1: url", "its port is none"),
        ("[submit]\njson = { a = 1 }\n" + PROVEN, "1:1: submit", "names no {value}"),
        (
            '[submit]\njson = { a = ["all {rows}"] }\nrow = { v = "{value}" }\n' + PROVEN,
            "2:1: submit.json",
            "{rows} stands for a list",
        ),
        ('[meters.meter]\nuuid = ""\n' + JSON, "2:1: meters.meter.uuid", "a text is needed"),
        ("[meters]\nmeter = 3\n" + JSON, "2:1: meters.meter", "a table is needed"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, where: str, what: str) -> None:
    """One line: the file, the line, the column, the key, and what is wrong with it."""
    message = problem(text)
    assert message.startswith(f"mine.toml:{where}: "), message
    assert what in message


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{vlaue}", "do you mean {value}?"),
        ("{meter.}", "there is no placeholder {meter.} here"),
        ("{account.contract}", "there is no contract in [account]"),
        ("{", "write {{ for a brace"),
        ("{signature}", "there is no placeholder {signature} here"),
    ],
)
def test_unknown_placeholder(text: str, meant: str) -> None:
    """It is an error when the file is read, at its very key."""
    message = problem(f'[submit]\nheaders = {{ X-A = "{text}" }}\n{PROVEN}')
    assert message.startswith("mine.toml:2:1: submit.headers.X-A: ")
    assert meant in message


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ('outcome = "accepted"\nreceipt = "id"', "answers[1].status: is missing"),
        ('status = 302\noutcome = "unknown"', "answers[1].status"),
        ('status = "ok"\noutcome = "unknown"', "answers[1].status"),
        ("status = 200", "answers[1].outcome: is missing"),
        ('status = 200\noutcome = "fine"', "'fine' is not one of accepted"),
        ('status = 200\noutcome = "accepted"', "HTTP 200 alone is no acceptance"),
        (
            'status = 200\noutcome = "accepted"\nwhere = { ok = true }',
            "HTTP 200 alone is no acceptance",
        ),
        ('status = 201\noutcome = "accepted"', "HTTP 200 alone is no acceptance"),
        (
            'status = "2xx"\noutcome = "accepted"\necho = { device = "{meter.device}" }',
            "HTTP 200 alone is no acceptance",
        ),
        ('status = 409\noutcome = "accepted"\nreceipt = "id"', "only a 2xx accepts"),
        ('status = 409\noutcome = "already"', "already needs `value`"),
        ('status = 200\noutcome = "rejected"', "the status alone does not prove rejected"),
        ('status = "5xx"\noutcome = "later"', "the status alone does not prove later"),
        ('status = 404\noutcome = "not_there"', "is not one of"),
        ('status = 400\noutcome = "rejected"\nreceipt = "id"', "no such key"),
        ('status = 400\noutcome = "rejected"\nwait = "x"', "no such key"),
        ('status = 400\noutcome = "rejected"\npattern = "("', "is no pattern"),
        ('status = 400\noutcome = "rejected"\nreason = "a..b"', "reason: 'a..b' has an empty step"),
        ('status = 200\noutcome = "accepted"\nreceit = "id"', "do you mean receipt?"),
        ('status = 400\noutcome = "rejected"\nwhere = { a = 1.5 }', "a text, a whole number"),
        ('status = 400\noutcome = "rejected"\nwhere = { a = [] }', "a text, a whole number"),
    ],
)
def test_a_rule_that_proves_too_little(rule: str, what: str) -> None:
    """It is refused before anything is sent."""
    message = problem(with_rule(rule))
    assert message.startswith("mine.toml:")
    assert what in message


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ('[auth]\nkind = "bearer"\n' + JSON, "TOKEN"),
        ('[auth]\nkind = "basic"\n' + JSON, "SECRET"),
        ('[submit]\nheaders = { X-U = "{user}", V = "{value}" }\n' + PROVEN, "USER"),
    ],
)
def test_a_setting_that_the_file_uses_is_not_set(text: str, setting: str) -> None:
    """It is named."""
    message = problem(text, token=None, user=None if setting == "USER" else "me")
    assert message == f"METERCTL_UTILITY_{setting} is not set, and json needs it"


def test_no_url_anywhere() -> None:
    """The setting is named."""
    assert problem(JSON, None) == "METERCTL_UTILITY_URL is not set: where json takes readings"


def test_a_batch_whose_request_is_about_one_reading() -> None:
    """What is one reading's may stand in the row alone."""
    text = (
        "[limits]\nrows = 5\n[submit]\n"
        'url = "{url}/x"\njson = { all = "{rows}" }\nrow = { v = "{value}" }\n'
    )
    rows = (
        '[submit.rows]\nat = "all"\n[[submit.rows.answers]]\nstatus = 200\n'
        'outcome = "accepted"\nreceipt = "id"\n'
    )
    described(text + rows, URL)
    assert "there is no placeholder {key} here" in problem(
        text.replace("{url}/x", "{url}/{key}") + rows
    )
    assert "submit.rows: is missing" in problem(text + PROVEN)
    assert "belongs to [[submit.rows.answers]]" in problem(text + PROVEN + rows)


def test_a_user_changes_what_is_shipped() -> None:
    """Only what is theirs may stand in their file."""
    with pytest.raises(ConfigError) as caught:
        described('[value]\nunit = "Wh"\n', URL, "energytracker")
    assert caught.value.message.startswith("mine.toml:2:1: value.unit: there is no such key here")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]", "[::1]:80"])
def test_this_machine_itself(host: str) -> None:
    """It may be spoken to without TLS."""
    assert described(f'url = "http://{host}/x"\n{JSON}', None).channel == "api"


@pytest.mark.parametrize("name", ["energytracker", "mindergas", "volkszaehler", "emoncms"])
def test_what_is_shipped(name: str) -> None:
    """Each of our own files can be read."""
    assert described("", URL, name).channel == "api"


ROW = """[submit]
json = { v = "{value}" }
[submit.rows]
[[submit.rows.answers]]
status = 200
outcome = "accepted"
receipt = "id"
"""
ASK = """[ask]
url = "{url}/x"
query = { day = "{day}" }
"""
LIST = f"""{ASK}[ask.rows]
time = "t"
value = "v"
"""


@pytest.mark.parametrize(
    "text",
    [
        f"{ROW}pattern = 'ok'\n",
        f"{JSON}{LIST}[[ask.rows.answers]]\nstatus = 200\noutcome = \"rejected\"\npattern = 'no'\n",
    ],
)
def test_a_pattern_for_a_row(text: str) -> None:
    """It would find what another row says."""
    assert "pattern: a row has no text: use where" in problem(text)


HEADS = [f"{ASK}[[ask.answers]]\n", f"{LIST}[[ask.rows.answers]]\n"]
TAKEN = 'status = 201\nwhere = { ok = true }\noutcome = "accepted"\n'


@pytest.mark.parametrize("proof", ["", 'receipt = "id"', 'count = "n"', 'echo = { d = "{day}" }'])
@pytest.mark.parametrize("head", HEADS)
def test_an_acceptance_of_any_reading(head: str, proof: str) -> None:
    """A question without {key} may be answered with another reading: the value has to be ours."""
    assert "row names {key}: name the `value`" in problem(f"{JSON}{head}{TAKEN}{proof}\n")


@pytest.mark.parametrize("proof", ['value = "v"', 'echo = { k = "{key}" }'])
@pytest.mark.parametrize("head", HEADS)
def test_an_acceptance_of_ours(head: str, proof: str) -> None:
    """What repeats the reading is a proof; so is a receipt, where the question names the key."""
    described(f"{JSON}{head}{TAKEN}{proof}\n", URL)
    keyed = head.replace("{day}", "{key}").replace('time = "t"', 'match = { k = "{key}" }')
    described(f'{JSON}{keyed}{TAKEN}receipt = "id"\n', URL)


@pytest.mark.parametrize(
    ("asks", "is_needed"),
    [
        (f'{LIST}shows = "all"\n', True),
        (f'{LIST}shows = "newest"\n', True),
        (f'{ASK}[[ask.answers]]\nstatus = 404\nwhere = {{ a = 1 }}\noutcome = "not_there"\n', True),
        (LIST, False),
    ],
)
def test_when_it_shows_what_it_took(asks: str, *, is_needed: bool) -> None:
    """Without a key in the submission that is to be named: what is not there is sent again."""
    keyless = with_rule('status = 204\noutcome = "unknown"')
    if is_needed:
        assert "ask: what it does not show is sent again" in problem(keyless + asks)
    else:
        described(keyless + asks, URL)
    assert described(f"[limits]\nsettles = 7\n{keyless}{asks}", URL).bounds.settles == 7.0
    assert described(JSON + asks, URL).bounds.settles == 0.0


@pytest.mark.parametrize("name", ["energytracker", "volkszaehler", "emoncms"])
def test_more_at_once_than_is_shipped(name: str) -> None:
    """It is the user's line that is wrong."""
    with pytest.raises(ConfigError) as caught:
        described("[limits]\nrows = 5\n", URL, name)
    assert caught.value.message == f"mine.toml:2:1: limits.rows: {name} takes 1 in one request"
    assert described("[limits]\nsettles = 9\n", URL, name).bounds.settles == 9.0
