"""What stands on a page: every visible block, and which of them are notices or comments.

The survey is made on the whole tree before anything is cut, so that each block keeps its place, and what is cut
can be told with its position in the text that is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive.words import NoticeKind
from extract.comments import find_comments
from extract.containers import find_containers
from extract.layout import Layout
from extract.markup import Block, read
from extract.named import read_names
from extract.owners import Owners, owned_blocks
from extract.phrases import Phrase, load_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml.html import HtmlElement

# A heading such as "Related articles" takes the links below it along, up to this many blocks.
_AFTER_HEADING = 15
_LINK_BLOCK = 0.7
_TEASER_LINK_SHARE = 0.4
# What begins like a credit ("Source: …") and is longer than this is a paragraph.
_MAX_CREDIT = 200
# Running text, against menus, captions and lists of links.
_PROSE_WEIGHT = 70
_PROSE_LINK_SHARE = 0.4
# With less running text than this beside them, readers' comments are the page's content.
_MIN_ARTICLE = 250
_SENTENCE_ENDS = (".", "!", "?", "。", "؟", "।", ".“", ".”", '."')


@dataclass(frozen=True, slots=True)
class Cut:
    """One block, or the blocks of one container, that is no part of the article."""

    kind: NoticeKind
    rule: str
    text: str
    order: int
    """The number of its first block on the page."""


@dataclass(slots=True)
class Survey:
    """The blocks of a page, and what has been cut from its tree."""

    blocks: list[Block]
    layout: Layout = field(default_factory=Layout)
    """Which of them are a row of a table, or code."""
    cuts: list[Cut] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    """The text of each container of readers' comments, a line for each block."""
    taken: set[int] = field(default_factory=set)
    """The numbers of the blocks that were cut, as notices or as comments; there only come more."""
    _left: tuple[int, list[tuple[int, Block]]] = (-1, [])  # never changed
    """What `left` returned when so many were taken."""

    @property
    def chars(self) -> int:
        """How many characters of visible text the page has."""
        return sum(len(block.text) for block in self.blocks)

    def left(self) -> list[tuple[int, Block]]:
        """Return the blocks that were not cut, each with its number."""
        if self._left[0] != len(self.taken):
            left = [(order, block) for order, block in enumerate(self.blocks) if order not in self.taken]
            self._left = len(self.taken), left
        return self._left[1]


def survey(tree: HtmlElement) -> Survey:
    """Survey *tree*, and cut from it what the tables of containers and phrases know."""
    reading = read(tree)
    page = Survey(reading.blocks, Layout.of(tree, reading))
    names = read_names(tree, reading.custom_tags)
    found = [(item.element, item) for item in find_containers(names, reading, page.chars)]
    owners = Owners(element for element, _ in found)
    commented = find_comments(names, owners.is_owned)
    owners.add(commented)
    owned = owned_blocks(reading, owners, [*(element for element, _ in found), *commented])
    for element, container in found:
        if orders := owned.get(element):
            page.taken.update(orders)
            text = " ".join(page.blocks[order].text for order in orders)
            page.cuts.append(Cut(container.kind, container.rule, text, orders[0]))
    if commented and prose_chars(_outside(page, owned)) < _MIN_ARTICLE:
        # A thread: what its names call comments is all that the page has to say.
        _take_as_content(commented)
        commented = []
    for element in commented:
        orders = owned.get(element, [])
        page.taken.update(orders)
        page.comments.append("\n".join(_comment_lines(page, orders)))
    leaves = _cut_phrases(page)
    for element in [*(element for element, _ in found), *commented, *leaves]:
        if element.getparent() is not None:
            element.drop_tree()
    return page


def _take_as_content(elements: Iterable[HtmlElement]) -> None:
    """Take the names off *elements* and what they hold, by which the article's extractor would pass over them."""
    for top in elements:
        for element in top.iter():
            element.attrib.pop("class", None)
            element.attrib.pop("id", None)


def prose_chars(items: Iterable[Block]) -> int:
    """Return how many characters the blocks of running text among *items* have."""
    return sum(len(item.text) for item in items if is_prose(item))


def is_prose(block: Block) -> bool:
    """Return whether *block* is running text: long for its script, and no list of links."""
    return block.weight >= _PROSE_WEIGHT and block.link_share < _PROSE_LINK_SHARE


def _outside(page: Survey, owned: dict[HtmlElement, list[int]]) -> list[Block]:
    """Return the blocks that lie in no cut element."""
    inside = {order for orders in owned.values() for order in orders}
    return [block for order, block in enumerate(page.blocks) if order not in inside]


def _comment_lines(page: Survey, orders: Sequence[int]) -> Iterable[str]:
    """Yield the comments' lines, their buttons and forms set apart as notices."""
    table = load_table("notices.toml")
    for order in orders:
        text = page.blocks[order].text
        if phrase := table.find(text):
            page.cuts.append(_phrase_cut(phrase, text, order))
        else:
            yield text


def _phrase_cut(phrase: Phrase, text: str, order: int) -> Cut:
    return Cut(NoticeKind(phrase.group), f"phrase:{phrase.language}:{phrase.phrase}", text, order)


def _cut_phrases(page: Survey) -> list[HtmlElement]:
    """Cut the blocks that the table of phrases knows; return the elements that hold nothing else."""
    table = load_table("notices.toml")
    leaves: list[HtmlElement] = []
    follow = 0
    for order, block in page.left():
        phrase = table.find(block.text)
        if phrase and is_notice(phrase, block):
            cut = _phrase_cut(phrase, block.text, order)
            follow = _AFTER_HEADING if cut.kind == NoticeKind.RELATED and phrase.is_whole else 0
        elif follow and block.link_share >= _LINK_BLOCK:
            cut = Cut(NoticeKind.RELATED, "after-heading", block.text, order)
            follow -= 1
        else:
            follow = 0
            continue
        page.cuts.append(cut)
        page.taken.add(order)
        if is_leaf(block):
            leaves.append(block.element)
    return leaves


def is_notice(phrase: Phrase, block: Block) -> bool:
    """Return whether *block* is the notice that *phrase* suggests, not a sentence that begins like it."""
    if block.text[0] in "“„\"«‚'‘" and not phrase.is_whole:
        return False
    if phrase.group == NoticeKind.LEGAL and (phrase.begins or phrase.ends) and len(block.text) > _MAX_CREDIT:
        return False
    if phrase.group == NoticeKind.RELATED and not phrase.is_whole and not phrase.ends:
        return block.link_share >= _TEASER_LINK_SHARE or not block.text.endswith(_SENTENCE_ENDS)
    return True


def is_leaf(block: Block) -> bool:
    """Return whether the block is all that its element holds, so that the element can go."""
    element = block.element
    if element.tag in {"html", "body", "td", "th"}:
        return False
    return len("".join(element.text_content().split())) <= len("".join(block.text.split()))
