"""The article of a page, by trafilatura."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import trafilatura

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# It warns of each page that has no article, which is an answer here and no warning.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

# Less of the page's running text than this share, and the quick heuristics have taken the wrong part of the page.
_TOO_LITTLE = 0.2


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
