"""What a verdict is made from: one page's headers, markup, blocks and article, gathered once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml.etree import iterwalk

from extract.json_ld import json_ld_of, values
from extract.markup import Block, fold, weight
from extract.phrases import Phrase, load_table
from extract.survey import Survey, prose_chars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.html import HtmlElement

    from archive.words import NoticeKind
    from extract.json_ld import Node

FIRST_ERROR = 400
"""The least status of the classes of errors (RFC 9110 15.5)."""

_SCRIPT_CHARS = 4000
HEADINGS = ("h1", "h2", "h3", "h4")
"""The tags of headlines: the page's own before those of the stories that it leads to."""
_LINE_OF_LINKS = 0.7
_MOSTLY_LINKS = 0.5
_MANY_DIGITS = 7
_TITLE_PARTS = re.compile(r" [-–—|:·»] |\s*[|·»]\s*")
_HOME = re.compile(r"(?:/(?:(?:index|home|default)(?:\.\w{2,5})?/?)?)?")


@dataclass(frozen=True, slots=True)
class Head:
    """What the untouched tree says outside its visible text; read before anything is cut."""

    title: str
    language: str | None
    open_graph_type: str
    is_free: bool | None
    """schema.org's `isAccessibleForFree`; None where the page doesn't say."""
    noscript: str
    scripts: int
    passwords: int
    """How many fields for a password."""
    word_count: int | None
    """schema.org's `wordCount` of the article; None where the page doesn't say."""
    articles: int
    """How many `<article>` elements."""
    headlines: int
    """How many headings are links."""


class Place(StrEnum):
    """Where on a page a phrase stands."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    NOTICE = "notice"
    """In a block that was cut."""
    NOSCRIPT = "noscript"


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase of a wall that a page says."""

    phrase: Phrase
    text: str
    """The block, or the part of the title, that holds it."""
    place: Place
    order: int
    """The number of its block; -1 where it stands in none."""

    @property
    def covers(self) -> float:
        """The share of the text that the phrase's own words are."""
        return sum(map(len, self.phrase.pieces)) / len(self.text)


@dataclass(frozen=True)  # no slots: what is derived is kept
class Facts:
    """All that the rules look at."""

    url: str | None
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    markup: str
    head: Head
    page: Survey
    text: str | None
    """The article, if one was found."""
    kept: Sequence[int] = ()
    """The numbers of its blocks; none where it isn't what the page shows."""

    @cached_property
    def weight(self) -> int:
        """The article's length, as `extract.survey.weight` counts."""
        return weight(self.text or "")

    @cached_property
    def left(self) -> list[Block]:
        """The blocks that were not cut."""
        return [block for _, block in self.page.left()]

    @cached_property
    def left_chars(self) -> int:
        """How many characters of visible text were not cut."""
        return sum(len(block.text) for block in self.left)

    @cached_property
    def prose(self) -> int:
        """How many characters of running text are left on the page."""
        return prose_chars(self.left)

    @cached_property
    def own_weight(self) -> int:
        """The article's weight without its lines that are links."""
        kept = (self.page.blocks[order] for order in self.kept)
        return self.weight - sum(block.weight for block in kept if block.link_share >= _LINE_OF_LINKS)

    @property
    def is_marked_article(self) -> bool:
        """Whether the page's markup says that it is one article."""
        return self.head.open_graph_type == "article" or self.head.articles == 1

    @property
    def is_home(self) -> bool:
        """Whether the URL is a site's first page: no path but `/` or `/index.html`, and no query."""
        try:
            parts = urlsplit(self.url or "")
        except ValueError:
            return False
        return bool(parts.netloc) and not parts.query and _HOME.fullmatch(parts.path.lower()) is not None

    @cached_property
    def own(self) -> list[tuple[int, Block]]:
        """The blocks, with their numbers, that were not cut and are no links: what the page itself says."""
        return [(order, block) for order, block in self.page.left() if block.link_share < _MOSTLY_LINKS]

    @cached_property
    def own_text(self) -> int:
        """The weight of what the page itself says."""
        return sum(block.weight for _, block in self.own)

    @cached_property
    def first_kept(self) -> int:
        """The number of the first block that is in the article; 0 where there is none."""
        return self.kept[0] if self.kept else 0

    @cached_property
    def said(self) -> list[Said]:
        """The phrases of `walls.toml` and `gates.toml` on the page: of its title, its blocks, its noscript text."""
        lines = [(part, Place.TITLE, -1) for part in (self.head.title, *_TITLE_PARTS.split(self.head.title)) if part]
        for order, block in enumerate(self.page.blocks):
            is_heading = block.tag in HEADINGS
            place = Place.NOTICE if order in self.page.taken else Place.HEADING if is_heading else Place.TEXT
            # A headline that is a link speaks for the page that it leads to.
            is_other = place is Place.TEXT or (place is Place.HEADING and block.tag != HEADINGS[0])
            if block.link_share < _MOSTLY_LINKS or not is_other:
                lines.append((block.text, place, order))
        lines.append((self.head.noscript, Place.NOSCRIPT, -1))
        tables = (load_table("walls.toml"), load_table("gates.toml"))
        return [
            Said(phrase, text, place, order)
            for text, place, order in lines
            if text
            for table in tables
            for phrase in table.find_all(text)
        ]

    def cut_chars(self, kind: NoticeKind) -> int:
        """Return how many characters of notices of *kind* were cut."""
        return sum(len(cut.text) for cut in self.page.cuts if cut.kind == kind)


def read_head(tree: HtmlElement, nodes: list[Node] | None = None) -> Head:
    """Read the head of *tree*; *nodes* are its JSON-LD (`extract.json_ld.json_ld_of`), where it was read already."""
    nodes = json_ld_of(tree) if nodes is None else nodes
    title = tree.find(".//title")
    og_type = tree.xpath("string(//meta[@property='og:type']/@content)")
    return Head(
        title=fold(title.text_content()) if title is not None else "",
        language=tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
        open_graph_type=str(og_type).strip().lower(),
        is_free=_is_free(nodes),
        noscript=fold(" ".join(_without_scripts(tree)))[:_SCRIPT_CHARS],
        scripts=sum(1 for _ in tree.iter("script")),
        passwords=sum((field.get("type") or "").lower() == "password" for field in tree.iter("input")),
        word_count=_word_count(nodes),
        articles=sum(1 for _ in tree.iter("article")),
        headlines=sum(1 for heading in tree.iter(*HEADINGS) if _is_linked(heading)),
    )


def _without_scripts(tree: HtmlElement) -> Iterator[str]:
    """Yield the text of each `<noscript>` that stands in no other; all of them would say much of it again and again."""
    walk = iterwalk(tree, events=("start",), tag="noscript")
    for _, element in walk:
        yield element.text_content()
        walk.skip_subtree()


def _is_linked(heading: HtmlElement) -> bool:
    """Return whether a heading holds a link or stands in one, as headlines do that lead to their stories."""
    return heading.find(".//a[@href]") is not None or next(heading.iterancestors("a"), None) is not None


_FALSE = re.compile(r"^(?:false|no|0|https?://schema\.org/false)$", re.IGNORECASE)


def _is_free(nodes: list[Node]) -> bool | None:
    said = [value for node in nodes for value in values(node, "isAccessibleForFree")]
    return not all(_FALSE.match(str(value)) for value in said) if said else None


def _word_count(nodes: list[Node]) -> int | None:
    said = [str(value).strip() for node in nodes for value in values(node, "wordCount")]
    return max((int(value) for value in said if value.isdecimal() and len(value) < _MANY_DIGITS), default=None)
