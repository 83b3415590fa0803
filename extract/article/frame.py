"""The part of a page's markup that holds its article: trafilatura's frames, and a frame of our own where they fail.

With `extract.article.expressions` the only place that knows trafilatura. Of its way from a page to a text we take what
decides: which elements are never content, which element is the frame, and what is pruned from that frame. What it does
besides is not needed here: blocks already hold the text, and what was cut from the tree before is gone.
"""

from __future__ import annotations

import logging
from collections import Counter
from copy import deepcopy
from itertools import chain
from typing import TYPE_CHECKING

from lxml.etree import ElementBase, XPath, strip_elements
from trafilatura.htmlprocessing import (
    delete_by_link_density,
    link_density_test_tables,
    prune_unwanted_nodes,
    tree_cleaning,
)
from trafilatura.settings import MANUALLY_CLEANED, Extractor
from trafilatura.xml import delete_element
from trafilatura.xpaths import BODY_XPATH, OVERALL_DISCARD_XPATH, TEASER_DISCARD_XPATH

from extract.article.expressions import Expressions
from extract.article.shape import HEADINGS, LIST_TAGS, MOSTLY_LINKED, above, columns, deepest, weight_of
from extract.survey import is_prose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lxml.html import HtmlElement

    from extract.markup import Block
    from extract.survey import Survey

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

# A frame with this share of the page's running text is the article's.
_ENOUGH = 0.6
# Where none has, it is the first with this share of what the best of them has.
_BEST_SHARE = 0.5
# With less than this share of the running text in the best of them, all of them are of the wrong part of the page.
_LEAST = 0.15
# What holds the page's title is a whole article from this weight on.
_ENOUGH_BELOW_TITLE = 800
# Pruning that leaves less than this share of a frame's running text has taken the article for something else.
_LEAST_PRUNED = 0.5
# The share of the running text that the frame of our own holds.
_DENSE_SHARE = 0.8
# A parent with this share of it, in so many paragraphs, is a column of text where no other has more than that.
_COLUMN_SHARE = 0.6
_COLUMN_PARAGRAPHS = 3
_BESIDE_COLUMN = 0.25
# What comes before it with more than this is the beginning of the text.
_BEFORE_COLUMN = 0.1
# With less text in paragraphs than this, the text of other elements counts as well, as it does for trafilatura.
_FEW_PARAGRAPHS = 750
# A line without a tag for it is text where so many pieces of running text are in elements like its own beside it.
_ALIKE = 2
_TEXT_TAGS = HEADINGS | LIST_TAGS | {"p", "blockquote", "pre", "summary", "center", "caption"}
_OPTIONS = Extractor(fast=True, comments=False)
# What trafilatura takes out one by one, joining the text behind each to what is before it: of very many, for minutes.
_NEVER = frozenset(MANUALLY_CLEANED) - {"form"}
_MANY = 1000
_EXPRESSIONS = Expressions((*BODY_XPATH, *OVERALL_DISCARD_XPATH, *TEASER_DISCARD_XPATH))
_set = ElementBase.set  # that of lxml.html is a function of Python around it
# The parser writes the names of attributes in lower case: no page has these.
_MARK = "Block"
_MARKS = XPath(f"descendant-or-self::*/@{_MARK}", smart_strings=False)
_LINK = XPath("boolean(descendant::ref)")
# What trafilatura never takes for content, and what it takes for teasers, marked before a frame is copied.
_UNWANTED = "Unwanted"
_DISCARDED, _TEASER = "discarded", "teaser"
_ALL_DISCARDED = XPath(f"descendant::*[contains(@{_UNWANTED}, '{_DISCARDED}')]")
_ALL_TEASERS = XPath(f"descendant::*[contains(@{_UNWANTED}, '{_TEASER}')]")
_BY_LINKS = ("div", "list", "p")
_MOST_LOOKS = 100_000
"""How often links are looked at to tell lists of them, at most: each once for every element around it."""
_DEEP = 50
_MOST_READ = 30_000_000
"""How many characters are read for that, at most."""
# What trafilatura calls the elements that its link density looks at.
_RENAMED = {"a": "ref", "ul": "list", "ol": "list", "dl": "list", "li": "item", "dd": "item", "dt": "item"}


def framed(tree: HtmlElement, page: Survey) -> list[int]:
    """Return the numbers of the blocks of *page* that lie in the article's frame. *tree* is changed by that."""
    left = [order for order, _ in page.left()]
    marked = _mark(page, left)
    total = _prose(page, left)
    _clean(tree)
    found: list[list[int]] = []
    for frame in _frames(tree):
        found.append(_within(frame, page, marked))
        prose = _prose(page, found[-1])
        if found[-1] and (prose >= _ENOUGH * total or (prose >= _ENOUGH_BELOW_TITLE and _has_title(frame))):
            return found[-1]
        if found[-1] and frame.tag == "article" and prose >= _ENOUGH * (total - _teased(page, tree, frame, marked)):
            return found[-1]
    best = max((_prose(page, orders) for orders in found), default=0)
    if best > _LEAST * total:
        return next(orders for orders in found if _prose(page, orders) >= _BEST_SHARE * best)
    clean = _orders(tree, marked)
    return _densest(page, clean if _prose(page, clean) >= _LEAST * total else left, marked)


def _within(frame: HtmlElement, page: Survey, marked: Sequence[Sequence[int]]) -> list[int]:
    """Return the blocks in *frame* that are text, without what is pruned from it, unless that is most of it."""
    kept = _texts(page, _orders(_pruned(frame), marked))
    whole = _texts(page, _orders(frame, marked))
    return kept if _prose(page, kept) >= _LEAST_PRUNED * _prose(page, whole) else whole


def _has_title(frame: HtmlElement) -> bool:
    return frame.find(".//h1") is not None


def _teased(page: Survey, tree: HtmlElement, frame: HtmlElement, marked: Sequence[Sequence[int]]) -> int:
    """Return how much running text lies in other articles beside *frame*, where it alone has the page's title."""
    if not _has_title(frame):
        return 0
    around = set(above(frame))
    others = [other for other in tree.iter("article") if other not in around and frame not in above(other)]
    if any(map(_has_title, others)):
        return 0
    return _prose(page, {order for other in others for order in _orders(other, marked)})


def _clean(tree: HtmlElement) -> None:
    """Take from *tree* what is never content, and name its elements as trafilatura does."""
    if sum(1 for _ in tree.iter(*_NEVER)) > _MANY:
        strip_elements(tree, *_NEVER, with_tail=False)
    tree_cleaning(tree, _OPTIONS)
    for element in tree.iter(*_RENAMED):
        element.tag = _RENAMED[element.tag]


def _mark(page: Survey, orders: Iterable[int]) -> list[list[int]]:
    """Mark each element that has blocks with a number; return the blocks that each number stands for."""
    marked: list[list[int]] = []
    known: dict[HtmlElement, list[int]] = {}
    for order in orders:
        element = page.blocks[order].element
        if element not in known:
            _set(element, _MARK, str(len(marked)))
            known[element] = []
            marked.append(known[element])
        known[element].append(order)
    return marked


def _orders(top: HtmlElement, marked: Sequence[Sequence[int]]) -> list[int]:
    """Return the blocks whose elements are left in *top*."""
    return sorted(order for mark in _MARKS(top) for order in marked[int(mark)])


def _frames(tree: HtmlElement) -> list[HtmlElement]:
    """Return the elements that are known for holding an article, the surest first; mark what is known for none."""
    found = _EXPRESSIONS.find(tree)
    bodies, unwanted = found[: len(BODY_XPATH)], found[len(BODY_XPATH) :]
    discarded, teasers = unwanted[: len(OVERALL_DISCARD_XPATH)], unwanted[len(OVERALL_DISCARD_XPATH) :]
    for kind, elements in ((_DISCARDED, discarded), (_TEASER, teasers)):
        for element in chain.from_iterable(elements):
            _set(element, _UNWANTED, f"{element.get(_UNWANTED, '')} {kind}")
    return list(dict.fromkeys(body[0] for body in bodies if body))


def _pruned(frame: HtmlElement) -> HtmlElement:
    """Return a copy of *frame* without the parts that trafilatura's `prune_unwanted_sections` knows for no content.

    The names of galleries aren't looked for: their captions are known by their own.
    """
    copy = deepcopy(frame)
    prune_unwanted_nodes(copy, [_ALL_DISCARDED], with_backup=True)
    prune_unwanted_nodes(copy, [_ALL_TEASERS])
    if _LINK(copy) and not _is_entangled(copy):  # all that follows is about links
        for tag in _BY_LINKS * 2:
            delete_by_link_density(copy, tag, backtracking=tag == "div")
        for table in [table for table in copy.iter("table") if link_density_test_tables(table)]:
            delete_element(table, keep_tail=False)
    return copy


def _is_entangled(frame: HtmlElement) -> bool:
    """Return whether the links of *frame*, or its text, lie in so many elements that to ask each takes minutes."""
    looks = depth = 0
    for link in frame.iter("ref"):
        around = sum(1 for _ in link.iterancestors(*_BY_LINKS))
        looks, depth = looks + around, max(depth, around)
        if looks > _MOST_LOOKS:
            return True
    return depth > _DEEP and depth * len(frame.text_content()) > _MOST_READ


def _prose(page: Survey, orders: Iterable[int]) -> int:
    return sum(page.blocks[order].weight for order in orders if is_prose(page.blocks[order]))


def _texts(page: Survey, orders: Sequence[int]) -> list[int]:
    """Return those of *orders* that are text by their tag, or running text."""
    paragraphs = sum(len(page.blocks[order].text) for order in orders if page.blocks[order].tag == "p")
    if paragraphs < _FEW_PARAGRAPHS:
        return list(orders)
    alike = Counter(_place(page.blocks[order]) for order in orders if is_prose(page.blocks[order]))
    return [order for order in orders if _is_text(page.blocks[order], alike)]


def _is_text(block: Block, alike: Mapping[object, int]) -> bool:
    """Return whether *block* is text by its tag, running text, or in a row with it in elements that are alike."""
    if block.tag in _TEXT_TAGS or is_prose(block):
        return True
    return block.link_share < MOSTLY_LINKED and alike.get(_place(block), 0) >= _ALIKE


def _place(block: Block) -> object:
    return block.element.getparent(), block.tag, block.names


def _densest(page: Survey, orders: Sequence[int], marked: Sequence[Sequence[int]]) -> list[int]:
    """Return the blocks in the deepest element that holds most of the running text."""
    top = _column(page, orders)
    if top is None:
        prose = (page.blocks[order] for order in orders if is_prose(page.blocks[order]))
        top = deepest(((block.element, block.weight) for block in prose), _DENSE_SHARE)
    return _texts(page, orders) if top is None else _within(top, page, marked)


def _column(page: Survey, orders: Iterable[int]) -> HtmlElement | None:
    """Return the parent whose own paragraphs are most of the running text, where little of it comes before them."""
    prose = [page.blocks[order] for order in orders if is_prose(page.blocks[order])]
    total, found = weight_of(prose), columns(prose)
    heavy = [parent for parent, own in found.items() if weight_of(own) > _BESIDE_COLUMN * total]
    if len(heavy) != 1:
        return None
    own = found[heavy[0]]
    if weight_of(prose[: prose.index(own[0])]) > _BEFORE_COLUMN * total:
        return None
    return heavy[0] if len(own) >= _COLUMN_PARAGRAPHS and weight_of(own) >= _COLUMN_SHARE * total else None
