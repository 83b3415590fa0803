"""The article of a page and what it says of itself: the only place that knows trafilatura."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trafilatura
from trafilatura.metadata import extract_metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# It warns of each page that has no article, which is an answer here and no warning.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

# Less of the page's running text than this share, and the quick heuristics have taken the wrong part of the page.
_TOO_LITTLE = 0.2
_DATES = {
    "original_date": True,  # of publication, not of the last change
    "extensive_search": False,  # no guessing from numbers in the text
    "max_date": "2099-12-31",  # its default is today, and the same page must give the same answer tomorrow
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page's head, its JSON-LD and its by-line say."""

    title: str | None = None
    byline: str | None = None
    published_on: str | None = None
    """ISO 8601 date."""
    site_name: str | None = None


def article_text(tree: HtmlElement, prose_chars: int) -> str | None:
    """Return the article of *tree* as paragraphs, a line each, or None where there is none.

    *prose_chars* is how much running text the page has: with much less than that, the slower way is tried as well,
    and then without the names of classes, which may say "comments" of the article. The tree is changed by that.
    """
    text = _extract(tree, fast=True) or ""
    enough = _TOO_LITTLE * prose_chars
    if len(text) < enough:
        text = max(text, _extract(tree, fast=False) or "", key=len)
    if len(text) < enough:
        for element in tree.iter():
            element.attrib.pop("class", None)
            element.attrib.pop("id", None)
        text = max(text, _extract(tree, fast=True) or "", key=len)
    return text.strip() or None


def _extract(tree: HtmlElement, *, fast: bool) -> str | None:
    document = trafilatura.bare_extraction(tree, include_comments=False, fast=fast)
    # None is its one answer to "no text", "no HTML" and "failed"; which of them it is, the verdict decides.
    return document.text if isinstance(document, trafilatura.settings.Document) else None


def metadata_of(tree: HtmlElement, url: str | None) -> Metadata:
    """Return what *tree* says of title, author, date and site."""
    found = extract_metadata(tree, url, _DATES, True)
    return Metadata(_clean(found.title), _clean(found.author), _clean(found.date), _clean(found.sitename))


def _clean(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None
