"""Which hosts may be asked: https on a public address, or the simulators on 127.0.0.1 where those are allowed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from batchdrop.errors import ConfigurationError

_LOOPBACK = "127.0.0.1"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Addresses a network without IPv4 makes for IPv4 hosts (RFC 6052): the last 32 bits are the IPv4 address."""


@dataclass(frozen=True, slots=True)
class Base:
    """A service's base URL after the check. `place` is host and port as shown in errors."""

    url: str
    place: str
    path: str
    loopback: bool


def checked_base(text: str, *, allow_simulator: bool) -> Base:
    """The base URL, without a slash at its end. Raises ConfigurationError (HOST_REFUSED) unless the host rule holds.

    A name is checked again at each connection, see `public_addresses`.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _refused("the base URL cannot be read") from None
    if parts.username is not None or parts.query or parts.fragment or not host:
        raise _refused("a base URL is scheme, host and path only")
    loopback = parts.scheme == "http" and host == _LOOPBACK
    if loopback and not allow_simulator:
        raise _refused("simulators are not allowed here")
    if not loopback:
        _check_https(parts.scheme, host)
    place = f"{host}:{port}" if port else host
    return Base(text.rstrip("/"), place, parts.path.rstrip("/"), loopback)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; embedded IPv4 addresses count as themselves."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


def public_addresses(host: str, addresses: list[str]) -> list[str]:
    """The addresses, when all of them are public. Raises ConfigurationError (HOST_REFUSED) otherwise.

    One private address among public ones refuses the host: which one a connection takes is not ours to choose.
    """
    if not all(is_public(address) for address in addresses):
        raise _refused(f"{host} has an address that is not public")
    return addresses


def _check_https(scheme: str, host: str) -> None:
    if scheme != "https":
        raise _refused("only https is allowed; over http anybody on the way could read the key")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return  # a name
    public_addresses(host, [host])


def _refused(reason: str) -> ConfigurationError:
    return ConfigurationError(f"HOST_REFUSED: {reason}")
