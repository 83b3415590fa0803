"""The labelled pages of `tests/verdict_pages/`, put together from their skeletons, sites and texts.

How they are written stands in `tests/verdict_pages/README.md`.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
import zlib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "tests" / "verdict_pages"
PARTS = ("a", "b")
_TEXTS = "texts"
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he"})
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_ARTICLE_MARK = "<!-- article -->\n"
# What a page may say of itself, and what the loader makes of it.
_KEYS = frozenset(
    "name label nearly lang url status headers skeleton text paragraphs cut headline byline body title meta ld head "
    "before main tail after raw pdf base64 charset note".split()
)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """One response, and what a person says that it is."""

    name: str
    part: str
    """`a`, on which the rules were tuned, or `b`, which was only scored."""
    label: Verdict
    nearly: Verdict | None
    """Of a near miss: the verdict that it looks like."""
    language: str
    """BCP 47; empty where there are no words."""
    body: bytes
    url: str
    status: int
    headers: dict[str, str]


def load_pages(part: str) -> list[LabelledPage]:
    """Return the pages of *part* (`a` or `b`), in the order of their files; ValueError where one is badly written."""
    return [_page(part, path.stem, entry) for path, entry in _entries(part)]


@cache
def entries(part: str) -> dict[str, dict[str, Any]]:
    """Return by name what the files of *part* say of their pages."""
    return {entry["name"]: {"label": path.stem, **entry} for path, entry in _entries(part)}


def _entries(part: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted((FOLDER / part).glob("*.toml")):
        if path.stem != _TEXTS:
            yield from ((path, entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["page"])


def _page(part: str, group: str, entry: dict[str, Any]) -> LabelledPage:
    if unknown := entry.keys() - _KEYS:
        raise ValueError(f"page {entry.get('name')!r} of {part}/{group}.toml has unknown keys: {sorted(unknown)}")
    label = Verdict(entry.get("label", group))
    nearly = entry.get("nearly", group if label != group else None)
    return LabelledPage(
        name=entry["name"],
        part=part,
        label=label,
        nearly=Verdict(nearly) if nearly else None,
        language=entry.get("lang", "en"),
        body=body(part, entry),
        url=_url(entry),
        status=entry.get("status", 200),
        headers={"content-type": "text/html; charset=utf-8", **entry.get("headers", {})},
    )


def _url(entry: dict[str, Any]) -> str:
    return str(entry.get("url", f"https://www.{entry['name']}.example/2031/04/{entry['name']}"))


def body(part: str, entry: dict[str, Any]) -> bytes:
    """Return the bytes of the page that *entry* of *part* says."""
    if "base64" in entry:
        return base64.b64decode(entry["base64"])
    if "pdf" in entry:
        return _pdf(entry["pdf"])
    markup = entry["raw"] if "raw" in entry else fill(part, entry)
    return str(markup).encode(entry.get("charset", "utf-8"), "xmlcharrefreplace")


def fill(part: str, entry: dict[str, Any]) -> str:
    """Return the skeleton that *entry* names with everything in its place; its text is one of *part*."""
    frame, _, article = _skeleton(entry["skeleton"]).partition(_ARTICLE_MARK)
    slots = _around(entry) | _article_slots(part, entry)
    slots["main"] = entry.get("main") or _put(article, slots)
    if entry.get("charset"):
        frame = re.sub(r"(?i)charset=(\"?)utf-8", rf"charset=\g<1>{entry['charset']}", frame)
    return _put(frame, slots)


def site_of(language: str) -> dict[str, Any]:
    """Return what stands around texts of *language*: `sites.toml`."""
    return dict(_toml("sites")[language])


def texts(part: str) -> dict[str, Any]:
    """Return the articles of *part*, by name."""
    return dict(_toml(f"{part}/{_TEXTS}"))


def _put(template: str, slots: dict[str, str]) -> str:
    return _SLOT.sub(lambda slot: slots[slot[1]], template)


def _around(entry: dict[str, Any]) -> dict[str, str]:
    """Return what stands around the page's own words: the site of its language, a little different for each page."""
    language = entry.get("lang", "en")
    site = _toml("sites")[language]
    turn = zlib.crc32(entry["name"].encode())
    url = _url(entry)
    name = site["names"][turn % len(site["names"])]
    related = site["related"][turn % 2 :]
    return {
        "lang": language,
        "dir": "rtl" if language in _RIGHT_TO_LEFT else "ltr",
        "site": escape(name),
        "menu": "".join(f'<li><a href="/{n}">{escape(item)}</a></li>' for n, item in enumerate(site["menu"])),
        "related": "".join(f'<li><a href="/2031/{n}">{escape(item)}</a></li>' for n, item in enumerate(related)),
        "footer": escape(site["footer"]),
        "skip": escape(site["skip"]),
        "section": escape(site["section"]),
        "subscribe": escape(site["subscribe"]),
        "url": escape(url),
        "root": escape("/".join(url.split("/")[:3])),
        "title": escape(entry.get("title", f"{entry['headline']} | {name}" if "headline" in entry else name)),
        "meta": "",
        "ld": "",
        "body": "",
        "headline": escape(entry.get("headline", "")),
        "byline": escape(entry.get("byline", "")),
        "date": "2031-05-12",
    } | {slot: entry.get(slot, "") for slot in ("head", "before", "after")}


def _article_slots(part: str, entry: dict[str, Any]) -> dict[str, str]:
    """Return the slots of an article, and what the head of its page says of it; nothing for a page that is none."""
    if "text" not in entry and "body" not in entry:
        return {}
    text = _toml(f"{part}/{_TEXTS}")[entry["text"]] if "text" in entry else entry
    paragraphs = _cut(text.get("text", "").strip(), entry.get("cut")).split("\n\n")[: entry.get("paragraphs")]
    body = entry.get("body") or "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in paragraphs)
    headline, byline = escape(text["headline"]), escape(text["byline"])
    slots = {"headline": headline, "byline": byline, "body": body + entry.get("tail", "")}
    if "title" not in entry:
        slots["title"] = f"{headline} - {_around(entry)['site']}"
    if "date" in text:
        slots["date"] = text["date"]
    if entry["skeleton"] not in {"plain", "bare", "portal", "forum"}:
        slots["meta"] = f'<meta property="og:type" content="article"><meta property="og:title" content="{headline}">'
    if "ld" in entry or entry["skeleton"] in {"news", "ghost", "letter"}:
        said = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": text["headline"]}
        said |= {"author": {"@type": "Person", "name": text["byline"]}, **entry.get("ld", {})}
        slots["ld"] = f'<script type="application/ld+json">{json.dumps(said, ensure_ascii=False)}</script>'
    return slots


def _cut(text: str, cut: str | None) -> str:
    """Return *text* up to where *cut* says that it breaks off: a number of characters, and what stands there then."""
    chars, _, ending = (cut or "").partition(" ")
    return f"{text[: int(chars)].rstrip()}{ending}" if chars else text


@cache
def _skeleton(name: str) -> str:
    return (FOLDER / "skeletons" / f"{name}.html").read_text(encoding="utf-8")


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _pdf(lines: list[str]) -> bytes:
    """Return a PDF file of one page with *lines* in Latin-1 (ISO 32000-1, 7.5)."""
    escaped = (re.sub(r"([\\()])", r"\\\1", line) for line in lines)
    shown = "BT /F1 12 Tf 14 TL 50 740 Td " + " T* ".join(f"({line}) Tj" for line in escaped) + " ET"
    stream = shown.encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R>>>> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer
