"""Whose request it is: the address that limits and the audit log go by.

A header can be written by anyone. It counts only as far as a configured proxy has handed it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)

from meterctl.errors import UsageError, shown

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"  # a peer without an address, as behind a Unix socket

_MAPPED = IPv6Network("::ffff:0:0/96")
_LONGEST = 64  # characters of an address with its port and zone; longer is not even kept in mind
_HOUSEHOLD = 64  # bits of an IPv6 address that a provider gives one customer, at least


def parse_trusted(values: Sequence[str]) -> tuple[Network, ...]:
    """The proxies of `--trusted-proxy`, each an address or a network.

    Raises:
        UsageError: one is neither, or it would trust everyone.
    """
    return tuple(_trusted(value.strip()) for value in values)


def _trusted(value: str) -> Network:
    example = "give an address or a network, such as 10.0.0.7 or 10.0.0.0/24"
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise UsageError(
            f"--trusted-proxy {shown(value)} is no address and no network", example
        ) from None
    if ip_interface(value).ip != network.network_address:
        raise UsageError(
            f"--trusted-proxy {shown(value)} is neither one address nor a whole network",
            f"did you mean {network}?",
        )
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        network = IPv4Network(
            (int(network.network_address) & 0xFFFFFFFF, network.prefixlen - _MAPPED.prefixlen)
        )
    if network.prefixlen == 0:
        raise UsageError(
            f"--trusted-proxy {shown(value)} would let anyone choose an address", example
        )
    return network


def client_address(peer: str | None, forwarded: Sequence[bytes], trusted: Sequence[Network]) -> str:
    """The address of the client: the peer's, or what trusted proxies say of theirs.

    Args:
        peer: The other end of the connection, if it has an address.
        forwarded: The values of X-Forwarded-For, in the order of the headers.
        trusted: The proxies that are believed.
    """
    if peer is None:
        return UNKNOWN
    if not forwarded:
        return _plain(peer)
    here = _address(peer)
    if here is None:
        return peer
    if forwarded and _is_trusted(here, trusted):
        # Each proxy appends whom it heard from: the last is the nearest.
        for hop in reversed(b",".join(forwarded).split(b",")):
            text = hop.strip().decode("latin-1")
            there = _address(text) if len(text) <= _LONGEST else None
            if there is None:
                break
            here = there
            if not _is_trusted(here, trusted):
                break
    return str(here)


def grouped(address: str) -> str:
    """An address as limits count it: one customer of a provider has a whole /64 of IPv6."""
    here = _address(address)
    if isinstance(here, IPv6Address):
        return str(IPv6Network((here, _HOUSEHOLD), strict=False))
    return address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """An address as a peer or a proxy writes it: with a port perhaps, or a zone."""
    if text.startswith("["):
        text, bracket, port = text[1:].partition("]")
        if not bracket or not (port == "" or (port[0] == ":" and _is_port(port[1:]))):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(port):
            return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=1024)
def _plain(peer: str) -> str:
    """A peer's address as it is written here, for those that come again and again."""
    here = _address(peer)
    return peer if here is None else str(here)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
