"""Nothing that was sent is in an answer that refuses it, wherever it stood."""

from __future__ import annotations

import pytest

from tests.http.posting import PROBLEM, Poster

MARKER = "Wombat7391"
AT = "2026-03-01T00:00:00Z"
ECHOES: list[tuple[str, str, dict[str, str]]] = [
    ("/records/single", '{{"timestamp": "{at}", "meter": "{m}"}}', {}),
    ("/records/single", '{{"timestamp": "{at}", "{m}": 1}}', {}),
    ("/records/single", '{{"timestamp": "{m}", "meter": 1}}', {}),
    ("/records/single", '{{"timestamp": "{at}", "meter": 1, "starts_at": "{m}"}}', {}),
    ("/records/single", '{{"timestamp": "{at}", "meter": 1, "note": "{m}\\u0000"}}', {}),
    ("/records/single", '{{"timestamp": "{at}", "meter": {{"{m}": 1}}}}', {}),
    ("/records/single", '{{"{m}": 1, "{m}": 2}}', {}),
    ("/records/single", '{{"{m}"', {}),
    ("/records/single", "{m}", {}),
    ("/records/single", '"{m}"', {}),
    ("/records/single", "{{}}", {"Content-Type": "text/{m}"}),
    ("/records/single", "{{}}", {"Content-Encoding": "{m}"}),
    ("/records/single", "{{}}", {"Idempotency-Key": "{m} {m}"}),
    ("/records/single", "{{}}", {"Authorization": "Bearer {m}"}),
    ("/records/single", "{{}}", {"Authorization": "{m}"}),
    ("/records/single", "{{}}", {"Origin": "https://{m}.example", "X-{m}": "{m}"}),
    ("/records/single?{m}={m}", "{{}}", {}),
    ("/records/bulk?partial={m}", '{{"records": []}}', {}),
    ("/records/bulk", '{{"records": "{m}"}}', {}),
    ("/records/bulk", '{{"records": ["{m}"]}}', {}),
    ("/records/bulk", '{{"{m}": []}}', {}),
    ("/records/bulk", '{{"records": [{{"timestamp": "{m}", "{m}": "{m}"}}]}}', {}),
    ("/records/bulk", '{{"records": [{{"timestamp": "{at}", "{m}": "{m}"}}]}}', {}),
    ("/{m}", "{{}}", {}),
    ("/records/single/{m}", "{{}}", {}),
    ("/auth/token", '{{"clientId": "{m}", "clientSecret": "{m}"}}', {}),
    ("/auth/token", '{{"{m}": "{m}"}}', {}),
    ("/utility/push", '{{"dryRun": "{m}"}}', {}),
    ("/utility/push", '{{"{m}": true}}', {}),
]


@pytest.mark.parametrize(("path", "body", "headers"), ECHOES)
def test_refusals_echo_nothing(
    poster: Poster, path: str, body: str, headers: dict[str, str]
) -> None:
    """Whatever was sent, wherever it stood: neither body nor headers of the answer repeat it."""
    given = {"Content-Type": "application/json"} | {
        name.format(m=MARKER): value.format(m=MARKER) for name, value in headers.items()
    }
    answer = poster.http.post(
        path.format(m=MARKER), content=body.format(m=MARKER, at=AT), headers=given
    )
    assert answer.is_client_error, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    assert MARKER.lower() not in f"{answer.text} {answer.headers}".lower()
