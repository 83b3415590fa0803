"""What the server answers, by host and path.

- `NAME.wire.example` and `NAME.wire.test`: the case NAME of `cases.py`.
- `NAME.polite.example` and `NAME.robots.example`: hosts that ask crawlers for something.
- `NAME.audited.example`: how a server answers for pages that it doesn't have, see `audited.py`.
- `NAME.archiving.example`: web archives, see `archiving.py`.
- `/to/HOST/PATH` of any host below `onward.example` or `elsewhere.example`, two sites: sent on to there.
- `NAME.slow.example` and `shared.common.example`: takes its time for every path, robots.txt too.
- `NAME.held.example`: answers when the test calls `MockServer.let_go` with the host; its robots.txt at once.
- `KIND.large.example`: bodies of any size, see `large.py`.
- any other host: a small page on every path, no robots.txt.
"""

from __future__ import annotations

import gzip
from random import Random

from mockserver.archiving import archive_answer
from mockserver.audited import audited_answer
from mockserver.cases import CASES
from mockserver.large import large_answer
from mockserver.steps import Answer, Close, Cut, Hold, Pause, page, redirect, respond

_NO_ROBOTS: Answer = (respond(status=b"404 Not Found"),)
_BUSY: Answer = (respond(b"Retry-After: 2", status=b"503 Service Unavailable", body=b"busy"),)
_FAILING_ONCE: tuple[Answer, ...] = ((respond(status=b"503 Service Unavailable"),), (page("well again"),))
_THREE_MEBIBYTES = b"# nothing more to say\n" * 143_000


def _zipped(body: bytes, *fields: bytes) -> Answer:
    return (respond(b"Content-Encoding: gzip", *fields, body=gzip.compress(body, mtime=0)),)


def _robots(text: bytes) -> Answer:
    return (respond(b"Content-Type: text/plain", body=text),)


ROBOTS: dict[str, tuple[Answer, ...]] = {
    "disallow.robots.example": (_robots(b"User-agent: *\nDisallow: /private\n"),),
    "by-name.robots.example": (_robots(b"User-agent: *\nDisallow:\n\nUser-agent: sourcekeep\nDisallow: /\n"),),
    "other-name.robots.example": (_robots(b"User-agent: otherbot\nDisallow: /\n"),),
    "missing.robots.example": ((respond(status=b"404 Not Found", body=b"User-agent: *\nDisallow: /\n"),),),
    "forbidden.robots.example": ((respond(status=b"403 Forbidden", body=b"no"),),),
    "down.robots.example": ((respond(status=b"503 Service Unavailable"),),),
    "down-once.robots.example": (
        (respond(b"Set-Cookie: robots=1; Path=/", status=b"500 Internal Server Error"),),
        _robots(b"User-agent: *\nDisallow: /private\n"),
    ),
    "silent.robots.example": ((Pause(30),),),
    "moved.robots.example": ((redirect(b"301 Moved Permanently", b"http://disallow.robots.example/robots.txt"),),),
    "looping.robots.example": ((redirect(b"302 Found", b"/robots.txt"),),),
    "no-number.robots.example": ((b"HTTP/1.1 99999999999999999999 OK\r\nContent-Length: 0\r\n\r\n",),),
    "garbage.robots.example": (_robots(bytes(range(256)) * 40),),
    "html.robots.example": (_robots(b"<html><body>User-agent: *<p>Disallow: /</body></html>"),),
    "bom.robots.example": (_robots(b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /private\r\n"),),
    "long.example": (_zipped(b"User-agent: *\nDisallow: /private\n" + _THREE_MEBIBYTES),),
    "crawl-delay.polite.example": (_robots(b"User-agent: *\nCrawl-delay: 0.6\n"),),
    "robots-busy.polite.example": (_BUSY, _robots(b"User-agent: *\nDisallow: /private\n")),
}


def _undeclared(before: bytes) -> Answer:
    """Return a long page in UTF-8 that doesn't say so, and sends browsers to a URL that isn't ASCII."""
    refresh = '<meta http-equiv="refresh" content="0; url=/größe">'.encode()
    return (respond(b"Content-Type: text/html", body=refresh + before + "ü".encode() * 20_000),)


_ANSWERS: dict[tuple[str, str], tuple[Answer, ...]] = {
    ("long.example", "/refreshing"): (
        _zipped(b'<meta http-equiv="refresh" content="0; url=/end">' + _THREE_MEBIBYTES, b"Content-Type: text/html"),
    ),
    ("long.example", "/undeclared/even"): (_undeclared(b""),),
    ("long.example", "/undeclared/odd"): (_undeclared(b"x"),),
    ("busy.common.example", "/first"): (_BUSY, (page("no longer busy"),)),
    ("busy.polite.example", "/first"): (_BUSY, (page("no longer busy"),)),
    ("closed.polite.example", "/first"): (
        (respond(b"Retry-After: 86400", status=b"429 Too Many Requests", body=b"tomorrow"),),
    ),
    # The server closes the connection that it promised to keep, just as the next request may come.
    ("forgetful.polite.example", "/1"): ((page("kept"), Close()),),
    ("forgetful.polite.example", "/2"): ((page("kept"), Close()),),
    ("mixed.polite.example", "/a"): ((redirect(b"302 Found", b"/a-end", b"Set-Cookie: a=1; Path=/"),),),
    ("mixed.polite.example", "/b"): ((redirect(b"302 Found", b"/b-end"),),),
    ("cookieless.polite.example", "/a"): ((redirect(b"302 Found", b"/a-end", b"Set-Cookie: a=1; Path=/"),),),
    # Longer than the longest delay: a second connection would overlap.
    ("slow.polite.example", "/1"): ((Pause(0.8), page("one")),),
    ("slow.polite.example", "/2"): ((Pause(0.8), page("two")),),
    ("slow.polite.example", "/3"): ((Pause(0.8), page("three")),),
    ("long.interrupted.example", "/"): ((Pause(20), page("late")),),
    ("chain.interrupted.example", "/"): ((Hold("chain.interrupted.example"), redirect(b"302 Found", b"/behind")),),
    ("failing.interrupted.example", "/"): ((respond(status=b"503 Service Unavailable"),),),
    ("broken-retry.interrupted.example", "/epoll"): _FAILING_ONCE,
    ("broken-retry.interrupted.example", "/asyncio"): _FAILING_ONCE,
    ("big.interrupted.example", "/"): ((respond(body=Random(1).randbytes(900_000)),),),
    ("zeros.interrupted.example", "/"): ((respond(body=bytes(3_000_000)),),),
    ("upgrade.polite.example", "/"): ((redirect(b"301 Moved Permanently", b"https://good.secure.example/end"),),),
    ("cut.secure.example", "/behind-body"): ((page("whole"), Cut()),),
    ("cut.secure.example", "/in-body"): ((b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nnot whole", Cut()),),
    ("cut.secure.example", "/for-an-end"): ((b"HTTP/1.1 200 OK\r\n\r\nno length", Cut()),),
    ("into-private.robots.example", "/"): (
        (redirect(b"302 Found", b"http://disallow.robots.example/private/from-elsewhere"),),
    ),
    ("to-private-address.robots.example", "/"): ((redirect(b"302 Found", b"http://10.1.2.3:81/secret"),),),
    ("to-loopback.robots.example", "/"): ((redirect(b"302 Found", b"http://localhost:8080/secret"),),),
}


def answer_to(host: str, path: str, visit: int) -> Answer:
    """Return the answer to the *visit*-th request (from 0) for a path; the last one of a list is repeated."""
    if path.startswith("/to/") and host.endswith((".onward.example", ".elsewhere.example")):
        return (redirect(b"302 Found", b"http://" + path.removeprefix("/to/").encode()),)
    if host.endswith(".slow.example") or host == "shared.common.example":
        return (Pause(0.2), page(path))
    if path == "/robots.txt":
        answers = ROBOTS.get(host, (_NO_ROBOTS,))
    elif host.endswith((".wire.example", ".wire.test")):
        answers = CASES[host.rpartition(".wire.")[0]].paths.get(path, ((respond(status=b"404 Not Found"),),))
    elif host.endswith(".audited.example"):
        return audited_answer(host, path)
    elif host.endswith(".archiving.example"):
        return archive_answer(host, path, visit)
    elif host.endswith(".held.example"):
        answers = ((Hold(host), page(path)),)
    elif host.endswith(".large.example"):
        answers = (large_answer(host, path),)
    else:
        answers = _ANSWERS.get((host, path), ((page(f"{host}{path}"),),))
    return answers[min(visit, len(answers) - 1)]
