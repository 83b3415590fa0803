"""Where an article begins and ends, and what stands in it that isn't its own.

A frame of markup holds more than the article: the headline (which is the page's title), a sub-title, dates and names
before the first paragraph; links, tags and teasers after the last. The rules here look at the blocks that a frame
keeps and at their neighbours, never at a single site's markup.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from extract.article.closing import without_signature, without_tail
from extract.article.lines import (
    before_comments,
    without_captions,
    without_date_lines,
    without_other_articles,
    without_teasers,
)
from extract.article.region import within_region
from extract.article.shape import HEADINGS, LINKED, MOSTLY_LINKED, above, is_body, is_in_list, names_above, squeeze
from extract.kept import Answers
from extract.survey import is_prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract.article.hints import Hints
    from extract.markup import Block
    from extract.survey import Survey

# What stands between headline and article is the lead from this weight on; below it, it is a part of the headline.
_LEAD_WEIGHT = 130
_MAX_LEAD_LINKS = 0.4
_MAX_HEADLINE = 300
_MIN_TITLE = 12
_MIN_HEADLINE = 4
_BELOW_FIRST = 3
_MIN_LINK_LINE = 25
_MAX_LINK_LINE = 200
_MAX_LINK_LINES = 0.3

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
        ("outside-region", within_region),
        ("headline", partial(_with_lead, hints=hints)),
        ("date-line", without_date_lines),
        ("caption", without_captions),
        ("other-article", without_other_articles),
        ("teaser", without_teasers),
        ("below-comments", before_comments),
        ("signature", without_signature),
        ("end-matter", without_tail),
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
        or (bool(names) and _NAMES_FURNITURE[names])
        or (block.tag in HEADINGS and "teaser" in names.lower())
        or (bool(block.names) and _HIDDEN_NAMES.search(block.names) is not None)
    )


_NAMES_FURNITURE = Answers(
    lambda names: _CAPTION_NAMES.search(names) is not None or _BIO_NAMES.search(names) is not None
)


def _without_link_lines(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the lines between paragraphs that are only a link, unless they are much of the text."""
    lines = {order for order in kept if _is_link_line(page.blocks[order])}
    prose = sum(is_prose(page.blocks[order]) for order in kept)
    return [order for order in kept if order not in lines] if len(lines) <= _MAX_LINK_LINES * prose else kept


def _is_link_line(block: Block) -> bool:
    return (
        block.link_share >= LINKED
        and _MIN_LINK_LINE <= len(block.text) <= _MAX_LINK_LINE
        and " " in block.text
        and "@" not in block.text
        and not is_in_list(block)
    )


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
            if block.link_share >= MOSTLY_LINKED or (order not in known and tag not in HEADINGS):
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
