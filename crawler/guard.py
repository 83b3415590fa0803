"""Which addresses may be connected to.

A crawler that follows other people's URLs is a way into the network that it runs in. So nothing is connected to but
addresses of the public internet; the look-up's result is checked, and that result is what is connected to (a name
that is looked up twice can answer twice: DNS rebinding).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY_HOST = "*"

# RFC 6052: IPv4 addresses inside IPv6 ones, for networks that translate.
_NAT64 = IPv6Network("64:ff9b::/96")
# Public by the registry, and answered inside one cloud by its own metadata service.
_METADATA = frozenset({ip_network("168.63.129.16/32")})
# In IANA's special-purpose registries, and not in the tables of every Python that this runs on.
_SPECIAL = tuple(ip_network(text) for text in ("192.0.0.0/24", "3fff::/20", "5f00::/16", "fec0::/10", "64:ff9b:1::/48"))

Address = IPv4Address | IPv6Address


class AddressForbiddenError(Exception):
    """Every address of a host is one that may not be connected to."""


@dataclass(frozen=True, slots=True)
class ResolveRule:
    """`HOST:PORT` is at *address* (and *to_port*), whatever DNS says, and may be connected to."""

    host: str
    port: int
    address: Address
    to_port: int


def parse_resolve(text: str) -> ResolveRule:
    """Read `HOST:PORT:ADDRESS`, or `HOST:PORT:ADDRESS:PORT` to go to another port there; IPv6 in brackets.

    HOST may be `*`. Raises ValueError that says what is wrong with *text*.
    """
    host, _, rest = text.partition(":")
    port, _, target = rest.partition(":")
    try:
        address, to_port = _split_target(target)
        return ResolveRule(
            host.strip().rstrip(".").lower() or _missing("host"),
            _port(port),
            ip_address(address),
            _port(to_port or port),
        )
    except ValueError as error:
        raise ValueError(f"{text!r} is not HOST:PORT:ADDRESS, such as news.example:80:127.0.0.1 ({error})") from error


def _split_target(target: str) -> tuple[str, str]:
    """Split `ADDRESS:PORT`, `[ADDRESS]:PORT` or an address alone; raises ValueError."""
    if target.startswith("["):
        address, bracket, rest = target[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("the brackets don't match")
        return address, rest[1:]
    if target.count(":") > 1:
        return target, ""
    address, _, to_port = target.partition(":")
    return address, to_port


def _missing(what: str) -> str:
    raise ValueError(f"the {what} is missing")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):  # noqa: PLR2004  # the range of TCP ports
        raise ValueError(f"{text!r} is no port")
    return int(text)


class AddressGuard:
    """Decides on addresses, by the rules given with `--resolve` and by their ranges."""

    def __init__(self, rules: Iterable[ResolveRule] = ()) -> None:
        self._rules = {(rule.host, rule.port): rule for rule in rules}

    def rule_for(self, host: str, port: int) -> ResolveRule | None:
        """Return the rule for *host* and *port*; one that names the host goes before `*`."""
        name = host.rstrip(".").lower()
        return self._rules.get((name, port)) or self._rules.get((ANY_HOST, port))

    def allowed(self, host: str, addresses: Iterable[Address]) -> list[Address]:
        """Return those of *addresses* that may be connected to, IPv4 first.

        Raises AddressForbiddenError, with the reason, when there are some and none may be.
        """
        refusals = {address: why_forbidden(address) for address in addresses}
        good = [address for address, reason in refusals.items() if reason is None]
        if refusals and not good:
            address, reason = next(iter(refusals.items()))
            raise AddressForbiddenError(f"{host} is at {address}, {reason}")
        return sorted(good, key=lambda address: address.version)


def why_forbidden(address: Address) -> str | None:
    """Return why *address* may not be connected to, or None: RFC 6890 and the registries that it names."""
    inner = _embedded(address)
    if inner is not None:
        return why_forbidden(inner)
    for kind in ("loopback", "link_local", "multicast", "unspecified", "private", "reserved"):
        if getattr(address, f"is_{kind}"):
            return f"a {kind.replace('_', '-')} address"
    if not address.is_global or any(address in network for network in _SPECIAL):
        return "not an address of the public internet"
    if any(address in network for network in _METADATA):
        return "the address of a cloud's metadata service"
    return None


def _embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, or None (mapped, 6to4, NAT64)."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
