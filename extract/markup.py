"""Characters to a tree, and the tree to blocks of visible text with their links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import lxml.html
from lxml.etree import ElementDefaultClassLookup, ErrorTypes, LxmlError, iterwalk
from lxml.html import HtmlElement

# C0 controls but tab and line ends, C1 controls, surrogates and non-characters: libxml2 refuses or drops them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# The same as references (`&#1;`, `&#xD800;`), which libxml2 takes, and lxml then fails at.
_FORBIDDEN_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]|6553[45])(?!\d)"
    r"|x0*(?:[0-8bcef]|1[\da-f]|d[89a-f][\da-f]{2}|fff[ef])(?![\da-f]));?",
    re.IGNORECASE,
)
# The tags without which a page is flat: all but those that say what a text is, or that it isn't one.
_NESTING = re.compile(
    r"</?(?!(?:html|head|title|meta|script|style|body|p|br|h[1-6]|a|noscript|template)\b)[a-z][^<>]*>", re.IGNORECASE
)

# HTML 4.2: what a head may hold.
_HEAD_TAGS = frozenset("title meta link script style base noscript template isindex object basefont bgsound".split())

_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

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


# lxml.html asks a function of Python for the class of each element each time that it is met, which takes longer than
# anything that is done to it here; no element is a form here.
_CLASSES = ElementDefaultClassLookup(element=HtmlElement)


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

    weight: int = 0
    """As `weight` counts the text."""

    @property
    def link_share(self) -> float:
        """The share of its characters that are the text of links."""
        return self.link_chars / len(self.text)


def parse(text: str) -> HtmlElement | None:
    """Return the tree of an HTML page; None where there is no element to be found."""
    cleaned = without_forbidden(text)
    tree, is_cut = _parse(cleaned)
    if is_cut:
        tree, _ = _parse(_NESTING.sub("\n", cleaned))
    if tree is not None:
        _end_head(tree)
    return tree


def _end_head(tree: HtmlElement) -> None:
    """Move what is no part of a head into the body: libxml2 ends the head of a page without a body tag too late."""
    head = tree.find("head")
    first = None if head is None else next((child for child in head if child.tag not in _HEAD_TAGS), None)
    if head is None or first is None:
        return
    body = tree.find("body")
    if body is None:
        body = tree.makeelement("body")
        head.addnext(body)
    moved = [first, *first.itersiblings()]
    moved[-1].tail = f"{moved[-1].tail or ''}{body.text or ''}"
    body.text = None
    body[:0] = moved


def without_forbidden(markup: str) -> str:
    """Return *markup* without the characters, and the references to such, that no tree of lxml may have."""
    return _FORBIDDEN_REFERENCE.sub("", _FORBIDDEN.sub("", markup))


def _parse(text: str) -> tuple[HtmlElement | None, bool]:
    """Return the tree of *text*, and whether the parser gave up on its depth and lost what is below."""
    if not text.strip():
        return None, False
    # Without huge_tree all that lies deeper than 256 elements is lost, and unclosed tags add up to that.
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True
    )
    parser.set_element_class_lookup(_CLASSES)
    try:
        tree = lxml.html.document_fromstring(text.encode("utf-8"), parser=parser)
    except LxmlError:
        # lxml has one exception for a document without elements, such as one that is only a comment.
        tree = None
    return tree, any(entry.type == ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)


def fold(text: str) -> str:
    """Return *text* with every run of white space as one space, trimmed."""
    return " ".join(text.split())


def blocks(root: HtmlElement) -> list[Block]:
    """Return the visible text of *root* in document order, block by block; its tail is not part of it."""
    return read(root).blocks


def weight(text: str) -> int:
    """Return the length of *text* in characters of Latin script: one of Chinese or Japanese says as much as three."""
    return len(text) if text.isascii() else len(text) + 2 * len(_DENSE.findall(text))


def text_of(element: HtmlElement) -> str:
    """Return the visible text of *element*, folded, with a space at each block boundary."""
    return " ".join(block.text for block in blocks(element))


@dataclass(frozen=True, slots=True)
class Reading:
    """The visible text of an element, and which of its blocks lie in which element."""

    blocks: list[Block]
    """In document order; the tail of the element is not part of it."""
    spans: dict[HtmlElement, tuple[int, int]]
    """Of each visible block element: the number of its first block, and of the first one behind it."""
    custom_tags: set[str] = field(default_factory=set)
    """The names of the elements that the page's own scripts define."""

    def text_of(self, element: HtmlElement) -> str:
        """Return the visible text of *element*, folded, with a space at each block boundary."""
        if element not in self.spans:  # it begins or ends within a block
            return text_of(element)
        first, behind = self.spans[element]
        return " ".join(block.text for block in self.blocks[first:behind])


def read(root: HtmlElement) -> Reading:
    """Read the visible text of *root*."""
    reader = _Reader(root)
    walk = iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        if event == "start":
            if element.tag in SILENT_TAGS:
                walk.skip_subtree()
            else:
                reader.open(element)
        else:
            if event == "end" and element.tag not in SILENT_TAGS:
                reader.close(element)
            if element is not root:
                reader.add(element.tail)
    reader.finish()
    return reader.reading


class _Reader:
    """Gathers the pieces of one block after the other."""

    __slots__ = ("_around", "_link_chars", "_links", "_pieces", "reading")

    def __init__(self, root: HtmlElement) -> None:
        self.reading = Reading([], {})
        self._around = [root]
        """The block elements around what is read, the nearest last."""
        self._links = 0
        self._pieces: list[str] = []
        self._link_chars = 0

    def open(self, element: HtmlElement) -> None:
        """Begin *element*, and a block if it is one."""
        tag = element.tag
        if tag in BLOCK_TAGS:
            self.finish()
            self._around.append(element)
            self.reading.spans[element] = (len(self.reading.blocks), 0)
        elif tag == "a":
            self._links += 1
        elif "-" in tag:
            self.reading.custom_tags.add(tag)
        self.add(element.text)

    def close(self, element: HtmlElement) -> None:
        """End *element*, and the block in it."""
        tag = element.tag
        if tag in BLOCK_TAGS:
            self.finish()
            self._around.pop()
            self.reading.spans[element] = (self.reading.spans[element][0], len(self.reading.blocks))
        elif tag == "a":
            self._links -= 1

    def add(self, piece: str | None) -> None:
        """Add a *piece* of text to the block."""
        if piece:
            self._pieces.append(piece)
            if self._links:
                self._link_chars += len(fold(piece))

    def finish(self) -> None:
        """End the block, which is one if there is anything in it."""
        if not self._pieces:
            return
        if text := fold("".join(self._pieces)):
            element = self._around[-1]
            names = f"{element.get('class', '')} {element.get('id', '')}".strip()
            link_chars = min(self._link_chars, len(text))
            self.reading.blocks.append(Block(text, link_chars, element, element.tag, names, weight(text)))
        self._pieces = []
        self._link_chars = 0
