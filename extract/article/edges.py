"""Where an article begins and ends, and what stands in it that isn't its own.

A frame of markup holds more than the article: the headline (which is the page's title), a sub-title, dates and names
before the first paragraph; links, tags and teasers after the last. The rules here look at the blocks that a frame
keeps and at their neighbours, never at a single site's markup.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from extract.article.lines import (
    before_comments,
    without_captions,
    without_date_lines,
    without_other_articles,
    without_signature,
    without_teasers,
)
from extract.article.shape import HEADINGS, LIST_TAGS, above, is_body, names_above, squeeze
from extract.survey import is_prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

    from extract.article.hints import Hints
    from extract.markup import Block
    from extract.survey import Survey

# What stands between headline and article is the lead from this weight on; below it, it is a part of the headline.
_LEAD_WEIGHT = 130
_MAX_LEAD_LINKS = 0.4
_MAX_HEADLINE = 300
_MIN_TITLE = 12
_MIN_HEADLINE = 4
_LINKED = 0.5
_BELOW_FIRST = 3
_BEFORE_REGION = 130
_AFTER_REGION = 400
# The region of an article is the deepest element that holds this much of its running text.
_REGION_SHARE = 0.9
_MIN_BODY_SHARE = 0.5
# An element whose own paragraphs are this share of it is the article's column; behind it stands less than the other.
_COLUMN_SHARE = 0.8
_MAX_BEHIND = 0.2
_LINK_LINE = 0.85
_MIN_LINK_LINE = 25
_MAX_LINK_LINE = 200
_MAX_LINK_LINES = 0.3
_LABEL_CHARS = 20
_ADDRESS_CHARS = 90
# At the end of an article: where to read on.
_BARE_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)

_LEAD_NAMES = re.compile(
    r"lead(?!er|ing)|intro|teaser|excerpt|abstract|summary|chapo|standfirst|\bdek\b|sub-?title|sub-?head|vorspann"
    r"|entradilla|bajada|ingress|sumario|copete",
    re.IGNORECASE,
)
_NOT_LEAD_NAMES = re.compile(
    r"caption|credit|byline|author|copyright|image|img|photo|gallery|slide|video|widget|comment|date", re.IGNORECASE
)
_NOT_LEAD_TAGS = frozenset("figure figcaption aside nav form footer button li td th".split())
_CAPTION_NAMES = re.compile(
    r"caption|image-?desc|img-?desc|image-?wrap|bildunterschrift|image-?box|photo-?credit|img-credit|picture-?desc|bildtext"
    r"|legende?\b|(?:^|[ _-])credits?\b",
    re.IGNORECASE,
)
_BIO_NAMES = re.compile(
    r"author-?(?:box|bio|info|card|profile|desc|about|block|wrap|section|area|container|details?|panel|widget|text)"
    r"|about-?(?:the-?)?author|saboxplugin|sect_profile|(?:entry|post|article)-author|autor-?box|autoren|contributor"
    r"|byline|(?:^|[ _-])bio(?:graphy)?\b|writer",
    re.IGNORECASE,
)
_HIDDEN_NAMES = re.compile(
    r"(?:^|[ _-])(?:hide|hidden|d-none|scrim|modal|pop-?up|lightbox|print-(?:header|footer|only)|sr-only"
    r"|visually-hidden|screen-reader-text|invisible)(?:$|[ _-])",
    re.IGNORECASE,
)


def refine(page: Survey, framed: Sequence[int], hints: Hints) -> tuple[list[int], dict[int, str]]:
    """Return the numbers of the blocks that are the article, and which rule left out which of those of *framed*."""
    steps = (
        ("furniture", _without_furniture),
        ("link-line", _without_link_lines),
        ("outside-region", _within_region),
        ("headline", partial(_with_lead, hints=hints)),
        ("date-line", without_date_lines),
        ("caption", without_captions),
        ("other-article", without_other_articles),
        ("teaser", without_teasers),
        ("below-comments", before_comments),
        ("signature", without_signature),
        ("end-matter", _without_tail),
    )
    found = list(framed)
    left_out: dict[int, str] = {}
    for rule, step in steps:
        before, found = found, step(page, found)
        left_out |= dict.fromkeys(set(before).difference(found), rule)
    return found, left_out


def _without_furniture(page: Survey, kept: list[int]) -> list[int]:
    return [order for order in kept if not _is_furniture(page.blocks[order])]


def _is_furniture(block: Block) -> bool:
    """Return whether the markup says that *block* is a caption, a note on the author, or not to be seen."""
    names = names_above(block, 3)
    return (
        block.tag == "figcaption"
        or (bool(names) and _names_furniture(names))
        or (block.tag in HEADINGS and "teaser" in names.lower())
        or (bool(block.names) and _HIDDEN_NAMES.search(block.names) is not None)
    )


@lru_cache(maxsize=1 << 12)
def _names_furniture(names: str) -> bool:
    return _CAPTION_NAMES.search(names) is not None or _BIO_NAMES.search(names) is not None


def _without_link_lines(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the lines between paragraphs that are only a link, unless they are much of the text."""
    lines = {order for order in kept if _is_link_line(page.blocks[order])}
    prose = sum(is_prose(page.blocks[order]) for order in kept)
    return [order for order in kept if order not in lines] if len(lines) <= _MAX_LINK_LINES * prose else kept


def _is_link_line(block: Block) -> bool:
    return (
        block.link_share >= _LINK_LINE
        and _MIN_LINK_LINE <= len(block.text) <= _MAX_LINK_LINE
        and " " in block.text
        and "@" not in block.text
        and not _is_in_list(block)
    )


def _is_in_list(block: Block) -> bool:
    parent = block.element.getparent()
    return block.tag in LIST_TAGS or (parent is not None and parent.tag in LIST_TAGS)


def _within_region(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the short blocks before and after the deepest element that holds nearly all paragraphs."""
    if sum(page.blocks[o].weight for o in kept if is_body(page.blocks[o])) < _MIN_BODY_SHARE * sum(
        page.blocks[o].weight for o in kept
    ):
        return kept
    region = _region(page, kept)
    inside = [place for place, order in enumerate(kept) if region in above(page.blocks[order].element)]
    if not inside:
        return kept
    end = _column_end(page, kept)
    found = []
    for place, order in enumerate(kept[:end]):
        block = page.blocks[order]
        heavy = block.weight
        if place < inside[0] and heavy < _BEFORE_REGION and not _is_in_list(block):
            continue
        if place > inside[-1] and (heavy < _AFTER_REGION or not is_prose(block)):
            continue
        found.append(order)
    return found


def _column_end(page: Survey, kept: Sequence[int]) -> int:
    """Return how many of *kept* there are up to the last in the element whose own paragraphs are most of the text.

    What follows it is cut off only where it is little.
    """
    weights: dict[HtmlElement | None, int] = {}
    total = prose = 0
    for order in kept:
        block = page.blocks[order]
        total += block.weight
        if is_body(block):
            prose += block.weight
            if block.tag not in LIST_TAGS:
                parent = block.element.getparent()
                weights[parent] = weights.get(parent, 0) + block.weight
    column = max(weights, key=lambda parent: weights[parent], default=None)
    if column is None or weights[column] < _COLUMN_SHARE * prose:
        return len(kept)
    end = len(kept)
    behind = 0
    while column not in above(page.blocks[kept[end - 1]].element):
        end -= 1
        behind += page.blocks[kept[end]].weight
    if behind >= _MAX_BEHIND * total:
        return len(kept)
    if weights[column] >= 0.85 * prose:
        boxed, box = 0, end
        while box and _is_boxed(page.blocks[kept[box - 1]], column):
            box -= 1
            boxed += page.blocks[kept[box]].weight
        if boxed < 0.15 * total:
            return box
    return end


def _is_boxed(block: Block, column: HtmlElement) -> bool:
    """Return whether *block* stands in a box of its own within *column*."""
    node, below = block.element, None
    while node is not None and node is not column:
        node, below = node.getparent(), node
    return node is not None and below is not None and below is not block.element and below.tag in {"div", "section", "aside"}


def _region(page: Survey, kept: Sequence[int]) -> HtmlElement | None:
    weights: dict[HtmlElement, int] = {}
    total = 0
    for order in kept:
        block = page.blocks[order]
        if is_body(block):
            own = block.weight
            total += own
            for node in list(above(block.element))[1:]:
                weights[node] = weights.get(node, 0) + own
    enough = [node for node, own in weights.items() if own >= _REGION_SHARE * total]
    return max(enough, key=lambda node: sum(1 for _ in above(node)), default=None)


def _with_lead(page: Survey, kept: list[int], hints: Hints) -> list[int]:
    """Return *kept* without the headline and what stands above it, and with the lead between it and the article."""
    if not kept:
        return kept
    first = next((order for order in kept if is_body(page.blocks[order])), kept[0])
    headline = _headline(page, kept, first, hints)
    found = kept
    if headline is not None:
        title = squeeze(page.blocks[headline].text)
        found = [o for o in kept if o > headline or (o < headline and _says_more(page.blocks[o], title))]
    after = -1 if headline is None else headline
    leads = [
        order for order, block in page.left() if after < order < first and order not in found and _is_lead(block, hints)
    ]
    return sorted(found + leads)


def _headline(page: Survey, kept: Sequence[int], first: int, hints: Hints) -> int | None:
    """Return the order of the block that is the page's title, at the latest a little below the *first* paragraph."""
    known = set(kept)
    best: int | None = None
    for order, block in page.left():
        if order > first + _BELOW_FIRST:
            break
        tag = block.tag
        if len(block.text) > _MAX_HEADLINE:
            continue
        words = squeeze(block.text)
        if tag == "h1" and len(words) >= _MIN_HEADLINE:
            best = order
        elif len(words) >= _MIN_TITLE and any(words in title for title in hints.titles):
            if block.link_share >= _LINKED or (order not in known and tag not in HEADINGS):
                continue
            if best is None or page.blocks[best].tag != "h1" or words == squeeze(page.blocks[best].text):
                best = order
    return best


def _says_more(block: Block, title: str) -> bool:
    """Return whether *block* above the headline is a paragraph of its own."""
    return is_body(block) and squeeze(block.text) not in title


def _is_lead(block: Block, hints: Hints) -> bool:
    """Return whether *block*, between headline and article, is the article's lead."""
    if block.weight < _LEAD_WEIGHT or block.link_share > _MAX_LEAD_LINKS:
        return False
    if any(node.tag in _NOT_LEAD_TAGS for node in above(block.element)):
        return False
    words = squeeze(block.text)[:60]
    if any(words in description for description in hints.descriptions):
        return True
    if _LEAD_NAMES.search(block.names):
        return True
    names = names_above(block, 3)
    return _LEAD_NAMES.search(names) is not None and _NOT_LEAD_NAMES.search(names) is None


def _without_tail(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the headings, labels and links at its end, and without headings that have no text."""
    found = list(kept)
    while found and _is_label(page.blocks[found[-1]]):
        found.pop()
    below: str | None = None
    texts = []
    for order in reversed(found):
        tag = page.blocks[order].tag
        if tag in HEADINGS and (below is None or (below in HEADINGS and below < tag)):
            continue
        texts.append(order)
        below = tag
    return texts[::-1]


def _is_label(block: Block) -> bool:
    text = block.text
    if _BARE_ADDRESS.fullmatch(text):
        return False
    return (
        block.tag in HEADINGS
        or block.link_share >= _LINK_LINE
        or (len(text) < _LABEL_CHARS and text.endswith((":", "：")))
        or (len(text) < _ADDRESS_CHARS and _ADDRESS.search(text) is not None)
    )
