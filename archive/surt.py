"""The SURT of a URL: its host turned round, `org,example)/path?query`, so that what belongs together sorts together.

It is the key of an index line (`archive.cdxj`), and replay programs look a page up by it. So it has to be what they
make of the URL that they are asked for: the form of the Wayback Machine, described in the Internet Archive's
webarchive-commons (`org.archive.url`, Apache License 2.0) and made by pywb. Much is folded for that: http and https,
user names, `www.` and `www2.`, capitals, percent-encoding, dot segments, the last slash, the order of parameters,
the session ids of ColdFusion, ASP, PHP and Java. Two pages can have one SURT; the URL itself stands in the line.
"""

from __future__ import annotations

import itertools
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

if TYPE_CHECKING:
    from collections.abc import Iterator

_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*):(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
"""RFC 3986 appendix B, with a scheme demanded."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WWW = re.compile(rb"www[0-9]*\.(?=.)")
_DOTS = re.compile(rb"\.{2,}")
_IPV4_NUMBERS = re.compile(rb"[0-9]+(?:\.[0-9]+){1,3}")
_HEX = {
    b"%c%c" % pair: bytes([int(b"%c%c" % pair, 16)]) for pair in itertools.product(b"0123456789abcdefABCDEF", repeat=2)
}
_LONGEST_NAME = 3 * 253
"""Bytes of a host name (RFC 1035) in UTF-8 beyond which it can be none; IDNA takes quadratic time."""
_NOT_KEPT = re.compile(rb"[\x00-\x20\x7f-\xff#%]")
_ASPX_SESSIONS = (
    re.compile(rb".*/(\((?:[a-z]\([0-9a-z]{24}\))+\)/)", re.DOTALL),
    re.compile(rb".*/(\([0-9a-z]{24}\)/)", re.DOTALL),
)
_SESSIONS = tuple(
    re.compile(rb"(.*)" + parameter + rb"(?:&(.*))?", re.DOTALL)
    for parameter in (
        rb"jsessionid=[0-9a-z]{32}",
        rb"phpsessid=[0-9a-z]{32}",
        rb"sid=[0-9a-z]{32}",
        rb"aspsessionid[a-z]{8}=[a-z]{24}",
        # The lookahead leaves the last one of several to match, which it would be anyway, in linear time.
        rb"cfid=[^&](?:(?!cfid=[^&])[^&])*&cftoken=[^&]+",
    )
)
"""The last parameter of each kind goes, as the Wayback Machine has it: also one whose name only ends so."""


def surt(url: str) -> str:
    """Return the SURT of the absolute URI *url*, ASCII without blanks; never raises.

    A URI without an authority (`urn:a:B`) keeps its scheme: `urn:a:b`. What is no URI, or has a port that is none,
    for which replay programs have no key, comes back as it is but for blanks.
    """
    match = _URI.fullmatch(url)
    try:
        return _of_parts(match).decode("ascii") if match else _escaped(url.encode("utf-8", "replace")).decode("ascii")
    except ValueError:
        return _escaped(url.encode("utf-8", "replace")).decode("ascii")


def _of_parts(match: re.Match[str]) -> bytes:
    """Return the SURT of a URI in its parts; raises ValueError for a port that is none."""
    scheme = match["scheme"].lower()
    path, query = _unescaped(match["path"]), _unescaped(match["query"] or "")
    if match["authority"]:
        start = _authority(scheme, match["authority"])
        path = _without_dots(path)
    else:
        start = scheme.encode("ascii") + b":"
    path = _without_aspx_session(_escaped(path).lower())
    if len(path) > 1:
        path = path.removesuffix(b"/")
    query = _sorted(_without_sessions(_escaped(query).lower()))
    return start + path + (b"?" + query if query else b"")


def _authority(scheme: str, authority: str) -> bytes:
    split = SplitResult(scheme, authority, "", "", "")
    port = split.port
    host = b",".join(reversed(_host(split.hostname or "").split(b".")))
    return host + (b":%d)" % port if port and port != _DEFAULT_PORTS.get(scheme) else b")")


def _host(name: str) -> bytes:
    raw = _unescaped(name)
    try:
        # IDNA 2003, though browsers have gone on to UTS 46: the key must be what replay programs make of the name.
        host = raw if len(raw) > _LONGEST_NAME else raw.decode("utf-8", "ignore").encode("idna")
    except UnicodeError:
        host = raw
    host = _DOTS.sub(b".", host.strip(b"."))
    return _WWW.sub(b"", _ipv4(host) or _escaped(host).lower(), count=1)


def _ipv4(host: bytes) -> bytes | None:
    """Return the address that the numbers of *host* stand for, as the C library reads them; None for a name."""
    if host.isdigit():
        return socket.inet_ntoa((int(host) & 0xFFFFFFFF).to_bytes(4, "big")).encode("ascii")
    if not _IPV4_NUMBERS.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.decode("ascii"))).encode("ascii")
    except OSError:
        return None


def _unescaped(text: str) -> bytes:
    """Return *text* as UTF-8 without percent-encoding, however often it was applied.

    An escape may come of others (`%2%35`), so each is undone where it ends; passes over the whole would take
    quadratic time for one that was applied a hundred thousand times.
    """
    data = text.encode("utf-8", "replace")
    start = data.find(b"%")
    if start < 0:
        return data
    out = bytearray(data[:start])
    for byte in data[start:]:
        out.append(byte)
        while out[-3:-2] == b"%" and (plain := _HEX.get(bytes(out[-2:]))):
            out[-3:] = plain
    return bytes(out)


def _escaped(data: bytes) -> bytes:
    return _NOT_KEPT.sub(lambda match: b"%%%02X" % match[0][0], data)


def _without_dots(path: bytes) -> bytes:
    """Return *path* without dot segments and doubled slashes; `..` above the root stays, and the next one undoes it."""
    kept: list[bytes] = []
    for segment in path.split(b"/")[1:]:
        if segment == b".." and kept:
            kept.pop()
        elif segment != b".":
            kept.append(segment)
    return b"/" + b"/".join([*filter(None, kept[:-1]), *kept[-1:]])


def _without_aspx_session(path: bytes) -> bytes:
    """Return *path* without the session id that stands in a folder of its own before an ASP.NET page."""
    for pattern in _ASPX_SESSIONS:
        page = path.partition(b"?")[0].rfind(b".aspx")
        if page > 0 and (match := pattern.match(path, 0, page - 1)):
            path = path[: match.start(1)] + path[match.end(1) :]
    return path


def _without_sessions(query: bytes) -> bytes:
    for pattern in _SESSIONS:
        if match := pattern.fullmatch(query):
            query = match[1] + (match[2] or b"")
    return query


def _sorted(query: bytes) -> bytes:
    return b"&".join(b"=".join(pair) for pair in sorted(_pairs(query)))


def _pairs(query: bytes) -> Iterator[list[bytes]]:
    for parameter in query.split(b"&"):
        yield parameter.split(b"=", 1)
