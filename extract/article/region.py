"""The element that holds an article, and what stands before and behind it in the article's frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract.article.shape import above, columns, deepest, is_body, is_in_list, weight_of
from extract.survey import is_prose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lxml.html import HtmlElement

    from extract.markup import Block
    from extract.survey import Survey

_BEFORE_REGION = 130
_AFTER_REGION = 400
# The region of an article is the deepest element that holds this much of its running text.
_REGION_SHARE = 0.9
_MIN_BODY_SHARE = 0.5
# An element whose own paragraphs are this share of the running text is the article's column. Less than the other share
# stands behind it.
_COLUMN_SHARE = 0.8
_MAX_BEHIND = 0.2
# With this share, what is in boxes at the column's end, and less than the other share, is something else.
_PURE_SHARE = 0.85
_MAX_BOXED = 0.15
_BOXES = frozenset(("div", "section", "aside"))


def within_region(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the short blocks before and after the deepest element that holds nearly all paragraphs."""
    bodies = [page.blocks[order] for order in kept if is_body(page.blocks[order])]
    if weight_of(bodies) < _MIN_BODY_SHARE * weight_of(page.blocks[order] for order in kept):
        return kept
    region = deepest(((block.element.getparent(), block.weight) for block in bodies), _REGION_SHARE)
    inside = [place for place, order in enumerate(kept) if region in above(page.blocks[order].element)]
    if not inside:
        return kept
    end = _end_of_column(page, kept)
    found = []
    for place, order in enumerate(kept[:end]):
        block = page.blocks[order]
        heavy = block.weight
        if place < inside[0] and heavy < _BEFORE_REGION and not is_in_list(block):
            continue
        if place > inside[-1] and (heavy < _AFTER_REGION or not is_prose(block)):
            continue
        found.append(order)
    return found


def _end_of_column(page: Survey, kept: Sequence[int]) -> int:
    """Return how many of *kept* are left without what follows the article's column, or stands at its end in a box.

    The column is the element whose own paragraphs are most of the text. What is no small part of it is left.
    """
    total = weight_of(page.blocks[order] for order in kept)
    column, share = _column(page, kept)
    if column is None or share < _COLUMN_SHARE:
        return len(kept)
    end = _cut_behind(page, kept, len(kept), lambda block: column not in above(block.element), _MAX_BEHIND * total)
    if share < _PURE_SHARE:
        return end
    return _cut_behind(page, kept, end, lambda block: _is_boxed(block, column), _MAX_BOXED * total)


def _column(page: Survey, kept: Sequence[int]) -> tuple[HtmlElement | None, float]:
    """Return the element with the most running text in paragraphs of its own, and its share of all running text."""
    bodies = [page.blocks[order] for order in kept if is_body(page.blocks[order])]
    weights = {parent: weight_of(own) for parent, own in columns(bodies).items()}
    column = max(weights, key=lambda parent: weights[parent], default=None)
    return column, weights[column] / weight_of(bodies) if column is not None else 0


def _cut_behind(page: Survey, kept: Sequence[int], end: int, is_behind: Callable[[Block], bool], at_most: float) -> int:
    """Return *end* without the blocks before it of which *is_behind* holds, unless they weigh *at_most* or more."""
    new, weight = end, 0
    while new and is_behind(page.blocks[kept[new - 1]]):
        new -= 1
        weight += page.blocks[kept[new]].weight
    return new if weight < at_most else end


def _is_boxed(block: Block, column: HtmlElement) -> bool:
    """Return whether *block* stands in an element of *column* that is more than the block."""
    node, box = block.element.getparent(), block.element
    while node is not None and node is not column:
        node, box = node.getparent(), node
    return node is not None and box is not block.element and box.tag in _BOXES
