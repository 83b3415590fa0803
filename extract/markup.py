"""Characters to a tree, and the tree to blocks of visible text with their links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import lxml.html
from lxml.etree import ElementDefaultClassLookup, ErrorTypes, LxmlError, iterwalk
from lxml.html import HtmlElement

# Controls but tab and line ends, and non-characters, as UTF-8: libxml2 refuses or drops them.
_CONTROLS = bytes((*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
_NON_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
# The same as references (`&#1;`, `&#xD800;`), which libxml2 takes, and lxml then fails at.
_FORBIDDEN_REFERENCE = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]|6553[45])(?!\d)"
    rb"|x0*(?:[0-8bcef]|1[\da-f]|d[89a-f][\da-f]{2}|fff[ef])(?![\da-f]));?",
    re.IGNORECASE,
)
_LOST = "\ufffd".encode()
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

_SILENT, _BLOCK, _LINK = 1, 2, 3
_KINDS = {"a": _LINK} | dict.fromkeys(BLOCK_TAGS, _BLOCK) | dict.fromkeys(SILENT_TAGS, _SILENT)

# lxml.html asks a function of Python for the class of each element each time that it is met, which takes longer than
# anything that is done to it here; no element is a form here.
_CLASSES = ElementDefaultClassLookup(element=HtmlElement)


@dataclass(slots=True, eq=False)  # not frozen, which makes them three times as slow to make
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
    encoded = _encoded(text)
    if text.isspace():
        return None
    tree, is_cut = _parse(encoded)
    if is_cut:
        tree, _ = _parse(_NESTING.sub("\n", encoded.decode("utf-8")).encode("utf-8"))
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


def _encoded(text: str) -> bytes:
    """Return *text* as UTF-8 without controls, lone surrogates and non-characters, which no tree of lxml may have."""
    encoded = text.encode("utf-8", "ignore").translate(None, _CONTROLS)
    for character in _NON_CHARACTERS:
        encoded = encoded.replace(character, b"")
    # Last, since what goes may have stood within one; and what is left of that within another is shown as lost.
    return _FORBIDDEN_REFERENCE.sub(_LOST, _FORBIDDEN_REFERENCE.sub(b"", encoded))


def _parse(encoded: bytes) -> tuple[HtmlElement | None, bool]:
    """Return the tree of a page, and whether the parser gave up on its depth and lost what is below."""
    # Without huge_tree all that lies deeper than 256 elements is lost, and unclosed tags add up to that.
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True
    )
    parser.set_element_class_lookup(_CLASSES)
    try:
        tree = lxml.html.document_fromstring(encoded, parser=parser)
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


def read(root: HtmlElement) -> Reading:  # noqa: C901, PLR0912  # the loop that all of a page comes through: no calls
    """Read the visible text of *root*."""
    reader = _Reader(root)
    pieces, around, found, spans = reader.pieces, reader.around, reader.reading.blocks, reader.reading.spans
    custom_tags, links = reader.reading.custom_tags, 0
    walk = iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        kind = _KINDS.get(element.tag)
        if event == "start":
            if kind == _SILENT:
                walk.skip_subtree()
                continue
            piece = element.text
            if kind == _BLOCK:
                if pieces:
                    reader.finish()
                around.append((element, len(found)))
            elif kind == _LINK:
                links += 1
            elif kind is None and "-" in element.tag:
                custom_tags.add(element.tag)
        else:
            piece = None if element is root else element.tail
            if kind == _BLOCK:
                if pieces:
                    reader.finish()
                spans[element] = around.pop()[1], len(found)
            elif kind == _LINK and event == "end":
                links -= 1
        if piece and (pieces or not piece.isspace()):
            pieces.append(piece)
            if links:
                reader.link_chars += len(fold(piece))
    if pieces:
        reader.finish()
    return reader.reading


class _Reader:
    """Makes blocks of the pieces of text that come one after the other."""

    __slots__ = ("around", "link_chars", "pieces", "reading")

    def __init__(self, root: HtmlElement) -> None:
        self.reading = Reading([], {})
        self.around = [(root, 0)]
        """The block elements around what is read, the nearest last, each with the number of its first block."""
        self.pieces: list[str] = []
        """What the block has so far; its first piece has more than white space."""
        self.link_chars = 0

    def finish(self) -> None:
        """End the block, which has something in it."""
        text = fold("".join(self.pieces))
        element = self.around[-1][0]
        names = f"{element.get('class', '')} {element.get('id', '')}".strip()
        link_chars = min(self.link_chars, len(text))
        self.reading.blocks.append(Block(text, link_chars, element, element.tag, names, weight(text)))
        self.pieces.clear()
        self.link_chars = 0
