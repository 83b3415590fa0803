"""Lines that publishing systems put into an article's own element: dates, captions, teasers, comments.

What they are is told by their form, their place and what stands beside them, never by the names that a site gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.words import NoticeKind
from extract.article.shape import LINKED, SENTENCE_END, above, is_body
from extract.dates import day_in
from extract.phrases import load_table

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from extract.markup import Block
    from extract.survey import Survey

_DATE_LINE = 60
_TEASERS = 2
"""So many texts, each with an invitation to read on below it, are teasers; one alone may be a text that unfolds."""
_IN_PARAGRAPHS = 0.6
_CAPTION = 200
_CREDIT = 90
_BEFORE_COMMENTS = 0.6
_MIN_ARTICLE = 250
"""With less running text beside them, teasers or readers' comments may be what the page is about."""


def without_date_lines(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the lines above its first paragraph that say when it was published."""
    first = next((place for place, order in enumerate(kept) if is_body(page.blocks[order])), 0)
    return [order for place, order in enumerate(kept) if place >= first or not _is_date_line(page.blocks[order])]


def _is_date_line(block: Block) -> bool:
    text = block.text
    return len(text) <= _DATE_LINE and not SENTENCE_END.search(text) and day_in(text) is not None


def without_teasers(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the beginnings of other texts, each with a link below it that invites to read on."""
    teasers = {order for order in kept if _is_teaser(page, order)}
    left = [order for order in kept if order not in teasers]
    is_article = sum(page.blocks[order].weight for order in left if is_body(page.blocks[order])) >= _MIN_ARTICLE
    return left if is_article and len(teasers) >= _TEASERS else kept


def _is_teaser(page: Survey, order: int) -> bool:
    blocks = page.blocks
    if order + 1 >= len(blocks) or not is_body(blocks[order]):
        return False
    invitation = blocks[order + 1]
    if invitation.link_share < LINKED:
        return False
    phrase = load_table("pasted.toml").find(invitation.text)
    return phrase is not None and phrase.group == "teaser"


def without_captions(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without what stands above a credit, where the article is in paragraphs and that is none."""
    blocks = page.blocks
    prose = [blocks[order] for order in kept if is_body(blocks[order])]
    paragraphs = sum(block.weight for block in prose if block.tag == "p")
    if paragraphs < _IN_PARAGRAPHS * sum(block.weight for block in prose):
        return kept
    return [order for order in kept if not (_may_be_caption(blocks[order]) and _has_credit(page, order))]


def _may_be_caption(block: Block) -> bool:
    return block.tag in {"div", "figure", "section"} and block.weight <= _CAPTION


def _has_credit(page: Survey, order: int) -> bool:
    """Return whether the next block is short and says whose a picture is."""
    if order + 1 >= len(page.blocks):
        return False
    text = page.blocks[order + 1].text
    if len(text) > _CREDIT:
        return False
    if text.startswith(("©", "(c)", "(©")):
        return True
    phrase = load_table("notices.toml").find(text)
    return phrase is not None and phrase.group == NoticeKind.LEGAL and phrase.begins


def without_other_articles(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the further articles of an endless page, which have main headings of their own."""
    first = next((order for order in kept if is_body(page.blocks[order])), None)
    if first is None:
        return kept
    own = _article_of(page.blocks[first])
    others = {_article_of(block) for order in kept if order > first and (block := page.blocks[order]).tag == "h1"}
    others -= {own, None}
    if own is None or not others:
        return kept
    return [order for order in kept if _article_of(page.blocks[order]) not in others]


def _article_of(block: Block) -> HtmlElement | None:
    return next((node for node in above(block.element) if node.tag == "article"), None)


def before_comments(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* up to the heading of readers' comments, where most of its running text stands above that."""
    if not kept:
        return kept
    blocks = page.blocks
    total = sum(blocks[order].weight for order in kept if is_body(blocks[order]))
    known = set(kept)
    before = 0
    for order in range(kept[0], kept[-1]):
        block = blocks[order]
        if order in known and is_body(block):
            before += block.weight
        elif before >= max(_MIN_ARTICLE, _BEFORE_COMMENTS * total) and _announces_comments(block):
            return [kept_order for kept_order in kept if kept_order < order]
    return kept


def _announces_comments(block: Block) -> bool:
    """Return whether *block* is a heading for comments; a link that says so stands below each post of a thread."""
    if block.link_share >= LINKED:
        return False
    phrase = load_table("pasted.toml").find(block.text)
    return phrase is not None and phrase.group in {"comments-heading", "comment-form"}
