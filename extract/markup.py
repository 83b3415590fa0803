"""Characters to a tree, and the tree to blocks of visible text with their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lxml.html
from lxml.etree import ErrorTypes, LxmlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

# C0 controls but tab and line ends, C1 controls, surrogates and non-characters: libxml2 refuses or drops them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# The tags without which a page is flat: all but those that say what a text is, or that it isn't one.
_NESTING = re.compile(
    r"</?(?!(?:html|head|title|meta|script|style|body|p|br|h[1-6]|a|noscript|template)\b)[a-z][^<>]*>", re.IGNORECASE
)

BLOCK_TAGS = frozenset(
    "address article aside blockquote body br button caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hr html legend li main "
    "menu nav noscript ol option p pre section select summary table tbody td tfoot th thead tr ul "
    "textarea".split()
)
SILENT_TAGS = frozenset(
    "script style template head title meta link noscript iframe object embed applet canvas svg math map "
    "audio video source track select datalist textarea noframes rt rp".split()
)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of visible text between two block boundaries."""

    text: str
    """With white space folded; never empty."""
    link_chars: int
    """How many of its characters are the text of links."""
    element: HtmlElement
    """The nearest block element around it."""
    tag: str = ""
    """The element's tag when the page was read: what extracts an article renames it."""
    names: str = ""
    """The element's class and id when the page was read."""

    @property
    def link_share(self) -> float:
        """The share of its characters that are the text of links."""
        return self.link_chars / len(self.text)


def parse(text: str) -> HtmlElement | None:
    """Return the tree of an HTML page; None where there is no element to be found."""
    cleaned = _FORBIDDEN.sub("", text)
    tree, is_cut = _parse(cleaned)
    return _parse(_NESTING.sub("\n", cleaned))[0] if is_cut else tree


def _parse(text: str) -> tuple[HtmlElement | None, bool]:
    """Return the tree of *text*, and whether the parser gave up on its depth and lost what is below."""
    if not text.strip():
        return None, False
    # Without huge_tree all that lies deeper than 256 elements is lost, and unclosed tags add up to that.
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True
    )
    try:
        tree = lxml.html.document_fromstring(text.encode("utf-8"), parser=parser)
    except LxmlError:
        # lxml has one exception for a document without elements, such as one that is only a comment.
        tree = None
    return tree, any(entry.type == ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)


def fold(text: str) -> str:
    """Return *text* with every run of white space as one space, trimmed."""
    return " ".join(text.split())


def text_of(element: HtmlElement) -> str:
    """Return the visible text of *element*, folded, with a space at each block boundary."""
    return " ".join(block.text for block in blocks(element))


class _Run:
    """Gathers the pieces of one block."""

    __slots__ = ("element", "link_chars", "pieces")

    def __init__(self, element: HtmlElement) -> None:
        self.element = element
        self.pieces: list[str] = []
        self.link_chars = 0

    def add(self, piece: str | None, *, linked: bool) -> None:
        if piece:
            self.pieces.append(piece)
            if linked:
                self.link_chars += len(fold(piece))

    def finish(self) -> Block | None:
        text = fold("".join(self.pieces))
        if not text:
            return None
        element = self.element
        names = f"{element.get('class', '')} {element.get('id', '')}".strip()
        return Block(text, min(self.link_chars, len(text)), element, element.tag, names)


def blocks(root: HtmlElement) -> Iterator[Block]:  # noqa: C901  # one walk, and each step of it short
    """Yield the visible text of *root* in document order, one block at a time; the tail is not part of it."""
    run = _Run(root)
    linked = 0
    # An explicit stack, since pages nest deeper than Python may recurse: (element, opening or closing).
    stack: list[tuple[HtmlElement, bool]] = [(root, True)]
    while stack:
        element, opening = stack.pop()
        tag = element.tag
        if opening:
            if isinstance(tag, str) and tag not in SILENT_TAGS:
                if tag in BLOCK_TAGS:
                    if block := run.finish():
                        yield block
                    run = _Run(element)
                linked += tag == "a"
                run.add(element.text, linked=linked > 0)
                stack.append((element, False))
                stack.extend((child, True) for child in reversed(element))
            elif element is not root:
                run.add(element.tail, linked=linked > 0)
            continue
        linked -= tag == "a"
        if tag in BLOCK_TAGS:
            if block := run.finish():
                yield block
            parent = element.getparent() if element is not root else None
            run = _Run(element if parent is None else _block_ancestor(parent, root))
        if element is not root:
            run.add(element.tail, linked=linked > 0)
    if block := run.finish():
        yield block


def _block_ancestor(element: HtmlElement, root: HtmlElement) -> HtmlElement:
    """Return *element* or its nearest ancestor that is a block, not above *root*."""
    while element is not root and element.tag not in BLOCK_TAGS:
        parent = element.getparent()
        if parent is None:
            break
        element = parent
    return element
