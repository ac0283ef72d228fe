"""Whose request it is: only configured proxies are believed, and only as far as they speak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.errors import UsageError
from meterctl.http.addresses import UNKNOWN, client_address, grouped, parse_trusted

PROXIES = parse_trusted(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        pytest.param("192.0.2.1", [], "192.0.2.1", id="a stranger"),
        pytest.param("192.0.2.1", [b"198.51.100.7"], "192.0.2.1", id="a stranger who claims"),
        pytest.param("127.0.0.1", [], "127.0.0.1", id="a proxy that says nothing"),
        pytest.param("127.0.0.1", [b"198.51.100.7"], "198.51.100.7", id="a proxy"),
        pytest.param(
            "127.0.0.1", [b"203.0.113.9, 198.51.100.7"], "198.51.100.7", id="a client that claims"
        ),
        pytest.param(
            "127.0.0.1",
            [b"203.0.113.9, 198.51.100.7,10.1.1.1 , 10.2.2.2"],
            "198.51.100.7",
            id="several proxies",
        ),
        pytest.param(
            "127.0.0.1",
            [b"203.0.113.9", b"198.51.100.7", b"10.1.1.1"],
            "198.51.100.7",
            id="several headers",
        ),
        pytest.param("127.0.0.1", [b"10.1.1.1, 10.2.2.2"], "10.1.1.1", id="proxies alone"),
        pytest.param("127.0.0.1", [b"unknown"], "127.0.0.1", id="garbage"),
        pytest.param(
            "127.0.0.1",
            [b"198.51.100.7, <script>, 10.2.2.2"],
            "10.2.2.2",
            id="garbage before a good one",
        ),
        pytest.param("127.0.0.1", [b""], "127.0.0.1", id="empty"),
        pytest.param("127.0.0.1", [b"198.51.100.7,"], "127.0.0.1", id="a trailing comma"),
        pytest.param("127.0.0.1", [b"1" * 16_000], "127.0.0.1", id="endless"),
        pytest.param("127.0.0.1", [b"\xff\xfe"], "127.0.0.1", id="no text"),
        pytest.param("127.0.0.1", [b"198.51.100.7:4711"], "198.51.100.7", id="with a port"),
        pytest.param("127.0.0.1", [b"[2001:db8::1]:4711"], "2001:db8::1", id="IPv6 with a port"),
        pytest.param("127.0.0.1", [b"[2001:db8::1]"], "2001:db8::1", id="IPv6 in brackets"),
        pytest.param("127.0.0.1", [b"2001:DB8:0::1"], "2001:db8::1", id="IPv6 written otherwise"),
        pytest.param("127.0.0.1", [b"[2001:db8::1]4711"], "127.0.0.1", id="brackets and more"),
        pytest.param("127.0.0.1", [b"[2001:db8::1"], "127.0.0.1", id="an open bracket"),
        pytest.param("127.0.0.1", [b"198.51.100.7:x"], "127.0.0.1", id="no port"),
        pytest.param("127.0.0.1", [b"fe80::1%eth0"], "fe80::1", id="a zone"),
        pytest.param("127.0.0.1", [b"198.051.100.7"], "127.0.0.1", id="leading zeros"),
        pytest.param("::ffff:192.0.2.1", [], "192.0.2.1", id="mapped"),
        pytest.param("::ffff:127.0.0.1", [b"198.51.100.7"], "198.51.100.7", id="a mapped proxy"),
        pytest.param(
            "127.0.0.1", [b"198.51.100.7, ::ffff:10.1.1.1"], "198.51.100.7", id="a mapped hop"
        ),
        pytest.param("fd00::1", [b"2001:db8::1"], "2001:db8::1", id="an IPv6 proxy"),
        pytest.param(None, [b"198.51.100.7"], UNKNOWN, id="a Unix socket"),
        pytest.param("testclient", [b"198.51.100.7"], "testclient", id="a peer with a name"),
    ],
)
def test_whose_request_it_is(peer: str | None, forwarded: list[bytes], expected: str) -> None:
    """The peer's; or, from the nearest proxy on, the first address that is no proxy's."""
    assert client_address(peer, forwarded, PROXIES) == expected


def test_without_proxies() -> None:
    """The header means nothing, whoever writes it."""
    assert client_address("127.0.0.1", [b"198.51.100.7"], ()) == "127.0.0.1"


@given(st.lists(st.binary(max_size=80), max_size=4))
def test_any_header(forwarded: list[bytes]) -> None:
    """Nothing that a header holds is an error; what comes out is an address."""
    assert grouped(client_address("127.0.0.1", forwarded, PROXIES))
    assert client_address("192.0.2.1", forwarded, PROXIES) == "192.0.2.1"


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_who_counts_as_one(address: str, group: str) -> None:
    """An address of IPv4; of IPv6 its /64, in which anyone has as many addresses as they like."""
    assert grouped(address) == group


@pytest.mark.parametrize(
    ("value", "network"),
    [
        ("10.0.0.7", "10.0.0.7/32"),
        (" 10.0.0.0/24 ", "10.0.0.0/24"),
        ("fd00::7", "fd00::7/128"),
        ("FD00:0::/8", "fd00::/8"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:10.0.0.7", "10.0.0.7/32"),
    ],
)
def test_a_trusted_proxy(value: str, network: str) -> None:
    """An address or a network, in any spelling."""
    assert [str(one) for one in parse_trusted([value])] == [network]


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("", "no address", "such as 10.0.0.7"),
        ("proxy.example", "no address", "such as 10.0.0.7"),
        ("10.0.0.7:80", "no address", "such as 10.0.0.7"),
        ("10.0.0.0/33", "no address", "such as 10.0.0.7"),
        ("10.0.0.7/8", "neither", "did you mean 10.0.0.0/8?"),
        ("0.0.0.0/0", "anyone", "such as 10.0.0.7"),
        ("::/0", "anyone", "such as 10.0.0.7"),
        ("::ffff:0:0/96", "anyone", "such as 10.0.0.7"),
    ],
)
def test_no_trusted_proxy(value: str, message: str, hint: str) -> None:
    """Anything else is refused, and so is what would trust everyone."""
    with pytest.raises(UsageError, match=message) as caught:
        parse_trusted(["127.0.0.1", value])
    assert "--trusted-proxy" in caught.value.message
    assert hint in caught.value.hint
