"""What the rules of this package ask of a block: its names, its ancestors, its text without what is between words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract.survey import is_prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from extract.markup import Block

HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
LINKED = 0.85
"""The share of links from which a block is nothing but a link."""
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


def above(element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield *element* and its ancestors, the nearest first."""
    node: HtmlElement | None = element
    while node is not None:
        yield node
        node = node.getparent()


def names_above(block: Block, levels: int) -> str:
    """Return the classes and ids of the block's element and its nearest ancestors, *levels* elements in all."""
    names = [block.names]
    node = block.element.getparent()
    while node is not None and levels > 1 and node.tag not in _TOPS:
        names += filter(None, (node.get("class"), node.get("id")))
        node = node.getparent()
        levels -= 1
    return " ".join(names)
