"""What the blocks of `extract.markup` are made of: pieces of text with what is around them, links and emphasis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract.inline import Marks, Span, mark_of, plain, within
from extract.markup import BLOCK_TAGS, SILENT_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

BULLETS = frozenset(("ul", "menu", "dir"))
LISTS = BULLETS | {"ol"}
CELLS = frozenset(("td", "th"))
_HOLDERS = LISTS | CELLS | frozenset(("li", "blockquote", "table", "tr", "pre"))
_MOST_LEVELS = 12


@dataclass(frozen=True, slots=True)
class Run:
    """What one block of `extract.markup.blocks` is made of."""

    element: HtmlElement
    spans: list[Span]
    path: tuple[HtmlElement, ...]
    """The lists, quotations, tables and code that hold it, the outermost first."""


def runs(root: HtmlElement, base: str | None = None) -> Iterator[Run]:
    """Yield what `extract.markup.blocks` yields of *root*, with the marks around the pieces of its text.

    Links are made whole by *base*, the page's address.
    """
    spans: list[Span] = []
    around: list[tuple[HtmlElement, tuple[HtmlElement, ...]]] = [(root, ())]
    # What holds a block goes on behind the block's end: (element, the marks around it, whether it is its end).
    stack: list[tuple[HtmlElement, Marks, bool]] = [(root, (), False)]
    while stack:
        element, marks, is_end = stack.pop()
        opens = not is_end and _is_shown(element)
        if (opens or is_end) and element.tag in BLOCK_TAGS:
            if plain(spans):
                yield Run(around[-1][0], spans, around[-1][1])
            spans = []
            if opens:
                around.append((element, _below(around[-1][1], element)))
            else:
                around.pop()
        if opens:
            inner = within(marks, mark_of(element, base))
            spans.append(Span(element.text or "", inner))
            stack.append((element, marks, True))
            stack.extend((child, inner, False) for child in reversed(element))
        elif element is not root:
            spans.append(Span(element.tail or "", marks))
    if plain(spans):
        yield Run(around[-1][0], spans, around[-1][1])


def raw(spans: Iterable[Span]) -> str:
    """Return the text of *spans* as it stands, with its white space."""
    return "".join(span.text for span in spans).strip("\n")


def _below(path: tuple[HtmlElement, ...], element: HtmlElement) -> tuple[HtmlElement, ...]:
    return (*path, element) if element.tag in _HOLDERS and len(path) < _MOST_LEVELS else path


def _is_shown(element: HtmlElement) -> bool:
    return isinstance(element.tag, str) and element.tag not in SILENT_TAGS
