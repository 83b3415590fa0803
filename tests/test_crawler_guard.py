from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.guard import AddressForbiddenError, AddressGuard, ResolveRule, parse_resolve, why_forbidden

FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",  # shared by carriers, RFC 6598
    "100.100.100.200",  # a cloud's metadata service
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",  # a cloud's metadata service, public by the registry
    "169.254.0.1",
    "169.254.169.254",  # most clouds' metadata service
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",  # a cloud's metadata service, in RFC 6890's protocol assignments
    "192.0.2.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",  # NAT64 of one's own network, RFC 8215
    "100::1",  # discard only
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:c0a8:1::1",  # 6to4 of 192.168.0.1
    "3fff::1",  # documentation, RFC 9637
    "5f00::1",  # segment routing, RFC 9602
    "fc00::1",
    "fd00:ec2::254",  # a cloud's metadata service
    "fe80::1",
    "fec0::1",
    "ff02::1",
]

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2600::1",
    "2a00:1450::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_address_outside_the_public_internet_is_forbidden(address: str) -> None:
    reason = why_forbidden(ip_address(address))
    assert reason
    assert reason.startswith(("a ", "an ", "not ", "the "))


@pytest.mark.parametrize("address", PUBLIC)
def test_address_of_the_public_internet_is_allowed(address: str) -> None:
    assert why_forbidden(ip_address(address)) is None


@given(st.ip_addresses())
def test_what_is_allowed_is_global(address: object) -> None:
    parsed = ip_address(str(address))
    if why_forbidden(parsed) is None:
        wrong = (parsed.is_loopback, parsed.is_link_local, parsed.is_multicast, parsed.is_unspecified)
        assert not any(wrong)
        assert parsed.is_global or parsed.version == 6


@given(st.ip_addresses(v=4))
def test_embedded_address_is_judged_as_itself(address: object) -> None:
    inner = ip_address(str(address))
    number = int(inner)
    for outer in (f"::ffff:{inner}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"):
        assert why_forbidden(ip_address(outer)) == why_forbidden(inner)
    assert why_forbidden(ip_address(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1")) == why_forbidden(inner)


def test_only_the_allowed_addresses_of_a_host_are_left_ipv4_first() -> None:
    addresses = [ip_address(text) for text in ("2600::1", "127.0.0.1", "8.8.8.8", "::1", "1.1.1.1")]
    allowed = AddressGuard().allowed("a.example", addresses)
    assert [str(address) for address in allowed] == ["8.8.8.8", "1.1.1.1", "2600::1"]


def test_host_with_no_allowed_address_is_refused_with_the_reason() -> None:
    with pytest.raises(AddressForbiddenError, match=r"a\.example is at 10\.0\.0\.1, a private address"):
        AddressGuard().allowed("a.example", [ip_address("10.0.0.1"), ip_address("::1")])
    assert AddressGuard().allowed("a.example", []) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a.example:80:127.0.0.1", ("a.example", 80, "127.0.0.1", 80)),
        ("a.example:443:127.0.0.1:8443", ("a.example", 443, "127.0.0.1", 8443)),
        ("A.Example.:80:10.0.0.1", ("a.example", 80, "10.0.0.1", 80)),
        ("*:80:127.0.0.1:8080", ("*", 80, "127.0.0.1", 8080)),
        ("a.example:80:::1", ("a.example", 80, "::1", 80)),
        ("a.example:80:[::1]", ("a.example", 80, "::1", 80)),
        ("a.example:80:[2001:db8::1]:8080", ("a.example", 80, "2001:db8::1", 8080)),
        ("10.0.0.1:80:127.0.0.1", ("10.0.0.1", 80, "127.0.0.1", 80)),
    ],
)
def test_resolve_rule_is_read(text: str, rule: tuple[str, int, str, int]) -> None:
    host, port, address, to_port = rule
    assert parse_resolve(text) == ResolveRule(host, port, ip_address(address), to_port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example",
        "a.example:80",
        "a.example:80:",
        "a.example::127.0.0.1",
        "a.example:http:127.0.0.1",
        "a.example:0:127.0.0.1",
        "a.example:65536:127.0.0.1",
        "a.example:-1:127.0.0.1",
        "a.example:²:127.0.0.1",
        ":80:127.0.0.1",
        "a.example:80:localhost",
        "a.example:80:127.0.0.1:0",
        "a.example:80:127.0.0.1:x",
        "a.example:80:[::1",
        "a.example:80:[::1]8080",
        "a.example:80:[127.0.0.1]x",
        "a.example:80:127.0.0.256",
        "a.example:" + "9" * 5000 + ":127.0.0.1",
    ],
)
def test_malformed_rule_is_shown_with_a_right_one(text: str) -> None:
    with pytest.raises(ValueError, match="is not HOST:PORT:ADDRESS, such as"):
        parse_resolve(text)


@given(st.text(alphabet=st.sampled_from("a.:[]*018 "), max_size=25))
def test_any_rule_is_read_or_refused(text: str) -> None:
    try:
        parse_resolve(text)
    except ValueError as error:
        assert "is not HOST:PORT:ADDRESS" in str(error)  # noqa: PT017  # some are rules


def test_rule_that_names_the_host_goes_before_the_one_for_all() -> None:
    guard = AddressGuard(map(parse_resolve, ["*:80:127.0.0.1", "a.example:80:127.0.0.2"]))

    def target(host: str, port: int = 80) -> str | None:
        rule = guard.rule_for(host, port)
        return str(rule.address) if rule else None

    assert target("a.example") == target("A.EXAMPLE.") == "127.0.0.2"
    assert target("b.example") == "127.0.0.1"
    assert target("a.example", 443) is None


def test_rule_lifts_the_refusal_for_its_host_and_port_alone() -> None:
    guard = AddressGuard([parse_resolve("a.example:80:127.0.0.1")])
    assert guard.rule_for("127.0.0.1", 80) is None
    with pytest.raises(AddressForbiddenError):
        guard.allowed("a.example", [ip_address("127.0.0.1")])
