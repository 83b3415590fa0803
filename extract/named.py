"""What the elements of a page are called, gathered once for all that look for names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml.etree import XPath

from extract.kept import Answers

if TYPE_CHECKING:
    from collections.abc import Collection

    from lxml.html import HtmlElement

TAGS = frozenset(
    "div section aside ul ol dl li p span form footer header nav dialog details table h2 h3 h4 h5 h6 "
    "button a figure menu label article".split()
)
"""Those of which the names are looked at."""
_OF_ARTICLE = XPath("descendant::h1 | descendant::*[@itemprop='articleBody']")


@dataclass(frozen=True, slots=True)
class Names:
    """The names in the body of a page, before anything is cut from it."""

    named: list[tuple[HtmlElement, str]]
    """The elements with a class, an id or a name of the page's own, in document order, each with the words of them."""
    around_article: set[HtmlElement]
    """The elements that hold the heading of the page, or what its markup calls the article's body."""


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


_WORDS_OF = Answers(lambda name: _NOT_WORD.sub("-", _CAMEL.sub("-", name).lower()).strip("-"), 1 << 14)
WORDS = Answers(lambda names: " ".join([_WORDS_OF[name] for name in names.split()]), 1 << 14)
"""Of names with a space between them: the names in lower case, with `-` between the words of each."""


def is_custom(tag: str) -> bool:
    """Tell whether a page's own scripts define what *tag* is: its name says as much as a class does."""
    return "-" in tag


def read_names(tree: HtmlElement, custom_tags: Collection[str]) -> Names:
    """Read what the elements of *tree* are called; *custom_tags* are those that the page defines itself."""
    found, words = Names([], set()), WORDS
    body = tree.find("body")
    for element in () if body is None else body.iter(*TAGS, *custom_tags):
        class_, id_ = element.get("class"), element.get("id")
        custom = element.tag if is_custom(element.tag) else ""
        if class_ or id_ or custom:
            found.named.append((element, words[f"{class_ or ''} {id_ or ''} {custom}"]))
    for element in _OF_ARTICLE(tree):
        holder = element.getparent()
        while holder is not None and holder not in found.around_article:
            found.around_article.add(holder)
            holder = holder.getparent()
    return found
