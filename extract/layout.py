"""How blocks stand as the lines of a text: each is a line, but a table's row is one, and code keeps the lines it has.

A table that lays out the page is none: what stands in its cells are lines of their own, as everywhere else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract.markup import fold, text_of
from extract.runs import CELLS, raw, runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from lxml.html import HtmlElement

    from extract.markup import Block, Reading

BAR = " | "
"""What stands between the cells of a row, here as in documents."""
_NO_DATA = frozenset("table h1 h2 h3 h4 h5 h6 pre form article section nav aside".split())
"""What no cell holds in a table of data."""
_PRESENTED = frozenset(("presentation", "none"))
_LEAST = 2
_LONGEST_CELL = 400
_MOST_CELLS = 20_000
_LINE_END = re.compile("\r\n?|\n")


class Layout:
    """Which blocks of a page stand in one row of a table, and what the lines of its code are."""

    def __init__(self) -> None:
        self._cells: dict[int, tuple[HtmlElement, int]] = {}
        """Of a block in a table: the first cell of its row, and which of the cells there it is in."""
        self._code: dict[int, list[str]] = {}
        """Of a block in code: its lines, as they are indented."""

    @classmethod
    def of(cls, tree: HtmlElement, reading: Reading) -> Self:
        """Return the layout of *tree*, which nothing was cut from since its *reading*."""
        layout = cls()
        for element in tree.iter("table", "pre"):
            if element not in reading.spans:  # in what nobody sees
                continue
            if element.tag == "pre":
                layout._add_code(element, reading)
            else:
                layout._add_rows(rows_of(element) or (), reading)
        return layout

    def _add_code(self, element: HtmlElement, reading: Reading) -> None:
        first, behind = reading.spans[element]
        if first == behind or first in self._code:  # within other code
            return
        for order, run in zip(range(first, behind), runs(element), strict=True):
            self._code[order] = [line.rstrip() for line in _LINE_END.split(raw(run.spans))]

    def _add_rows(self, rows: Iterable[list[HtmlElement]], reading: Reading) -> None:
        for cells in rows:
            for place, cell in enumerate(cells):
                for order in range(*reading.spans.get(cell, (0, 0))):
                    self._cells[order] = (cells[0], place)

    def __bool__(self) -> bool:
        """Tell whether there is anything but lines."""
        return bool(self._cells or self._code)

    def lines(self, blocks: Sequence[Block], orders: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Yield the lines that the blocks with the numbers *orders* are, each with the number of its first block."""
        row: dict[int, str] = {}
        begun: tuple[int, HtmlElement | None] = (0, None)
        for order in orders:
            of, place = self._cells.get(order, (None, 0))
            if row and of is not begun[1]:
                yield begun[0], _joined(row)
                row = {}
            if of is None:
                yield from ((order, line) for line in self._code.get(order, (blocks[order].text,)))
            else:
                begun = begun if row else (order, of)
                row[place] = f"{row[place]} {blocks[order].text}" if place in row else blocks[order].text
        if row:
            yield begun[0], _joined(row)


def rows_of(table: HtmlElement) -> list[list[HtmlElement]] | None:
    """Return the cells of *table*, row by row; None where it only lays out the page."""
    if table.get("role") in _PRESENTED or next(table.iterdescendants(*_NO_DATA), None) is not None:
        return None
    rows = [[cell for cell in row if cell.tag in CELLS] for row in table.iter("tr")]
    if sum(len(cells) >= _LEAST for cells in rows) < _LEAST or sum(map(len, rows)) > _MOST_CELLS:
        return None
    return None if any(_is_long(cell) for cells in rows for cell in cells) else rows


def _is_long(cell: HtmlElement) -> bool:
    # What nobody sees, such as a style, is text as well to lxml, and takes it less time.
    return len(fold(cell.text_content())) > _LONGEST_CELL and len(text_of(cell)) > _LONGEST_CELL


def _joined(row: Mapping[int, str]) -> str:
    return BAR.join(row.get(place, "") for place in range(max(row) + 1)).strip()
