"""What stands around a heading: the short pieces of text where by-lines and dates are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lxml.etree import iterwalk

from extract.kept import Answers
from extract.markup import BLOCK_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

_LONGEST = 160
_AFTER = 100
_BEFORE = 30
_ROOM = 2
"""So many times as long as the text may be what is looked at for it: white space, and elements without text."""
_MOST_CHILDREN = 24
_LEVELS = 12
_PROSE = 2
"""So many long paragraphs after a heading, and the article has begun."""
_SILENT = frozenset("script style noscript template svg select option button iframe textarea label head".split())
_ATTRIBUTES = ("class", "id", "itemprop", "rel", "property", "data-testid")
_ELSEWHERE = re.compile(
    r"comment|kommentar|respond|related|sidebar|(?<![\w-])widget|(?<![a-z])footer(?![a-z])|teaser|recommend|popular|"
    r"more-?(?:posts|news|stories)|\bnav|menu|modal|breadcrumb|promo|newsletter|latest|most-?read|carousel|slider"
)
_ROOTS = frozenset(("html", "body", "main"))
_ASIDE = frozenset(("aside", "footer", "nav"))
_HOLDERS = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """An element with little text."""

    element: HtmlElement
    text: str
    """Folded, a line for each block; never empty."""
    words: str
    """Its class, id and what else says what it is for, in lower case."""


def pieces_near(heading: HtmlElement) -> list[Piece]:
    """Return the pieces after *heading* in the page's order, then those before it, up to where the article begins.

    What stands there about other things (comments, lists of stories) is left out.
    """
    known = dict.fromkeys((heading, *heading.iterancestors()), False)
    found = (*_pieces(_after(heading)), *_pieces(_before(heading)))
    return [piece for piece in found if not is_elsewhere(piece.element, known)]


def pieces_in(root: HtmlElement) -> list[Piece]:
    """Return the first pieces of *root*, up to where an article begins: for a page without a headline."""
    known = {root: False}
    return [piece for piece in _pieces(islice(root.iter(), _AFTER)) if not is_elsewhere(piece.element, known)]


def short_text(element: HtmlElement, longest: int = _LONGEST) -> str | None:
    """Return the text of *element*, a line for each block, folded; None where it is longer than *longest*."""
    children = len(element)
    if children > _MOST_CHILDREN:
        return None
    if not children:
        text = " ".join((element.text or "").split())
        return text if len(text) <= longest and element.tag not in _SILENT else None
    pieces: list[str] = []
    size = 0
    walk = iterwalk(element, ("start", "end"))
    for event, inner in walk:
        if event == "start" and (inner.tag in _SILENT or not isinstance(inner.tag, str)):
            walk.skip_subtree()
        piece = inner.text if event == "start" else inner.tail if inner is not element else None
        if event == "start" and inner.tag in _SILENT:
            piece = None
        if inner.tag in BLOCK_TAGS:
            piece = f"\0{piece or ''}"
        if piece:
            pieces.append(piece)
        size += len(piece or "") + 1
        if size > _ROOM * longest:
            return None
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\0"))
    text = "\n".join(filter(None, lines))
    return text if len(text) <= longest else None


def words_of(element: HtmlElement) -> str:
    """Return what the attributes of *element* say that it is for, in lower case."""
    return " ".join(value for name in _ATTRIBUTES if (value := element.get(name))).lower()


def is_elsewhere(element: HtmlElement, known: dict[HtmlElement, bool] | None = None) -> bool:
    """Tell whether *element* is in a part of the page that is about other things: comments, lists of stories.

    *known* are the answers for elements that were asked for before; they are what is around this one as well, so that
    what holds the article too is no other part.
    """
    known = {} if known is None else known
    asked, holder, answer = [], element, False
    for _ in range(_HOLDERS):
        if holder is None or holder.tag in _ROOTS:
            break
        if holder in known:
            answer = known[holder]
            break
        asked.append(holder)
        if holder.tag in _ASIDE or _SAYS_ELSEWHERE[words_of(holder)]:
            answer = True
            break
        holder = holder.getparent()
    known.update(dict.fromkeys(asked, answer))
    return answer


_SAYS_ELSEWHERE = Answers(lambda words: _ELSEWHERE.search(words) is not None)


def _pieces(elements: Iterator[HtmlElement]) -> Iterator[Piece]:
    prose = 0
    for element in elements:
        if not isinstance(element.tag, str) or element.tag in _SILENT:
            continue
        text = short_text(element)
        if text:
            yield Piece(element, text, words_of(element))
        elif text is None and element.tag == "p":
            prose += 1
            if prose == _PROSE:
                return


def _after(heading: HtmlElement) -> Iterator[HtmlElement]:
    left, holder = _AFTER, heading
    for _ in range(_LEVELS):
        if holder is None or holder.tag == "body":
            return
        for sibling in holder.itersiblings():
            for element in sibling.iter():
                yield element
                left -= 1
                if not left:
                    return
        holder = holder.getparent()


def _before(heading: HtmlElement) -> Iterator[HtmlElement]:
    left, holder = _BEFORE, heading
    for _ in range(_LEVELS // 3):
        if holder is None or holder.tag == "body":
            return
        for sibling in holder.itersiblings(preceding=True):
            for element in sibling.iter():
                yield element
                left -= 1
                if not left:
                    return
        holder = holder.getparent()
