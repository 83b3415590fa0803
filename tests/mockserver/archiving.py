"""Web archives of several habits: `NAME.archiving.example`, each with a TimeGate at `/web/` (RFC 7089)."""

from __future__ import annotations

from mockserver.audited import article_html
from mockserver.steps import Answer, redirect, respond

_HTML = b"Content-Type: text/html; charset=utf-8"
_AT = {
    "20120105000000": b"Memento-Datetime: Thu, 05 Jan 2012 00:00:00 GMT",
    "20140105000000": b"Memento-Datetime: Sun, 05 Jan 2014 00:00:00 GMT",
    "20160105000000": b"Memento-Datetime: Tue, 05 Jan 2016 00:00:00 GMT",
}
_BUSY = respond(b"Retry-After: 1", status=b"429 Too Many Requests", body=b"later")
_NONE = respond(status=b"404 Not Found", body=b"not archived")
_ERROR = b"<title>404 Not Found</title><body><h1>Not Found</h1></body>"


def _memento(at: str, body: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    return respond(_HTML, _AT[at], *fields, status=status, body=body)


def _bannered(name: str) -> bytes:
    return article_html(name).replace(b"<body>", b"<body><div>The banner of this archive</div>")


def archive_answer(host: str, path: str, visit: int) -> Answer:
    """Return what NAME.archiving.example answers to the *visit*-th request (from 0) for a path."""
    answer = _HABITS[host.removesuffix(".archiving.example")]
    return (_NONE if path == "/robots.txt" else answer(host.encode(), path, visit),)


def _redirecting(host: bytes, path: str, visit: int) -> bytes:
    """Answer as web.archive.org does; the first request is one too many."""
    name, _, url = path.removeprefix("/web/").partition("/")
    if name == "20120105000000id_":
        return _memento("20120105000000", article_html(url))
    if visit == 0:
        return _BUSY
    return redirect(b"302 Found", b"http://" + host + b"/web/20120105000000/" + path.removeprefix("/web/").encode())


def _direct(host: bytes, path: str, _: int) -> bytes:
    """Answer with the memento itself, and say where it is."""
    if path.startswith("/web/20120105000000id_/"):
        return _memento("20120105000000", article_html("raw"))
    at = b"Content-Location: http://" + host + b"/web/20120105000000/" + path.removeprefix("/web/").encode()
    return _memento("20120105000000", _bannered("raw"), at)


def _bannering(host: bytes, path: str, visit: int) -> bytes:
    """Give no raw bytes."""
    if path.startswith("/web/20120105000000id_/"):
        return _NONE
    return _direct(host, path, visit)


def _showing(host: bytes, path: str, visit: int) -> bytes:
    """Give no raw bytes of a redirect either, and lead on to what it led to."""
    if path.startswith("/web/20120105000000/"):
        onward = b"Location: /web/20140105000000/" + path.removeprefix("/web/20120105000000/").encode()
        return _memento("20120105000000", b"", onward, status=b"302 Found")
    if path.startswith("/web/20140105000000/"):
        return _memento("20140105000000", _bannered("shown"))
    return _bannering(host, path, visit)


def _undated(_: bytes, path: str, __: int) -> bytes:
    """Have no times in URLs."""
    if path == "/copies/17":
        return _memento("20120105000000", article_html("undated"))
    return redirect(b"302 Found", b"/copies/17")


def _linking(host: bytes, path: str, _: int) -> bytes:
    """Name the neighbours of each memento in its header; the newest two are error pages."""
    base = b"http://" + host + b"/web/"
    dates = {at: line.partition(b": ")[2] for at, line in _AT.items()}
    asked = path.removeprefix("/web/")[:14]
    if asked not in dates:
        return redirect(b"302 Found", base + b"20160105000000/" + path.removeprefix("/web/").encode())
    url = path[len("/web/20120105000000id_/") :].encode()
    order = list(dates)
    at = order.index(asked)
    named = {b"prev memento": at - 1, b"next memento": at + 1} if at >= 0 else {}
    links = [
        b'<%s%s/%s>; rel="%s"; datetime="%s"' % (base, order[other].encode(), url, relation, dates[order[other]])
        for relation, other in named.items()
        if 0 <= other < len(order)
    ]
    fields = [b"Link: " + b", ".join(links)]
    if asked == "20120105000000":
        return _memento(asked, article_html("linked"), *fields)
    return _memento(asked, _ERROR, *fields, status=b"404 Not Found")


def _refreshing(_: bytes, path: str, __: int) -> bytes:
    """Keep a page that sends browsers on, to a page of the live web."""
    away = b'<head><meta http-equiv="refresh" content="0; url=http://live.archiving.example/"></head><body>'
    if path.startswith("/web/20120105000000id_/"):
        return _memento("20120105000000", article_html("refreshing").replace(b"<body>", away))
    return redirect(b"302 Found", b"/web/20120105000000/" + path.removeprefix("/web/").encode())


_HABITS = {
    "redirecting": _redirecting,
    "direct": _direct,
    "bannering": _bannering,
    "showing": _showing,
    "undated": _undated,
    "linking": _linking,
    "refreshing": _refreshing,
    "empty": lambda *_: _NONE,
    "live": lambda *_: respond(_HTML, body=b"the live web"),
    "silent": lambda *_: respond(status=b"500 Internal Server Error"),
}
