"""An article as Markdown: CommonMark 0.31 with the tables and the strikethrough of GFM 0.29.

It is made of the page as it was served, once the article's blocks are known: headings, lists, quotations, tables, code,
links and emphasis are those of the page, and its words are those of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from extract.inline import CODE, Span, escaped, fence, inline
from extract.layout import rows_of
from extract.runs import BULLETS, CELLS, LISTS, raw, runs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from lxml.html import HtmlElement

    from extract.runs import Run

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BARE_PIPE = re.compile(r"(?<!\\)\|")  # in code, where nothing is escaped but this (GFM 4.10)
_MOST_COLUMNS = 40


@dataclass  # no slots: its rows are kept
class _Node:
    """An element that holds kept blocks, or one kept block's element with its lines."""

    element: HtmlElement
    tag: str
    children: list[_Node] = field(default_factory=list)
    lines: list[list[Span]] = field(default_factory=list)
    """Empty for what holds others."""

    @cached_property
    def rows(self) -> list[dict[int, str]] | None:
        """Its rows, if it is a table of data; asked for once all that it holds is in its place."""
        return _rows(self) if self.tag == "table" else None


def markdown_of(root: HtmlElement, orders: Collection[int], base: str | None = None) -> str:
    """Return as Markdown the blocks of *root* with the numbers *orders*.

    The numbers are those of `extract.markup.blocks(root)`, and *root* is whole: nothing was cut from it since. Links
    are made whole by *base*, the page's address. Lists and quotations deeper than twelve levels are flattened.
    """
    wanted = frozenset(orders)
    top = _Node(root, "")
    for number, run in enumerate(runs(root, base)):
        if number in wanted:
            _place(top, run)
    return "\n\n".join(_written(top.children)).strip("\n")


def markdown_of_text(text: str) -> str:
    """Return *text*, a paragraph in each line, as Markdown."""
    return "\n\n".join(escaped(" ".join(line.split())) for line in text.split("\n") if line.strip())


def _place(top: _Node, run: Run) -> None:
    """Put *run* below *top*, within what holds it."""
    node = top
    for element in run.path:
        node = _child(node, element)
    # The text of an item, a cell or a quotation itself is a paragraph beside what it holds.
    own = "p" if node.element is run.element else run.element.tag
    _child(node, run.element, own).lines.append(run.spans)


def _child(node: _Node, element: HtmlElement, tag: str = "") -> _Node:
    """Return the last child of *node*, where it is that of *element*; else a new one."""
    tag = tag or element.tag
    last = node.children[-1] if node.children else None
    if last is None or last.element is not element or last.tag != tag:
        last = _Node(element, tag)
        node.children.append(last)
    return last


def _written(nodes: Iterable[_Node]) -> Iterator[str]:
    """Yield *nodes* as blocks of Markdown."""
    before = ""
    other = False
    for node in _flat(nodes):
        kind = "ul" if node.tag in BULLETS else node.tag
        other = kind == before and not other
        before = kind
        if node.lines:
            yield _leaf(node)
        elif node.tag in LISTS:
            # Two lists that stand together are told apart by their marks.
            yield _list(node, ("-*" if kind == "ul" else ".)")[other])
        elif node.tag == "blockquote":
            yield _behind("> ", "> ", "\n\n".join(_written(node.children)))
        elif node.tag == "pre":
            yield _preformatted(node)
        elif node.rows:
            yield from _written([child for child in node.children if child.tag == "caption"])
            yield _table(node.rows)


def _flat(nodes: Iterable[_Node]) -> Iterator[_Node]:
    """Yield *nodes*; of those that Markdown has nothing for, such as tables that lay out the page, what they hold."""
    for node in nodes:
        if node.lines or node.tag in LISTS or node.tag in {"blockquote", "pre"} or node.rows:
            yield node
        else:
            yield from _flat(node.children)


def _leaf(node: _Node) -> str:
    """Return the lines of one element: a heading on one line, a paragraph with its line ends."""
    level = _HEADINGS.get(node.tag)
    if level:
        return f"{'#' * level} {' '.join(map(inline, node.lines))}"
    return "\\\n".join(map(inline, node.lines))


def _list(node: _Node, mark: str) -> str:
    items = [child if child.tag == "li" else _Node(child.element, "li", [child]) for child in node.children]
    number = _start(node.element)
    written = []
    for item in items:
        marker = f"{number}{mark} " if node.tag == "ol" else f"{mark} "
        inner = list(_flat(item.children))
        between = "\n" if all(map(_may_follow, inner[1:])) else "\n\n"
        written.append(_behind(marker, " " * len(marker), between.join(_written(inner))))
        number += 1
    return "\n".join(written)


def _may_follow(node: _Node) -> bool:
    """Tell whether *node* needs no empty line before it: a list, if it counts from one."""
    return not node.lines and (node.tag in BULLETS or (node.tag == "ol" and _start(node.element) == 1))


def _start(element: HtmlElement) -> int:
    start = element.get("start") or ""
    return int(start) if start.isascii() and start.isdigit() and len(start) <= 4 else 1  # noqa: PLR2004  # of 9 at most


def _behind(first: str, rest: str, text: str) -> str:
    """Return the lines of *text*, the first behind *first* and the others behind *rest*; an empty one stays bare."""
    lines = text.split("\n")
    behind = (rest if number else first for number in range(len(lines)))
    return "\n".join(f"{mark}{line}" if line else mark.rstrip() for mark, line in zip(behind, lines, strict=True))


def _preformatted(node: _Node) -> str:
    """Return code as it stands, its white space kept, between fences."""
    pieces = [raw(spans) for child in _leaves(node) for spans in child.lines]
    text = "\n".join(pieces).strip("\n")
    marks = fence(text, 3)
    return f"{marks}\n{text}\n{marks}"


def _leaves(node: _Node) -> Iterator[_Node]:
    if node.lines:
        yield node
    for child in node.children:
        yield from _leaves(child)


def _rows(table: _Node) -> list[dict[int, str]] | None:
    """Return the rows of *table* by column, the first of them its headings; None where it only lays out the page."""
    rows: list[dict[int, str]] = []
    has_headings = False
    if rows_of(table.element) is None:
        return None
    for row in (child for child in table.children if child.tag != "caption"):
        if row.tag != "tr" or any(cell.tag not in CELLS for cell in row.children):
            return None
        cells: dict[int, str] = {}
        for cell in row.children:
            if any(not leaf.lines or leaf.tag in _HEADINGS for leaf in cell.children):
                return None
            text = " ".join(_in_cell(spans) for leaf in cell.children for spans in leaf.lines)
            cells[_column(cell.element)] = text
        has_headings = has_headings or (not rows and all(cell.tag == "th" for cell in row.children))
        rows.append(cells)
    columns = {column for cells in rows for column in cells}
    if len(rows) < 2 or len(columns) < 2:  # noqa: PLR2004  # a list, or a line
        return None
    return rows if has_headings else [{}, *rows]


def _in_cell(spans: list[Span]) -> str:
    """Return *spans* as Markdown between two bars; code with a bar behind a backslash can't be code there."""
    if {"|", "\\"} <= set("".join(span.text for span in spans if CODE in span.marks)):
        spans = [Span(span.text, tuple(mark for mark in span.marks if mark != CODE)) for span in spans]
    return _BARE_PIPE.sub(r"\\|", inline(spans))


def _column(cell: HtmlElement) -> int:
    """Return the number of the column where *cell* begins, from 0."""
    column = 0
    for sibling in cell.itersiblings(preceding=True):
        span = sibling.get("colspan") or "1"
        column += int(span) if span.isascii() and span.isdigit() and len(span) <= 2 else 1  # noqa: PLR2004
        if column >= _MOST_COLUMNS:
            break
    return min(column, _MOST_COLUMNS)


def _table(rows: list[dict[int, str]]) -> str:
    width = max(column for cells in rows for column in cells) + 1
    lines = [f"| {' | '.join(cells.get(column, '') for column in range(width))} |" for cells in rows]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])
