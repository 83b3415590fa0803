"""Readers' comments: where they stand on a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract.kept import Answers
from extract.named import WORDS, is_custom

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

    from extract.named import Names

_HOLDERS = frozenset("div section aside ol ul article details".split())
_WORDS = re.compile(
    r"(?:^|[ -])(?:comments?-?(?:list|area|section|thread|container|wrapper|wrap|block|box|content|body|holder|feed"
    r"|entries|items|module?|con)?|commentlist|comol|disqus-thread|dsq-comments|reader-comments|talk-?back"
    r"|(?:leser)?kommentar(?:e|er|liste|-?(?:liste|bereich|block|box|modul))?|leser-?brief(?:e|-?liste)?|commentaires"
    r"|comentarios?|commenti|reacties|komentarze|komentare|kommentit|hozzaszolas(?:ok)?|yorum(?:lar)?)(?:$| )"
)
# What each of these words holds: most names hold none of it, and are known by that at once.
_STEM = re.compile(r"[ck]om+ent|comol|dis?qus|dsq|talk-?back|leser-?brief|reacties|hozzaszolas|yorum")
# One comment of a list; the list itself is what is looked for, and these stand for it where it has no name.
_SINGLE = re.compile(r"(?:^| )comment(?:-?(?:\d+|item|entry))?(?: |$)")


def find_comments(names: Names, is_cut: Callable[[HtmlElement], bool]) -> list[HtmlElement]:
    """Return the outermost elements that hold readers' comments, in document order."""
    outermost: set[HtmlElement] = set()
    found: list[HtmlElement] = []
    for element, own in names.named:
        # What its own names call comments, and what holds nothing of the article.
        if not _SAYS_COMMENTS[own] or element in names.around_article:
            continue
        if element.tag not in _HOLDERS and not is_custom(element.tag):
            continue
        if _is_apart(element, own) and outermost.isdisjoint(element.iterancestors()):
            outermost.add(element)
            if not is_cut(element):
                found.append(element)
    return found


def _is_apart(element: HtmlElement, names: str) -> bool:
    """Return whether *element* holds no articles, unless each of them is a comment."""
    return (
        element.tag == "article" or _SINGLE.search(names) is not None or all(map(_is_single, element.iter("article")))
    )


def _is_single(article: HtmlElement) -> bool:
    """Return whether an `<article>`, or the item of a list that it is, is called a comment."""
    parent = article.getparent()
    around = [article] if parent is None else [article, parent]
    return any(_SINGLE.search(WORDS[f"{each.get('class', '')} {each.get('id', '')}"]) for each in around)


_SAYS_COMMENTS = Answers(lambda names: _STEM.search(names) is not None and _WORDS.search(names) is not None)
