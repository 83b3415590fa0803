"""Pages and files with damage of many kinds, each made again from its recipe alone, and what must hold for all.

`check` stands in the place of `extract.making.make`, so that the worker processes of `extract.workers` run it within
the limits that each page has there.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import random
import re
import struct
import time
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract_pages import ARTICLES, article_page
from making_documents import FIXTURES, column, package, pdf

from archive.records import RecordPlace
from archive.text_records import PendingText, Text
from archive.words import Outcome, Verdict
from bench.extract.corpus import FOLDER as BENCH
from bench.verdict_pages import PARTS, load_pages
from extract import extract_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.text_records import Pending
    from extract import ExtractedPage

    Mutation = Callable[[bytes, random.Random, bytes], bytes]

MAX_BYTES = 3_000_000
SELDOM = 0.02
SEED_PAGES = Path(__file__).parent / "seed_pages"
NOWHERE = RecordPlace("", "", 0, 0)
TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".rtf": "application/rtf",
    ".epub": "application/epub+zip",
}


@dataclass(frozen=True, slots=True)
class Start:
    """A response that is whole."""

    body: bytes
    url: str | None = None
    status: int = 200
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a response is damaged."""

    page: str
    """A name of `starts`, or the path of a bench page."""
    other: str
    """Of which pieces may come."""
    steps: tuple[tuple[str, int], ...]
    """A name of MUTATIONS and the seed for its choices, in the order in which they are done."""
    content_type: str | None = None
    """In the place of the page's own."""
    status: int | None = None
    url: str | None = None
    twice: bool = False
    """Whether it is extracted a second time, which must give the same."""


@dataclass(frozen=True, slots=True)
class Damaged(PendingText):
    """What a worker gets of it."""

    recipe: Recipe | None = None


def damaged(number: int, recipe: Recipe) -> Damaged:
    """Return *recipe* as the workers take it."""
    return Damaged(number, number, "", 200, Outcome.FETCHED, NOWHERE, recipe=recipe)


@cache
def starts() -> dict[str, Start]:
    """Return the pages and files of the tests by their names."""
    found = {
        f"verdict/{part}/{page.name}": Start(page.body, page.url, page.status, page.headers.get("content-type", ""))
        for part in PARTS
        for page in load_pages(part)
    }
    found |= {f"article/{language}": Start(article_page(language)) for language in ARTICLES}
    found |= {f"seed/{path.name}": Start(path.read_bytes()) for path in sorted(SEED_PAGES.glob("*.html"))}
    found |= {
        f"file/{path.name}": Start(path.read_bytes(), content_type=TYPES.get(path.suffix, "application/octet-stream"))
        for path in sorted(FIXTURES.iterdir())
    }
    lines = [f"Line {number} of the report on the lift" for number in range(60)]
    found["made/pdf"] = Start(pdf(column(lines), column(lines, left=300)), content_type="application/pdf")
    found["made/feed"] = Start(
        b"<?xml version='1.0'?><rss version='2.0'><channel><title>Elm</title>"
        + b"<item><title>One</title><description>&lt;p&gt;The lift fell&lt;/p&gt;</description></item>" * 40,
        content_type="application/rss+xml",
    )
    found["made/json"] = Start(json.dumps({"lift": [{"floor": 1.5, "name": "Ä\ud83d"}] * 50}).encode())
    found["made/text"] = Start("\n\n".join(ARTICLES["de"][1]).encode("cp1252"), content_type="text/plain")
    return found


def bench_pages() -> list[str]:
    """Return the paths of the bench's pages, relative to its folder; none where it isn't at hand."""
    return sorted(str(path.relative_to(BENCH)) for path in BENCH.glob("*/*.html.gz"))


def start(name: str) -> Start:
    """Return the page of that name."""
    return starts().get(name) or Start(gzip.decompress((BENCH / name).read_bytes()))


def make(recipe: Recipe) -> Start:
    """Return the damaged response; the same for the same recipe."""
    whole = start(recipe.page)
    body, other = whole.body, start(recipe.other).body
    for name, seed in recipe.steps:
        body = MUTATIONS[name](body, random.Random(seed), other)[:MAX_BYTES]
    return Start(
        body,
        recipe.url or whole.url,
        recipe.status or whole.status,
        whole.content_type if recipe.content_type is None else recipe.content_type,
    )


def extracted(page: Start) -> ExtractedPage:
    """Return what extraction makes of a response."""
    headers = {"Content-Type": page.content_type}
    return extract_page(page.body, url=page.url, headers=headers, http_status=page.status)


def check(_: Path, item: Pending) -> Text:
    """Extract a damaged page, and return what is wrong with that as the text's evidence."""
    assert isinstance(item, Damaged)
    assert item.recipe
    page = make(item.recipe)
    began = time.process_time()
    made = extracted(page)
    seconds = time.process_time() - began
    wrong = [*wrong_with(made)]
    if item.recipe.twice and seconds < 1 and extracted(page) != made:
        wrong.append("the second time it was another answer")
    evidence = {"rule": made.evidence.get("rule"), "wrong": wrong, "seconds": seconds, "bytes": len(page.body)}
    return Text(item.capture_id, "test", made.verdict, evidence)


def wrong_with(made: ExtractedPage) -> Iterator[str]:
    """Yield what must not be so of an answer, whatever the page."""
    if made.evidence.get("rule") in (None, "", "extraction-failed"):
        yield f"{made.evidence}"
    if made.verdict not in Verdict:
        yield f"verdict {made.verdict}"
    for name in ("text", "comments", "title", "byline", "published_on", "site_name", "language", "charset", "repair"):
        yield from _not_storable(name, getattr(made, name))
    for notice in made.notices:
        yield from _not_storable(f"{notice.rule}", notice.text)
        yield from _not_storable("rule of a notice", notice.rule)
        if notice.position < 0:
            yield f"position {notice.position} of {notice.rule}"
    try:
        json.dumps(made.evidence, ensure_ascii=False).encode("utf-8")
    except (TypeError, ValueError) as error:
        yield f"evidence {made.evidence!r}: {error}"


def _not_storable(name: str, text: str | None) -> Iterator[str]:
    if text is None:
        return
    if not text:
        yield f"{name} is empty and not None"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        yield f"{name}: {error}"
    if "\0" in text:
        yield f"{name} has NUL"


def _times(draw: random.Random, *few: int, many: int) -> int:
    """Return a number of times: one of *few*, and seldom *many*: a large page takes as long as a hundred small ones."""
    return many if draw.random() < SELDOM else draw.choice(few)


def _range(body: bytes, draw: random.Random, most: int | None = None) -> tuple[int, int]:
    """Return a stretch of *body*, short ones more often than long ones."""
    begin = draw.randrange(len(body) + 1)
    length = int(draw.choice((8, 200, 5_000, len(body))) * draw.random())
    return begin, min(len(body), begin + min(length, most or length))


def _flip(body: bytes, draw: random.Random, _: bytes) -> bytes:
    changed = bytearray(body)
    for _n in range(draw.choice((1, 5, 50, 500)) if body else 0):
        changed[draw.randrange(len(changed))] = draw.choice((draw.randrange(256), 0, 0x3C, 0x3E, 0x22, 0x26, 0xFF))
    return bytes(changed)


def _cut(body: bytes, draw: random.Random, _: bytes) -> bytes:
    begin, end = _range(body, draw)
    return body[:begin] if draw.random() < 0.3 else body[:begin] + body[end:]


def _again(body: bytes, draw: random.Random, _: bytes) -> bytes:
    begin, end = _range(body, draw)
    times = _times(draw, 2, 10, 50, many=100_000)
    times = max(1, min(times, MAX_BYTES // max(1, end - begin)))
    return body[:begin] + body[begin:end] * times + body[end:]


def _splice(body: bytes, draw: random.Random, other: bytes) -> bytes:
    begin, end = _range(body, draw)
    first, last = _range(other, draw)
    return body[:begin] + other[first:last] + body[end:]


def _inserted(body: bytes, draw: random.Random, piece: bytes) -> bytes:
    """Put *piece* in somewhere; more often than not behind a tag, where a parser sees it whole."""
    at = draw.randrange(len(body) + 1)
    if draw.random() < 0.7:
        at = body.find(b">", at) + 1 or at
    return body[:at] + piece + body[at:]


_NESTS = (
    "<div>", "<span>", "<b><i>", "<table><tr><td>", "<ul><li>", "<blockquote>", "<font><p>", "<a href=#>", "<section>",
    "<article>", "<svg><g>", "<select><option>", "<noscript>", "<form>", "<iframe>", "<math><mi>", "<dl><dd>",
    "</p>", "<p>", "</div>", "<button>", "<h1>", "<template>", "<details>", "<figure><figcaption>", "<object>",
)  # fmt: skip


def _nest(body: bytes, draw: random.Random, _: bytes) -> bytes:
    return _inserted(body, draw, draw.choice(_NESTS).encode() * _times(draw, 3, 60, 300, 900, many=30_000))


def _attributes(body: bytes, draw: random.Random, _: bytes) -> bytes:
    kind = draw.randrange(4)
    names = (f"a{n}={n}" for n in range(_times(draw, 10, 200, 900, many=20_000)))
    classes = draw.choice(("x ", "comments ", "cookie-banner ", "related-share-ad "))
    piece = {
        0: " ".join(names),
        1: f'class="{classes * _times(draw, 2, 500, many=20_000)}"',
        2: f'style="{"display:none;" * _times(draw, 1, 90, many=9_000)}" hidden itemprop=articleBody',
        3: f'href="{draw.choice(_ADDRESSES)}" content="{draw.choice(_VALUES)}" datetime="{draw.choice(_VALUES)}"',
    }[kind]
    tags = [found.end() for found in re.finditer(rb"<[a-z]+", body[:200_000])]
    at = draw.choice(tags) if tags else 0
    return body[:at] + b" " + piece.encode("utf-8", "surrogatepass") + body[at:]


_ENTITIES = (
    "&#0;", "&#xD800;", "&#xDFFF;", "&#x110000;", "&#99999999999999999999;", "&amp", "&bogus;", "&#128;", "&#x202E;",
    "&nbsp;", "&#xFFFF;", "&lt;script&gt;", "&", "&#", "&#x", "&zwj;", "&#1;", "&#x1F468;&#x200D;", "&quot;",
)  # fmt: skip


def _entities(body: bytes, draw: random.Random, _: bytes) -> bytes:
    pieces = "".join(draw.choice(_ENTITIES) for _n in range(draw.choice((1, 5, 40))))
    return _inserted(body, draw, pieces.encode() * _times(draw, 1, 20, many=20_000))


_CHARSETS = (
    "utf-8", "utf-7", "utf-16", "utf-16-be", "utf-32", "shift_jis", "gb18030", "big5", "euc-kr", "iso-2022-jp",
    "koi8-r", "windows-1252", "windows-1255", "x-user-defined", "replacement", "ibm866", "hz-gb-2312", "none",
    "\u0130so", "cp037",
)  # fmt: skip
_MARKS = (b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"+/v8-", b"\x1b$B", b"\x0e")


def _charset(body: bytes, draw: random.Random, _: bytes) -> bytes:
    said = draw.choice(_CHARSETS)
    if draw.random() < 0.5:
        try:
            body = body.decode("utf-8", "replace").encode(draw.choice(_CHARSETS), "ignore")
        except (LookupError, UnicodeError):
            body = body[::-1]
    meta = f"<meta charset='{said}'><meta http-equiv=content-type content='text/html; charset={said}'>"
    return draw.choice(_MARKS) + meta.encode() * draw.randrange(2) + body


_CONTROLS = (
    b"\0", b"\x01\x02\x1f", b"\x1b[31m", b"\x7f", b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80",
    b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xef\xbf\xbf", b"\xef\xb7\x90", b"\xcc\x80" * 50, b"\xc2\x85", b"\xe2\x80\xa8",
    b"\r", b"\x0b\x0c", b" " * 999, b"\n" * 999, b"\xc2\xa0" * 99, b"\xf0\x9f\x87\xa9", b"\xe0\xb8\x81", b"\xff",
    b"\xd8\xa7\xd9\x8b", b"\xef\xbb\xbf", b"\xf3\xa0\x81\xa7", b"\xc3\x83\xc2\xa9", b"\xe3\x82\x99", b"\xe2\x84\xaa",
)  # fmt: skip


def _controls(body: bytes, draw: random.Random, _: bytes) -> bytes:
    for _n in range(draw.choice((1, 5, 50))):
        body = _inserted(body, draw, draw.choice(_CONTROLS) * _times(draw, 1, 3, many=2_000))
    return body


_ADDRESSES = (
    "http://[", "http://[::1", "//", "javascript:1", "http://\u212a.example:99999/", "data:text/html,x", "\ud800", "?#",
    "http://a" + ".a" * 500, "http://xn--\u00fc/", "../" * 3000, "mailto:a@b", "http://1.2.3.4.5/%zz%", "\\\\host\\x",
)  # fmt: skip
_VALUES = (
    "", "0", "-1", "1e999", "9" * 400, "2031-02-30T25:61:61+99:99", "0000-00-00", "\ud83d", "null", "x" * 9_999, "\x01",
    "31.04.2031", "٢٠٣١-٠٤-٠٢", "2031-04-02" * 999, "en-" * 999, "de_DE.UTF-8@euro", "zh-Hant-x-" + "a" * 99, "P1Y",
    "12/31/9999 23:59:60 -2400", "Mon, 99 Foo 2031", "by " * 9_999, "²", "Ⅻ", "\u200f", "1 Jan 99999999999", "%s{0}\\1",
)  # fmt: skip
_NAMES = (
    "author", "article:published_time", "og:title", "og:site_name", "og:type", "og:locale", "date", "dc.date",
    "generator", "description", "keywords", "robots", "twitter:title", "citation_author", "parsely-page",
    "last-modified", "refresh",
)  # fmt: skip


def _meta(body: bytes, draw: random.Random, _: bytes) -> bytes:
    pieces = "".join(
        f'<meta {draw.choice(("name", "property", "itemprop", "http-equiv"))}="{draw.choice(_NAMES)}"'
        f' content="{draw.choice(_VALUES)}"><base href="{draw.choice(_ADDRESSES)}"><html lang="{draw.choice(_VALUES)}">'
        f'<time datetime="{draw.choice(_VALUES)}">{draw.choice(_VALUES)}</time><title>{draw.choice(_VALUES)}'
        for _n in range(draw.choice((1, 3)))
    )
    return _inserted(body, draw, pieces.encode("utf-8", "surrogatepass"))


_KEYS = (
    "@type", "@graph", "@id", "@context", "headline", "articleBody", "datePublished", "author", "publisher", "name",
    "isAccessibleForFree", "hasPart", "wordCount", "inLanguage", "step", "comment", "text", "mainEntityOfPage", "image",
)  # fmt: skip
_TYPES = ("NewsArticle", "HowTo", "WebPage", "Recipe", "Person", "Organization", "DiscussionForumPosting", "", "Thing")


def _tangle(draw: random.Random, depth: int) -> Any:
    """Return a value of JSON in which each key may have what no reader expects there."""
    kind = draw.randrange(8 if depth else 5)
    if kind >= 5:
        made = {draw.choice(_KEYS): _tangle(draw, depth - 1) for _n in range(draw.randrange(9))}
        return made | {"@type": draw.choice((*_TYPES, None, 7, ["NewsArticle", {}], {"@type": {}}))}
    if kind == 4 and depth:
        return [_tangle(draw, depth - 1) for _n in range(draw.randrange(6))]
    return draw.choice((None, True, False, -1, 10**400, 1e308, float("nan"), float("inf"), *_VALUES, *_TYPES))


def _json_ld(body: bytes, draw: random.Random, _: bytes) -> bytes:
    said = json.dumps(_tangle(draw, 5), ensure_ascii=draw.random() < 0.5)
    if draw.random() < 0.3:
        said = said[: draw.randrange(len(said) + 1)]
    if draw.random() < 0.1:
        said = draw.choice(('{"@graph":[', "[", '{"author":{"name":', '"')) * _times(draw, 100, 1_100, many=100_000)
    piece = f'<script type="application/ld+json">{said[: MAX_BYTES // 2]}</script>'
    return _inserted(body, draw, piece.encode("utf-8", "surrogatepass"))


_ODD_MARKUP = (
    "<!--", "-->", "<![CDATA[", "<!DOCTYPE", "<script>", "</script>", "<style>", "<textarea>", "<title>",
    "<plaintext>", "<?xml version='1.0' encoding='utf-16'?>", "</body></html>", "<frameset>", "<", "</", "<a",
    "<p class='", "<x:y z:w>", "<html><head>", "<noscript>", "<xmp>", "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "<img src=", "<br/>", "<base>", "<h1></h1>", "<time>", "<input type=password>", "<\u0130mg>", "<p\0>", "<-->",
    "<!>", "</a b=c>", "<template>",
)  # fmt: skip


def _markup(body: bytes, draw: random.Random, _: bytes) -> bytes:
    for _n in range(draw.choice((1, 4, 20))):
        body = _inserted(body, draw, draw.choice(_ODD_MARKUP).encode() * _times(draw, 1, 1, 50, many=2_000))
    return body


def _tags(body: bytes, draw: random.Random, _: bytes) -> bytes:
    """Let tags be others, all of a name or each for itself."""
    names: list[bytes] = re.findall(rb"</?([a-z][a-z0-9]*)", body[:500_000])
    if not names:
        return body
    old, share = draw.choice(names), draw.choice((0.1, 1.0))
    new = draw.choice((*names, b"table", b"svg", b"noscript", b"frame", b"x", b"", b"br", b"head", b"td", b"pre"))
    pattern = re.compile(rb"(</?)" + re.escape(old) + rb"\b")
    return pattern.sub(lambda found: found[1] + new if draw.random() < share else found[0], body)


def _numbers(body: bytes, draw: random.Random, _: bytes) -> bytes:
    """Let numbers be extreme: those of lengths, places and references in files, of dates and counts on pages."""
    extremes = (b"0", b"-1", b"4294967295", b"9" * 30, b"1e39", b"-2147483648", b"00", b"2031", b"65535", b"NaN")
    share = draw.choice((0.001, 0.02, 0.5))
    return re.sub(rb"-?\d+", lambda found: draw.choice(extremes) if draw.random() < share else found[0], body)


def _long(body: bytes, draw: random.Random, _: bytes) -> bytes:
    units = (
        "a",
        "word ",
        "x. ",
        "“",
        "é",
        "漢",
        "<br>",
        "ก",
        "\t",
        "1,",
        "()",
        "-",
        "\\",
        "«Ja» ",
        "https://x.example/ ",
    )
    return _inserted(body, draw, draw.choice(units).encode() * _times(draw, 1_000, 9_000, many=500_000))


def _within(body: bytes, draw: random.Random, other: bytes) -> bytes:
    """Damage what stands within: a part of a packed file, or a page's structured data."""
    change = MUTATIONS[draw.choice([name for name in MUTATIONS if name != "within"])]
    if body[:2] == b"PK":
        return _within_package(body, draw, other, change)
    data = list(re.finditer(rb"(?s)<script type=.application/ld\+json.>(.*?)</script>", body[:500_000]))
    if not data:
        return change(body, draw, other)
    found = draw.choice(data)
    return body[: found.start(1)] + change(found[1], draw, other) + body[found.end(1) :]


# What reading a damaged package raises: of its directory, its parts, and what they are compressed with.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)


def _within_package(body: bytes, draw: random.Random, other: bytes, change: Mutation) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as file:
            parts = {name: file.read(name) for name in file.namelist()}
    except _DAMAGED:  # by the steps before
        return change(body, draw, other)
    for name in draw.sample(sorted(parts), min(len(parts), draw.choice((1, 1, 3)))):
        parts[name] = change(parts[name], draw, draw.choice(sorted(parts.values())))[:MAX_BYTES]
    if draw.random() < 0.2:
        parts.pop(draw.choice(sorted(parts)), None)
    return package(parts, stored=["mimetype"])


MUTATIONS: dict[str, Mutation] = {
    "flip": _flip,
    "cut": _cut,
    "again": _again,
    "splice": _splice,
    "nest": _nest,
    "attributes": _attributes,
    "entities": _entities,
    "charset": _charset,
    "controls": _controls,
    "meta": _meta,
    "json-ld": _json_ld,
    "markup": _markup,
    "tags": _tags,
    "numbers": _numbers,
    "long": _long,
    "within": _within,
}
