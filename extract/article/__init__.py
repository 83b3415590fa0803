"""The article of a page: which of its blocks it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import normalize

from extract.article.edges import refine
from extract.article.frame import framed
from extract.article.hints import read_hints
from extract.article.shape import squeeze

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lxml.html import HtmlElement

    from extract.article.hints import Hints
    from extract.survey import Survey

__all__ = ["Article", "find_article", "read_hints"]

# An article that the page's data hold and its markup doesn't: this much longer, and at least this long.
_TIMES_LONGER = 2
_MIN_BODY = 250


@dataclass(frozen=True, slots=True)
class Article:
    """The text of an article, and where it stands on the page."""

    text: str | None
    """Paragraphs, a line each, and so the rows of tables; code as it stands. None where there is none."""
    orders: tuple[int, ...] = ()
    """The numbers of its blocks."""
    lines: tuple[int, ...] = ()
    """Of each line of the text: the number of its first block."""
    said: str | None = None
    """The words of the text, a line for each block: what a verdict is made from."""
    left_out: Mapping[int, str] = field(default_factory=dict)
    """By number: the rules that left out blocks which its frame holds."""
    is_from_data: bool = False
    """Whether the text is what the page's data hold, and not that of its blocks."""


def find_article(tree: HtmlElement, page: Survey, hints: Hints) -> Article:
    """Return the article of *page*, whose *tree* is without what the survey cut. The tree is changed by that."""
    orders, left_out = refine(page, framed(tree, page), hints)
    said = _written(page.blocks[order].text for order in orders)
    body = max(hints.bodies, key=len, default="")
    from_data = len(body) >= _MIN_BODY and len(squeeze(body)) > _TIMES_LONGER * len(squeeze(said))
    lines = tuple(orders)
    if from_data:
        said = _written([body])
    text = said
    if page.layout and not from_data:
        laid_out = list(page.layout.lines(page.blocks, orders))
        lines = tuple(order for order, _ in laid_out)
        text = _written(line for _, line in laid_out)
    return Article(text or None, tuple(orders), lines, said or None, left_out, from_data)


def _written(paragraphs: Iterable[str]) -> str:
    """Return *paragraphs* as text: characters composed (Unicode's form C), without hyphens that nobody sees."""
    return normalize("NFC", "\n".join(paragraphs).replace("\u00ad", ""))
