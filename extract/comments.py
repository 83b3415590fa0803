"""Readers' comments: where they stand on a page."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

_HOLDERS = frozenset("div section aside ol ul article details".split())
_WORDS = re.compile(
    r"(?:^|[\s_-])(?:comments?-?(?:list|area|section|thread|container|wrapper|block|box|content|body|holder|feed)?"
    r"|commentlist|comol|disqus_thread|dsq-comments|reader-comments|kommentare?|kommentarliste|commentaires"
    r"|comentarios?|commenti|reacties|komentarze|talkback)(?:$|\s)",
    re.IGNORECASE,
)
# One comment of a list; the list itself is what is looked for, and these stand for it where it has no name.
_SINGLE = re.compile(r"(?:^|\s)comment(?:\s|$)")


def find_comments(tree: HtmlElement, is_cut: Callable[[HtmlElement], bool]) -> list[HtmlElement]:
    """Return the outermost elements that hold readers' comments, in document order."""
    body = tree.find("body")
    outermost: set[HtmlElement] = set()
    found: list[HtmlElement] = []
    for element in () if body is None else body.iter(*_HOLDERS):
        if _is_comments(element) and outermost.isdisjoint(element.iterancestors()):
            outermost.add(element)
            if not is_cut(element):
                found.append(element)
    return found


def _is_comments(element: HtmlElement) -> bool:
    """Return whether the element's own names say comments, and nothing in it is the article."""
    names = f"{element.get('class', '')} {element.get('id', '')}"
    if not _says_comments(names):
        return False
    return (
        element.find(".//h1") is None
        and element.find(".//*[@itemprop='articleBody']") is None
        and (element.tag == "article" or element.find(".//article") is None or _SINGLE.search(names) is not None)
    )


@lru_cache(maxsize=4096)
def _says_comments(names: str) -> bool:
    return len(names) > 1 and _WORDS.search(names) is not None
