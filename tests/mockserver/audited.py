"""Hosts whose links are audited: `NAME.audited.example`, by how they answer for pages that they don't have."""

from __future__ import annotations

from mockserver.steps import Answer, redirect, respond

_HTML = b"Content-Type: text/html; charset=utf-8"
_WORDS = (
    "ferry harbour engineer morning inspector bridge timetable council signal captain passengers report winter repair "
    "minister letter warning factory machine witness evening station teacher village"
).split()


def article_html(name: str, *, sentences: int = 40) -> bytes:
    """Return an article with a text of its own, of the words that *name* leads to."""
    start = sum(name.encode())
    words = [_WORDS[(start * step + step * step // 7) % len(_WORDS)] for step in range(1, 12 * sentences + 1)]
    lines = [" ".join(words[at : at + 12]).capitalize() + "." for at in range(0, len(words), 12)]
    paragraphs = "".join(f"<p>{' '.join(lines[at : at + 4])}</p>" for at in range(0, len(lines), 4))
    title = f"The story of {name}"
    html = f"<!doctype html><title>{title}</title><body><article><h1>{title}</h1>{paragraphs}</article></body>"
    return html.encode()


def article(name: str) -> bytes:
    """Return such an article as a response."""
    return respond(_HTML, body=article_html(name))


def listing(title: str) -> bytes:
    """Return a page of links, and nothing to read."""
    items = "".join(
        f'<li><a href="/{word}/{number}">The {word} and what it said</a></li>' for number, word in enumerate(_WORDS)
    )
    html = f"<!doctype html><title>{title}</title><h1>{title}</h1><ul>{items}</ul>"
    return respond(_HTML, body=html.encode())


_EMPTY = respond(_HTML, body=b"<!doctype html><html><head><title></title></head><body></body></html>")
_FORBIDDEN = respond(_HTML, status=b"403 Forbidden", body=b"no")
_GONE = respond(_HTML, status=b"404 Not Found", body=b"<title>404 Not Found</title><h1>Not Found</h1>")


def audited_answer(host: str, path: str) -> Answer:
    """Return what NAME.audited.example answers."""
    answers = {
        "honest": listing("News") if path == "/news/list" else _GONE,
        "alike": listing("Welcome"),
        "hollow": _EMPTY,
        "homing": listing("Home") if path == "/" else redirect(b"302 Found", b"/"),
        # Whatever it doesn't have, it sends to its one page.
        "leading": listing("All there is") if path == "/news/all" else redirect(b"302 Found", b"/news/all"),
        "walled": listing("News") if path in ("/news/list", "/robots.txt") else _FORBIDDEN,
        "various": listing("News") if path == "/news/list" else article(path),
        # Every answer is the same list, in other bytes: it says the name that was asked for.
        "changing": listing(f"Welcome to {path}"),
    }
    return (answers[host.removesuffix(".audited.example")],)
