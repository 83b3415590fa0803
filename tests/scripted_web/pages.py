"""What the scripted web's pages are made of: texts of `link_sites/a/` and `verdict_pages/a/` in frames, and walls."""

from __future__ import annotations

import tomllib
import zlib
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.steps import redirect, respond

from bench import verdict_pages

if TYPE_CHECKING:
    from scripted_web import ScriptedLink

PART = "a"
_FRAMES = ("bare", "plain", "news", "wordpress", "office")
_HTML = b"Content-Type: text/html; charset=utf-8"
_ETAG = b'ETag: "the only version"'
_SHOP = "garden-shop"
_LINK_TEXTS = Path(__file__).parent.parent / "link_sites" / PART / "texts.toml"
_PHRASES = {
    "401": b"401 Unauthorized",
    "403": b"403 Forbidden",
    "404": b"404 Not Found",
    "410": b"410 Gone",
    "429": b"429 Too Many Requests",
    "451": b"451 Unavailable For Legal Reasons",
    "500": b"500 Internal Server Error",
    "502": b"502 Bad Gateway",
    "503": b"503 Service Unavailable",
}
_REDIRECTS = {"home": "/", "shop-home": "/", "list": "/news/", "login": "/login?next="}
MOVED = "/archive"
"""The directory to which pages move."""
NO_TEXT = frozenset({"like", "empty", "shop", "shop-home"})
"""Answers that a whole site may give to every name."""


class Text(NamedTuple):
    """An article."""

    language: str
    headline: str
    byline: str
    paragraphs: tuple[str, ...]


@cache
def texts() -> dict[str, Text]:
    """Return the articles by their names."""
    found = {**verdict_pages.texts(PART), **tomllib.loads(_LINK_TEXTS.read_text(encoding="utf-8"))}
    return {name: _text(each) for name, each in found.items() if "text" in each}


def _text(said: dict[str, Any]) -> Text:
    paragraphs = tuple(said["text"].strip().split("\n\n"))
    return Text(said.get("lang", "en"), said["headline"], said["byline"], paragraphs)


@cache
def answer(link: ScriptedLink, word: str) -> bytes:
    """Return what a link answers where the script says *word*; KeyError for a word that means nothing."""
    if word.startswith("moved"):
        host = link.host.replace("www.", "new.") if word == "moved-host" else link.host
        return redirect(b"301 Moved Permanently", f"http://{host}{MOVED}{link.path}".encode())
    if word in _REDIRECTS:
        return redirect(b"302 Found", (_REDIRECTS[word] + (link.path if word == "login" else "")).encode())
    if word in _PHRASES:
        return error(word)
    return page(link, word)


def error(word: str) -> bytes:
    """Return a server's own page for a status."""
    title = _PHRASES[word].decode()
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><hr></body></html>"
    return respond(_HTML, status=_PHRASES[word], body=html.encode())


@cache
def page(link: ScriptedLink, word: str) -> bytes:
    """Return a page, not modified for whoever says so if *word* is `304`."""
    if word == "304":
        return respond(_ETAG, status=b"304 Not Modified").replace(b"Content-Length: 0\r\n", b"")
    if word == "like":
        return _labelled(link.like or "")
    if word == "empty":
        return respond(_HTML, body=b"<!doctype html><html><head><title></title></head><body></body></html>")
    if word == "pdf":
        lines = [line for part in texts()[link.text].paragraphs for line in _lines(part)]
        return respond(b"Content-Type: application/pdf", body=verdict_pages._pdf(lines))
    body = _filled(link, _worded(link, word), "shop" if word == "shop" else _frame(link)).encode()
    return respond(_HTML, *([_ETAG] if word == "tagged" else []), body=body)


def listing(link: ScriptedLink) -> bytes:
    """Return a site's list of stories, in its language."""
    language = texts()[link.text].language
    titles = [text.headline for text in texts().values() if text.language == language]
    titles += verdict_pages.site_of(language)["related"]
    items = "".join(f'<li><a href="/stories/{n}">{escape(title)}</a></li>' for n, title in enumerate(titles * 3))
    entry = {"name": link.host, "skeleton": _frame(link), "lang": language, "main": f"<ul>{items}</ul>"}
    return respond(_HTML, body=verdict_pages.fill(PART, entry).encode())


def _labelled(name: str) -> bytes:
    entry = verdict_pages.entries(PART)[name]
    headers = {"Content-Type": "text/html; charset=utf-8", **entry.get("headers", {})}
    fields = [f"{field}: {value}".encode() for field, value in headers.items()]
    status = f"{entry.get('status', 200)} As it is".encode()
    return respond(*fields, status=status, body=verdict_pages.body(PART, entry))


def _worded(link: ScriptedLink, word: str) -> Text:
    """Return the text that stands in a link's place."""
    text, other = texts()[link.text], _other(link.text)
    shortest = min(text.paragraphs, key=len)
    first, second, *rest = text.paragraphs
    worded = {
        "text": text,
        "tagged": text,
        # A slip is put right: a letter more, a letter less.
        "corrected": text._replace(paragraphs=(first, second[1:], *rest)),
        "edited": text._replace(paragraphs=(*text.paragraphs, other.paragraphs[0])),
        "rewritten": text._replace(paragraphs=(*other.paragraphs, shortest)),
        "other": other,
        "shop": texts()[_SHOP],
    }
    return worded[word]


def _other(name: str) -> Text:
    """Return another text in the same language; in English where there is none."""
    language = texts()[name].language
    names = [each for each, text in texts().items() if text.language == language and each != name]
    return texts()[names[0] if names else "harvest"]


def _filled(link: ScriptedLink, text: Text, frame: str) -> str:
    body = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in text.paragraphs)
    entry = {"name": link.host, "skeleton": frame, "lang": text.language, "url": link.url}
    return verdict_pages.fill(PART, entry | {"headline": text.headline, "byline": text.byline, "body": body})


def _frame(link: ScriptedLink) -> str:
    return _FRAMES[zlib.crc32(link.host.encode()) % len(_FRAMES)]


def _lines(paragraph: str) -> list[str]:
    """Return a paragraph in lines of a page's width."""
    lines = [""]
    for word in paragraph.encode("latin-1", "replace").decode("latin-1").split():
        lines[-1:] = [f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < 80 else [lines[-1], word]
    return lines
