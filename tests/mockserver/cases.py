"""The hostile exchanges: what is sent, byte for byte, and what is to be concluded from it.

A case is served by its `host_of`. To add one, add an entry.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import brotli

from mockserver.steps import Answer, Close, Pause, Reset, redirect, respond

try:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALL_BYTES", "BODY", "CASES", "MAX_BYTES", "TIMEOUT", "Case", "host_of", "zstd"]

BODY = b"<!doctype html><title>A page</title><p>Some words that a page says.</p>\n" * 4
ALL_BYTES = bytes(range(256)) * 5
MAX_BYTES = 200_000
"""`max_bytes` of the crawl that the cases are for."""
MAX_HEAD_BYTES = 2 * 1024 * 1024
"""What a crawl takes of a head (`crawler.protocol`)."""
TIMEOUT = 2.0
"""`timeout` of it, in seconds."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a host answers, and what a crawl must make of it."""

    paths: Mapping[str, tuple[Answer, ...]]
    """By path: the answers to the first, second, ... request; the last one is repeated."""
    outcome: str = "fetched"
    status: int | None = 200
    payload: bytes | None = BODY
    """Of the last exchange: transfer-decoded, still content-encoded; None when no response came."""
    truncated: str | None = None
    final_path: str = "/"
    least: int | None = None
    """How many of the bytes sent must have been kept, where the client may hang up before all has arrived; None: all.

    What is sent in one small piece arrives in one, and is kept whole also where its first line is refused.
    """


def _case(  # a case is what it is
    *steps: bytes | Pause | Close | Reset,
    outcome: str = "fetched",
    status: int | None = 200,
    payload: bytes | None = BODY,
    truncated: str | None = None,
    least: int | None = None,
) -> Case:
    return Case({"/": (steps,)}, outcome, status, payload, truncated, least=least)


def _raw(head: bytes, body: bytes = BODY) -> bytes:
    """Return a message from a head with `|` for its line ends."""
    return head.replace(b"|", b"\r\n") + b"\r\n\r\n" + body


_FILLER = b"X-Filler: " + b"and so on " * 100 + b"\r\n"
_LENGTH = b"Content-Length: %d" % len(BODY)
_HTML = b"HTTP/1.1 200 OK|Content-Type: text/html|"
_OPEN_ENDED = _HTML + b"Connection: close"
_CHUNKED = _HTML + b"Transfer-Encoding: chunked"


def _chunks(body: bytes, size: int = 50, last: bytes = b"0\r\n\r\n", extension: bytes = b"") -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces) + last


def _coded(coding: bytes, body: bytes) -> Case:
    head = _HTML + b"Content-Encoding: " + coding + b"|Content-Length: %d" % len(body)
    return _case(_raw(head, body), payload=body)


def _coded_chunks(coding: bytes, body: bytes, size: int = 50) -> Case:
    return _case(_raw(_CHUNKED + b"|Content-Encoding: " + coding, _chunks(body, size)), payload=body)


def _raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def _refused(status: bytes, body: bytes) -> Case:
    """Return a 3xx that browsers don't follow, though it names a place."""
    return _case(
        redirect(status, b"/next", body=body), outcome="http-error", status=int(status.split()[0]), payload=body
    )


def _redirected(status: bytes, body: bytes = b"moved") -> Case:
    return Case(
        {"/": ((redirect(status, b"/next", body=body),),), "/next": ((respond(body=BODY),),)}, final_path="/next"
    )


_HEADERS: dict[str, Case] = {
    "plain": _case(_raw(_HTML + _LENGTH)),
    "odd-case": _case(_raw(b"HTTP/1.1 200 OK|cOnTeNt-TyPe: text/html|CONTENT-LENGTH: %d|x-oDD: Yes" % len(BODY))),
    "no-space-after-colon": _case(_raw(b"HTTP/1.1 200 OK|Date:Thu, 01 Jan 2026 00:00:00 GMT|" + _LENGTH)),
    "spaces-around-value": _case(_raw(b"HTTP/1.1 200 OK|X-Wide:   a   |X-Tab:\tb\t|" + _LENGTH + b"  ")),
    "repeated-set-cookie": _case(_raw(_HTML + b"Set-Cookie: a=1|Set-Cookie: b=2; Path=/|Set-Cookie: a=1|" + _LENGTH)),
    "odd-set-cookie": _case(
        _raw(_HTML + b"Set-Cookie: \xff=\xfe; Expires=never|Set-Cookie:|Set-Cookie: =;=|" + _LENGTH)
    ),
    "latin-1-header": _case(
        _raw(_HTML + b"X-Author: Ren\xe9e|Content-Disposition: inline; filename=\xe9.html|" + _LENGTH)
    ),
    "utf-8-header": _case(_raw(_HTML + "X-Author: 東京|".encode() + _LENGTH)),
    "control-bytes-in-header": _case(_raw(_HTML + b"X-Control: a\x00b\x01c\x7fd\x0be|" + _LENGTH)),
    "cr-in-header": _case(_raw(_HTML + b"X-Bare: a\rb|" + _LENGTH)),
    "folded-header": _case(_raw(_HTML + b"X-Folded: one|  two|\tthree|" + _LENGTH)),
    "bare-lf": _case(_raw(_HTML + _LENGTH).replace(b"\r\n", b"\n", 4)),
    "no-reason": _case(_raw(b"HTTP/1.1 200|" + _LENGTH)),
    "empty-reason": _case(_raw(b"HTTP/1.1 200 |" + _LENGTH)),
    "latin-1-reason": _case(_raw(b"HTTP/1.1 200 C'est tr\xe8s bien|" + _LENGTH)),
    "line-without-colon": _case(_raw(b"HTTP/1.1 200 OK|no colon here|" + _LENGTH)),
    "header-without-name": _case(_raw(b"HTTP/1.1 200 OK|: nameless|" + _LENGTH)),
    "space-before-colon": _case(_raw(b"HTTP/1.1 200 OK|X-Space : a|" + _LENGTH)),
    "many-headers": _case(_raw(_HTML + b"".join(b"X-%d: %s|" % (n, b"v" * 1000) for n in range(300)) + _LENGTH)),
    "300-kilobyte-header": _case(_raw(_HTML + b"X-Long: " + b"0123456789" * 30_000 + b"|" + _LENGTH)),
    "long-header-line": _case(_raw(_HTML + b"Content-Security-Policy: " + b"a.example " * 4000 + b"|" + _LENGTH)),
    "odd-content-type": _case(_raw(b"HTTP/1.1 200 OK|Content-Type: \xff; charset=\xfe|" + _LENGTH)),
    "unknown-charset": _case(_raw(b"HTTP/1.1 200 OK|Content-Type: text/html; charset=martian|" + _LENGTH)),
    "no-content-type": _case(_raw(b"HTTP/1.1 200 OK|" + _LENGTH)),
    "icy": _case(_raw(b"ICY 200 OK|" + _LENGTH), outcome="truncated", truncated="unspecified"),
    "status-of-twenty-digits": _case(
        _raw(b"HTTP/1.1 99999999999999999999 OK|" + _LENGTH),
        Close(),
        outcome="reset",
        status=None,
        payload=None,
        truncated="unspecified",
    ),
    "status-with-a-sign": _case(
        _raw(b"HTTP/1.1 +200 OK|" + _LENGTH),
        Close(),
        outcome="reset",
        status=None,
        payload=None,
        truncated="unspecified",
    ),
    # In a site's own name; what a proxy asks for itself is another matter.
    "status-407": _case(
        _raw(b'HTTP/1.1 407 Who are you|Proxy-Authenticate: Basic realm="site"|' + _LENGTH),
        outcome="http-error",
        status=407,
    ),
    "status-999": _case(_raw(b"HTTP/1.1 999 Request denied|" + _LENGTH), outcome="http-error", status=999),
}

_BODIES: dict[str, Case] = {
    "empty": _case(respond(), payload=b""),
    "all-bytes": _case(respond(b"Content-Type: application/octet-stream", body=ALL_BYTES), payload=ALL_BYTES),
    "http-1.0": _case(_raw(b"HTTP/1.0 200 OK|Content-Type: text/html"), Close()),
    "until-close": _case(_raw(_OPEN_ENDED), Close()),
    "until-close-no-header": _case(_raw(b"HTTP/1.1 200 OK"), Close()),
    "until-close-reset": _case(_raw(_OPEN_ENDED), Reset(), outcome="truncated", truncated="disconnect"),
    "body-too-short": _case(_raw(_HTML + b"Content-Length: 999"), Close(), outcome="truncated", truncated="disconnect"),
    "body-too-long": _case(_raw(_HTML + b"Content-Length: 10"), payload=BODY[:10]),
    "equal-lengths": _case(_raw(_HTML + _LENGTH + b"|" + _LENGTH)),
    "conflicting-lengths": _case(
        _raw(_HTML + _LENGTH + b"|Content-Length: 3"),
        Close(),
        outcome="truncated",
        payload=None,
        truncated="unspecified",
    ),
    "length-no-number": _case(
        _raw(_HTML + b"Content-Length: many"),
        Close(),
        outcome="truncated",
        payload=None,
        truncated="unspecified",
    ),
    "chunked": _case(_raw(_CHUNKED, _chunks(BODY))),
    "chunked-capitals": _case(
        _raw(_HTML + b"TRANSFER-ENCODING: Chunked", b"00%X\r\n%s\r\n000\r\n\r\n" % (len(BODY), BODY))
    ),
    "chunked-extensions": _case(_raw(_CHUNKED, _chunks(BODY, extension=b';name="value; with 0"'))),
    "chunked-trailers": _case(_raw(_CHUNKED + b"|Trailer: X-Sum", _chunks(BODY, last=b"0\r\nX-Sum: 12\r\n\r\n"))),
    "chunked-many-trailers": _case(
        _raw(_CHUNKED, _chunks(BODY, last=b"0\r\nX-A:b\r\nx-a: \xe9\r\nSet-Cookie: t=1\r\n\r\n"))
    ),
    "chunked-drip": _case(
        _raw(_CHUNKED, b""),
        *(step for byte in _chunks(b"slow", 2) for step in (bytes([byte]), Pause(0.01))),
        payload=b"slow",
    ),
    "chunked-one-byte-chunks": _case(_raw(_CHUNKED, _chunks(BODY, 1))),
    "chunked-cut": _case(_raw(_CHUNKED, b"fff\r\n" + BODY), Close(), outcome="truncated", truncated="disconnect"),
    "chunked-no-last": _case(
        _raw(_CHUNKED, _chunks(BODY, last=b"")), Close(), outcome="truncated", truncated="disconnect"
    ),
    "chunked-reset": _case(
        _raw(_CHUNKED, _chunks(BODY, last=b"")), Reset(), outcome="truncated", truncated="disconnect"
    ),
    "chunked-malformed": _case(
        _raw(_CHUNKED, b"5\r\nhello\r\nzz\r\n" + BODY),
        Close(),
        outcome="truncated",
        payload=b"hello",
        truncated="disconnect",
    ),
    "chunked-and-length": _case(_raw(_CHUNKED + b"|Content-Length: 3", _chunks(BODY))),
    "unknown-transfer-coding": _case(
        _raw(_HTML + b"Transfer-Encoding: strange"),
        Close(),
        outcome="truncated",
        payload=None,
        truncated="unspecified",
    ),
    "continue": _case(b"HTTP/1.1 100 Continue\r\n\r\n" + _raw(_HTML + _LENGTH)),
    "early-hints": _case(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
        Pause(0.05),
        b"HTTP/1.1 102 Processing\r\n\r\n" + _raw(_HTML + _LENGTH),
    ),
    "switching-protocols": _case(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nPRI",
        Close(),
        outcome="truncated",
        status=101,
        payload=None,
        truncated="disconnect",
    ),
    "drip": _case(_raw(_HTML + b"Content-Length: 20", b""), *(b"12345", Pause(0.1)) * 4, payload=b"12345" * 4),
    "split-head": _case(
        b"HTTP/1.1 20",
        Pause(0.05),
        b"0 OK\r\nContent-Le",
        Pause(0.05),
        b"ngth: 2\r\n\r",
        Pause(0.05),
        b"\nok",
        payload=b"ok",
    ),
}

_GZIPPED = gzip.compress(BODY, mtime=0)
_BOMB = gzip.compress(bytes(30_000_000), mtime=0)
_CODINGS: dict[str, Case] = {
    "gzip": _coded(b"gzip", _GZIPPED),
    "x-gzip": _coded(b"X-GZip", _GZIPPED),
    "gzip-members": _coded(b"gzip", gzip.compress(BODY[:50], mtime=0) + gzip.compress(BODY[50:], mtime=0)),
    "gzip-cut": _coded(b"gzip", _GZIPPED[:-20]),
    "gzip-trailing-garbage": _coded(b"gzip", _GZIPPED + b"\x00garbage"),
    "gzip-twice": _coded(b"gzip, gzip", gzip.compress(_GZIPPED, mtime=0)),
    "deflate": _coded(b"deflate", zlib.compress(BODY)),
    "deflate-raw": _coded(b"deflate", _raw_deflate(BODY)),
    "brotli": _coded(b"br", brotli.compress(BODY)),
    "zstd": _coded(b"zstd", zstd.compress(BODY)),
    "zstd-then-gzip": _coded(b"zstd, gzip", gzip.compress(zstd.compress(BODY), mtime=0)),
    "no-gzip-at-all": _coded(b"gzip", BODY),
    "no-brotli-at-all": _coded(b"br", BODY),
    "empty-gzip": _coded(b"gzip", b""),
    "unknown-coding": _coded(b"martian", BODY),
    "latin-1-coding": _coded(b"\xe9\xff", BODY),
    "gzip-then-brotli": _coded(b"gzip, br", brotli.compress(_GZIPPED)),
    "two-coding-fields": _coded(b"gzip|Content-Encoding: br", brotli.compress(_GZIPPED)),
    "coding-said-twice": _coded(b"gzip|Content-Encoding: gzip", _GZIPPED),
    "until-close-gzip": _case(_raw(_OPEN_ENDED + b"|Content-Encoding: gzip", _GZIPPED), Close(), payload=_GZIPPED),
    "chunked-gzip": _coded_chunks(b"gzip", _GZIPPED),
    "chunked-deflate": _coded_chunks(b"deflate", zlib.compress(BODY)),
    "chunked-deflate-raw": _coded_chunks(b"deflate", _raw_deflate(BODY)),
    "chunked-brotli": _coded_chunks(b"br", brotli.compress(BODY)),
    "chunked-zstd": _coded_chunks(b"zstd", zstd.compress(BODY)),
    "chunked-gzip-twice": _coded_chunks(b"gzip, gzip", gzip.compress(_GZIPPED, mtime=0)),
    "gzip-bomb": _coded(b"gzip", _BOMB),
    "gzip-twice-bomb": _coded(b"gzip, gzip", gzip.compress(_BOMB, mtime=0)),
    "deflate-bomb": _coded(b"deflate", zlib.compress(bytes(30_000_000))),
    "brotli-bomb": _coded(b"br", brotli.compress(bytes(30_000_000), quality=1)),
    "zstd-bomb": _coded(b"zstd", zstd.compress(bytes(30_000_000))),
    "chunked-gzip-bomb": _coded_chunks(b"gzip", gzip.compress(bytes(20_000_000), mtime=0), 5000),
}

_STATUSES: dict[str, Case] = {
    "no-content": _case(b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", status=204, payload=b""),
    "not-modified-unasked": _case(
        b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', outcome="http-error", status=304, payload=b""
    ),
    "partial-content": _case(respond(status=b"206 Partial Content", body=BODY), outcome="truncated", status=206),
    "not-modified-unasked-with-length": _case(
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n", outcome="http-error", status=304, payload=b""
    ),
    "reset-content": _case(respond(status=b"205 Reset Content"), status=205, payload=b""),
    "multiple-choices": _refused(b"300 Multiple Choices", BODY),
    "multiple-choices-bare": _refused(b"300 Multiple Choices", b""),
    "use-proxy": _refused(b"305 Use Proxy", BODY),
    "use-proxy-bare": _refused(b"305 Use Proxy", b""),
    "switch-proxy": _refused(b"306 Switch Proxy", BODY),
    "unknown-3xx": _refused(b"399 Elsewhere", b""),
    "not-found": _case(respond(status=b"404 Not Found", body=BODY), outcome="http-error", status=404),
    "gone": _case(respond(status=b"410 Gone", body=BODY), outcome="http-error", status=410),
    "legal-reasons": _case(respond(status=b"451 Unavailable", body=BODY), outcome="http-error", status=451),
    "unauthorized": _case(
        respond(b'WWW-Authenticate: Basic realm="x"', status=b"401 Unauthorized", body=BODY),
        outcome="http-error",
        status=401,
    ),
    "server-error": _case(respond(status=b"500 Oops", body=BODY), outcome="http-error", status=500),
    "server-error-once": Case({"/": ((respond(status=b"502 Bad Gateway"),), (respond(body=BODY),))}),
}

_FOLLOWED = (
    b"301 Moved Permanently",
    b"302 Found",
    b"303 See Other",
    b"307 Temporary Redirect",
    b"308 Permanent Redirect",
)
_REDIRECTS: dict[str, Case] = {
    **{f"moved-{status.split()[0].decode()}": _redirected(status) for status in _FOLLOWED},
    **{f"moved-{status.split()[0].decode()}-bare": _redirected(status, b"") for status in _FOLLOWED},
    "moved-chunked": Case(
        {
            "/": ((_raw(b"HTTP/1.1 302 Found|Location: /next|Transfer-Encoding: chunked", _chunks(BODY)),),),
            "/next": ((respond(body=BODY),),),
        },
        final_path="/next",
    ),
    "moved-until-close": Case(
        {
            "/": ((_raw(b"HTTP/1.0 301 Moved|Location: /next"), Close()),),
            "/next": ((respond(body=BODY),),),
        },
        final_path="/next",
    ),
    "relative-location": Case(
        {
            "/": ((redirect(b"302 Found", b"a/b/c?x=1#part"),),),
            "/a/b/c?x=1": ((redirect(b"302 Found", b"../d"),),),
            "/a/d": ((redirect(b"302 Found", b"//relative-location.wire.test/last"),),),
            "/last": ((respond(body=BODY),),),
        },
        final_path="/last",
    ),
    "latin-1-location": Case(
        {"/": ((redirect(b"302 Found", b"/caf\xe9"),),), "/caf%E9": ((respond(body=BODY),),)},
        final_path="/caf%E9",
    ),
    "spaced-location": Case(
        {"/": ((redirect(b"302 Found", b"/a b"),),), "/a%20b": ((respond(body=BODY),),)}, final_path="/a%20b"
    ),
    "cookie-wall": Case(
        {
            "/": (
                (redirect(b"302 Found", b"/check", b"Set-Cookie: seen=1", b"Set-Cookie: id=abc; Path=/; HttpOnly"),),
                (respond(body=BODY),),
            ),
            "/check": ((redirect(b"302 Found", b"/", b"Set-Cookie: seen=2"),),),
        }
    ),
    "redirect-loop": Case(
        {"/": ((redirect(b"302 Found", b"/again"),),), "/again": ((redirect(b"302 Found", b"/"),),)},
        outcome="redirect-loop",
        status=302,
        payload=b"",
    ),
    "redirect-without-location": _case(respond(status=b"302 Found", body=BODY), outcome="http-error", status=302),
    "redirect-to-mail": _case(
        redirect(b"302 Found", b"mailto:a@b.example", body=BODY), outcome="http-error", status=302
    ),
    "redirect-to-file": _case(
        redirect(b"302 Found", b"file:///etc/hostname", body=BODY), outcome="http-error", status=302
    ),
    "redirect-to-nonsense": _case(redirect(b"302 Found", b"http://[bad", body=BODY), outcome="http-error", status=302),
    "redirect-to-no-host": _case(
        redirect(b"302 Found", b"http://7nk9o%9}A\x01T<%FFt/", body=BODY), outcome="http-error", status=302
    ),
    "redirect-to-bad-port": _case(
        redirect(b"302 Found", b"http://a.example:port/", body=BODY), outcome="http-error", status=302
    ),
    "meta-refresh": Case(
        {
            "/": ((respond(b"Content-Type: text/html", body=b'<meta http-equiv="refresh" content="0; url=/next">'),),),
            "/next": ((respond(b"Content-Type: text/html", body=BODY),),),
        },
        final_path="/next",
    ),
    "meta-refresh-self": _case(
        respond(b"Content-Type: text/html", body=b'<meta http-equiv="refresh" content="3; url=/">'),
        payload=b'<meta http-equiv="refresh" content="3; url=/">',
    ),
    "meta-refresh-nonsense": _case(
        respond(b"Content-Type: text/html", body=b'<meta http-equiv="refresh" content="0; url=http://[x">'),
        payload=b'<meta http-equiv="refresh" content="0; url=http://[x">',
    ),
    "two-cookies-one-capture": _case(respond(b"Set-Cookie: a=1", body=BODY)),
}

_LENGTH_OF_300_KB = _raw(_HTML + b"Content-Length: 300000", b"")
_ENDS: dict[str, Case] = {
    "reset-at-once": _case(Reset(), outcome="reset", status=None, payload=None),
    "closed-at-once": _case(Close(), outcome="reset", status=None, payload=None),
    "reset-in-status-line": _case(
        b"HTTP/1.1 2", Reset(), outcome="reset", status=None, payload=b"", truncated="disconnect"
    ),
    "closed-in-head": _case(
        b"HTTP/1.1 200 OK\r\nContent-Ty", Close(), outcome="truncated", payload=b"", truncated="disconnect"
    ),
    "reset-in-head": _case(
        b"HTTP/1.1 200 OK\r\nContent-Ty", Reset(), outcome="truncated", payload=b"", truncated="disconnect"
    ),
    "reset-behind-early-hints": _case(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Ty",
        Reset(),
        outcome="truncated",
        payload=b"",
        truncated="disconnect",
    ),
    "reset-in-status-line-behind-early-hints": _case(
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2",
        Reset(),
        outcome="truncated",
        status=103,
        payload=b"",
        truncated="disconnect",
    ),
    "reset-in-body": _case(_raw(_HTML + b"Content-Length: 9999"), Reset(), outcome="truncated", truncated="disconnect"),
    "no-http": _case(
        b"220 mail.example ESMTP\r\n", Close(), outcome="reset", status=None, payload=None, truncated="unspecified"
    ),
    "html-without-head": _case(
        b"<html>\n\n" + BODY, Close(), outcome="reset", status=None, payload=None, truncated="unspecified"
    ),
    "silent": _case(Pause(20), outcome="timeout", status=None, payload=None),
    "silent-after-head": _case(_raw(_HTML + _LENGTH, b""), Pause(20), outcome="timeout", payload=b"", truncated="time"),
    "silent-in-body": _case(_raw(_HTML + b"Content-Length: 9999"), Pause(20), outcome="timeout", truncated="time"),
    "endless-drip": _case(
        _raw(_OPEN_ENDED, b""),
        *(b"drip ", Pause(0.2)) * 100,
        outcome="timeout",
        payload=None,
        truncated="time",
        least=len(_raw(_OPEN_ENDED, b"drip drip ")),
    ),
    "too-large-by-length": _case(
        _LENGTH_OF_300_KB + bytes(300_000),
        outcome="too-large",
        payload=None,
        truncated="length",
        least=len(_LENGTH_OF_300_KB) + MAX_BYTES,
    ),
    "too-large-by-length-and-cut": _case(
        _LENGTH_OF_300_KB + BODY, Close(), outcome="too-large", truncated="disconnect"
    ),
    "too-large-by-length-and-reset": _case(
        _LENGTH_OF_300_KB + BODY, Reset(), outcome="too-large", truncated="disconnect"
    ),
    "too-large-by-length-and-silent": _case(_LENGTH_OF_300_KB + BODY, Pause(20), outcome="too-large", truncated="time"),
    "too-large-by-bytes": _case(
        _raw(_CHUNKED, _chunks(bytes(2_000_000), 65536)),
        outcome="too-large",
        payload=None,
        truncated="length",
        least=len(_raw(_CHUNKED, b"")) + MAX_BYTES,
    ),
    "endless-head": _case(
        b"HTTP/1.1 200 OK\r\n" + _FILLER * 2_700,
        outcome="too-large",
        payload=None,
        truncated="length",
        least=MAX_HEAD_BYTES,
    ),
    "endless-interim-responses": _case(
        (b"HTTP/1.1 100 Continue\r\n" + _FILLER + b"\r\n") * 2_600,
        outcome="too-large",
        status=100,
        payload=None,
        truncated="length",
        least=MAX_HEAD_BYTES,
    ),
    "just-not-too-large": _case(respond(body=bytes(MAX_BYTES)), payload=bytes(MAX_BYTES)),
}

CASES: dict[str, Case] = {**_HEADERS, **_BODIES, **_CODINGS, **_STATUSES, **_REDIRECTS, **_ENDS}


def host_of(name: str) -> str:
    """Return the host of a case: one of two sites', so that two fetching processes have something to do."""
    return f"{name}.wire.{'example' if name < 'm' else 'test'}"
