"""What the rules of this package ask of a block: its names, its ancestors, its text without what is between words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract.survey import is_prose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

    from extract.markup import Block

HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
LINKED = 0.85
"""The share of links from which a block is nothing but a link."""
MOSTLY_LINKED = 0.5
"""The share of links from which more of a block is links than not."""
LIST_TAGS = frozenset("li dd dt td th item".split())

SENTENCE_END = re.compile(r"[.!?…:;。！？؟।][\"'”’»“)\]]*$")
"""What a sentence ends with, and the quotation marks and brackets behind that."""

_BETWEEN_WORDS = re.compile(r"[\W_]+")
_TOPS = frozenset(("body", "html", "main"))


def squeeze(text: str) -> str:
    """Return *text* in lower case with nothing but its letters and digits, for comparing."""
    return _BETWEEN_WORDS.sub("", text).lower()


def is_body(block: Block) -> bool:
    """Return whether *block* is running text and no heading."""
    return is_prose(block) and block.tag not in HEADINGS


def is_in_list(block: Block) -> bool:
    """Return whether *block* is an item of a list or a cell of a table, or all that is in one."""
    parent = block.element.getparent()
    return block.tag in LIST_TAGS or (parent is not None and parent.tag in LIST_TAGS)


def above(element: HtmlElement | None) -> Iterator[HtmlElement]:
    """Yield *element* and its ancestors, the nearest first."""
    node = element
    while node is not None:
        yield node
        node = node.getparent()


def deepest(weighed: Iterable[tuple[HtmlElement | None, int]], share: float) -> HtmlElement | None:
    """Return the deepest element that has *share* of the weight in it; *weighed* are elements, each with its weight."""
    weights: dict[HtmlElement, int] = {}
    total = 0
    for element, own in weighed:
        total += own
        for node in above(element):
            weights[node] = weights.get(node, 0) + own
    enough = [node for node, own in weights.items() if own >= share * total]
    return max(enough, key=lambda node: sum(1 for _ in above(node)), default=None)


def columns(blocks: Iterable[Block]) -> dict[HtmlElement, list[Block]]:
    """Return those of *blocks* that are in no list, by the element that they stand in."""
    found: dict[HtmlElement, list[Block]] = {}
    for block in blocks:
        parent = block.element.getparent()
        if block.tag not in LIST_TAGS and parent is not None:
            found.setdefault(parent, []).append(block)
    return found


def weight_of(blocks: Iterable[Block]) -> int:
    """Return how much *blocks* weigh together."""
    return sum(block.weight for block in blocks)


def names_above(block: Block, levels: int) -> str:
    """Return the classes and ids of the block's element and its nearest ancestors, *levels* elements in all."""
    names = [block.names]
    node = block.element.getparent()
    while node is not None and levels > 1 and node.tag not in _TOPS:
        names += filter(None, (node.get("class"), node.get("id")))
        node = node.getparent()
        levels -= 1
    return " ".join(names)
