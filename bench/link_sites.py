"""The labelled sites of `tests/link_sites/`: what each page answers, first and later, and what a probe beside it gets.

How they are written stands in `tests/link_sites/README.md`.
"""

from __future__ import annotations

import random
import tomllib
import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from archive.signals import directory_of, last_part
from archive.words import Outcome
from bench import verdict_pages
from extract.facts import FIRST_ERROR

FOLDER = Path(__file__).parent.parent / "tests" / "link_sites"
PARTS = ("a", "b")
_TEXTS = "texts"

_SITE_KEYS = frozenset("name host lang frame missing home later page note".split())
_PAGE_KEYS = frozenset("path label text first later probe note".split())
# What decides on the words of a page: an answer that brings one of these takes nothing else from the earlier answer.
_WORDS = frozenset("text headline byline body main raw like".split())
_BESIDE_WORDS = frozenset("paragraphs title tail ld".split())
_ANSWER_KEYS = _WORDS | _BESIDE_WORDS | frozenset("frame lang head before after status headers to host outcome".split())
_NAMED = {"404": {"status": 404, "title": "404 Not Found", "main": "<h1>404 Not Found</h1>"}}


class Label(StrEnum):
    """What a person says of a link who sees both answers."""

    LIVE = "live"
    MOVED = "moved"
    DRIFTED = "drifted"
    BLOCKED = "blocked"
    SOFT_404 = "soft-404"
    MISSING = "missing"
    PARKED = "parked"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back for one URL."""

    asked_url: str
    final_url: str
    outcome: Outcome
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class LabelledLink:
    """One page of a site, at both times."""

    name: str
    """The site's, and the page's number."""
    site: str
    part: str
    """`a`, on which the rules were tuned, or `b`, which was only scored."""
    label: Label
    language: str
    url: str
    first: Answered | None
    """What it answered when it was captured first; None where it wasn't."""
    later: Answered
    probe: Answered | None
    """What a made-up name beside it gets, later; None where there is nothing beside it."""


@cache
def load_links(part: str) -> tuple[LabelledLink, ...]:
    """Return the pages of *part* (`a` or `b`), in the order of its files; ValueError where one is badly written."""
    return tuple(
        link
        for path in sorted((FOLDER / part).glob("*.toml"))
        if path.stem != _TEXTS
        for site in tomllib.loads(path.read_text(encoding="utf-8"))["site"]
        for link in _Site(part, site).links()
    )


class _Site:
    def __init__(self, part: str, site: dict[str, Any]) -> None:
        _refuse_unknown(f"site {site.get('name')!r}", site, _SITE_KEYS)
        self._part = part
        self._site = site
        self._name = site["name"]
        self._root = f"https://{site.get('host', f'www.{self._name}.example')}"
        self._base = {"frame": site.get("frame", "bare"), "lang": site.get("lang", "en")}

    def links(self) -> list[LabelledLink]:
        """Return the site's pages."""
        return [self._link(number, page) for number, page in enumerate(self._site["page"], 1)]

    def _link(self, number: int, page: dict[str, Any]) -> LabelledLink:
        name = f"{self._name}-{number}"
        _refuse_unknown(name, page, _PAGE_KEYS)
        url = urljoin(self._root, page["path"])
        first, later = page.get("first", {}), page.get("later", "same")
        earlier = self._base | ({"text": page["text"]} if "text" in page else {}) | (first if first != "none" else {})
        answer = self._later(earlier, later)
        return LabelledLink(
            name,
            self._name,
            self._part,
            self._label(page, answer),
            self._base["lang"],
            url,
            self._answered(url, earlier, name) if first != "none" else None,
            self._answered(url, answer, name),
            self._probe(url, page.get("probe", "missing"), answer, name),
        )

    def _label(self, page: dict[str, Any], answer: dict[str, Any]) -> Label:
        if "label" in page:
            return Label(page["label"])
        if page.get("later") in {"missing", "home"}:
            return Label.MISSING if answer.get("status", 200) >= FIRST_ERROR or "outcome" in answer else Label.SOFT_404
        if page.get("later", "same") == "same":
            return Label.LIVE
        raise ValueError(f"a page of {self._name} has no label: {page}")

    def _later(self, earlier: dict[str, Any], later: Any) -> dict[str, Any]:
        """Return what a page answers later, or what the site answers by a name that stands for it."""
        changed = _over(earlier, self._site.get("later", {}))
        if isinstance(later, dict):
            return _over(changed, later)
        if later == "same":
            return changed
        if later == "missing":
            return self._later(self._base, self._site.get("missing", "404"))
        return self._home() if later == "home" else _over(changed, _NAMED.get(later, {"like": later}))

    def _home(self) -> dict[str, Any]:
        """Return a redirect to the site's first page."""
        base = self._base | self._site.get("later", {})
        return {**base, "to": "/", "front": True, **self._site.get("home", {})}

    def _probe(self, url: str, how: Any, later: dict[str, Any], name: str) -> Answered | None:
        directory = directory_of(url)
        if directory is None or how == "none":
            return None
        asked = directory + made_up_name(url)
        if how == "same":
            return self._answered(asked, later, name)
        return self._answered(asked, self._later(self._base, how), name)

    def _answered(self, url: str, answer: dict[str, Any], name: str) -> Answered:
        entry = dict(answer)
        _refuse_unknown(name, entry, _ANSWER_KEYS | {"front"})
        slots = self._slots(url)
        host = entry.pop("host", None)
        root = f"https://{host}" if host else self._root
        final = urljoin(root + urlsplit(url).path if host else url, _put(entry.pop("to", ""), slots)) or url
        outcome = entry.pop("outcome", None)
        if outcome:
            return Answered(url, final, Outcome(outcome), None, (), b"")
        like = entry.pop("like", None)
        borrowed = verdict_pages.entries(self._part)[like] if like else {}
        status = entry.pop("status", borrowed.get("status", 200))
        headers = {
            "content-type": "text/html; charset=utf-8",
            **borrowed.get("headers", {}),
            **entry.pop("headers", {}),
        }
        body = verdict_pages.body(self._part, borrowed) if like else self._markup(entry, final, slots).encode()
        came = Outcome.HTTP_ERROR if status >= FIRST_ERROR else Outcome.FETCHED
        return Answered(url, final, came, status, tuple(headers.items()), body)

    def _markup(self, entry: dict[str, Any], url: str, slots: dict[str, str]) -> str:
        if "raw" in entry:
            return _put(entry["raw"], slots)
        filled = self._words(entry) | {"name": self._name, "url": url, "skeleton": entry.pop("frame")}
        return _put(verdict_pages.fill(self._part, filled), slots)

    def _words(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return *entry* with its text written out, or the site's first page in it."""
        if entry.pop("front", False):
            entry.setdefault("main", self._front())
        if "text" in entry:
            text = _texts(self._part)[entry.pop("text")]
            paragraphs = text["text"].strip().split("\n\n")[: entry.pop("paragraphs", None)]
            written = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in paragraphs)
            entry = {"headline": text["headline"], "byline": text["byline"], "body": written} | entry
        if "headline" in entry:
            entry.setdefault("byline", "")
        return entry

    def _front(self) -> str:
        """Return a first page: headlines that are links, with the section below each."""
        site = verdict_pages.site_of(self._base["lang"])
        written = [text["headline"] for text in _texts(self._part).values() if text["lang"] == self._base["lang"]]
        stories = [*written, *site["related"], *(f"{story} ({day}.)" for day in (3, 7) for story in site["related"])]
        return "".join(
            f'<div><h2><a href="/n/{number}">{escape(story)}</a></h2><p>{escape(site["section"])}</p></div>'
            for number, story in enumerate(stories)
        )

    def _slots(self, url: str) -> dict[str, str]:
        """Return what an answer may say of the request: its path, its name, its host, and what no other has."""
        path = urlsplit(url).path
        return {
            "%path%": escape(path),
            "%name%": last_part(url) or "x",
            "%host%": urlsplit(url).netloc,
            "%nonce%": f"{zlib.crc32(url.encode()):08x}",
        }


def made_up_name(url: str) -> str:
    """Return the 25 letters that are asked for beside *url*: the same at each call."""
    letters = random.Random(url)
    return "".join(letters.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(25))


def _over(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Return *earlier* with *later* over it: where that brings words of its own, none of the earlier ones stay."""
    kept = dict(earlier)
    if later.keys() & _WORDS:
        kept = {key: value for key, value in earlier.items() if key not in _WORDS | _BESIDE_WORDS}
    return kept | later


def _put(template: str, slots: dict[str, str]) -> str:
    for slot, value in slots.items():
        template = template.replace(slot, value)
    return template


@cache
def _texts(part: str) -> dict[str, Any]:
    """Return the articles of *part*: those of the labelled pages, and more."""
    more = (FOLDER / part / f"{_TEXTS}.toml").read_text(encoding="utf-8")
    return verdict_pages.texts(part) | tomllib.loads(more)


def _refuse_unknown(name: str, entry: dict[str, Any], known: frozenset[str]) -> None:
    if unknown := entry.keys() - known:
        raise ValueError(f"{name} has unknown keys: {sorted(unknown)}")
