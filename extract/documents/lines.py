"""Gathers lines from a walk over an office file: paragraphs, and rows of tables with ` | ` between their cells."""

from __future__ import annotations

from archive.text_records import Notice
from archive.words import NoticeKind


class Lines:
    """What has been read so far, and where the walk stands."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._pieces: list[list[str]] = [[]]  # of each open paragraph, the innermost last
        self._cells: list[list[str]] = []  # of each open row
        self._cell: list[list[str]] = []  # of each open cell, its paragraphs

    def add(self, text: str | None) -> None:
        """Add *text* to the paragraph."""
        if text:
            self._pieces[-1].append(text)

    def open_paragraph(self) -> None:
        """Begin a paragraph, maybe within another (a text box)."""
        self._pieces.append([])

    def close_paragraph(self) -> None:
        """End a paragraph; line breaks within it stay."""
        pieces = self._pieces.pop() if len(self._pieces) > 1 else self._pieces[0]
        text = "".join(pieces)
        pieces.clear()
        for line in text.split("\n"):
            if folded := " ".join(line.split()):
                (self._cell[-1] if self._cell else self.done).append(folded)

    def open_row(self) -> None:
        """Begin a table's row."""
        self._cells.append([])

    def open_cell(self) -> None:
        """Begin a cell."""
        self._cell.append([])

    def close_cell(self) -> None:
        """End a cell."""
        if self._cell:
            text = " ".join(self._cell.pop())
            (self._cells[-1] if self._cells else self.done).append(text)

    def close_row(self) -> None:
        """End a row; one without text is left out."""
        if self._cells:
            self.add_row(self._cells.pop())

    def end_cell(self) -> None:
        """End a cell where only the ends are marked (RTF): what came since the one before is its text."""
        if not self._cells:
            self.open_row()
        self.open_cell()
        self.close_paragraph()
        self.close_cell()

    def end_row(self) -> None:
        """End a row where only the ends are marked."""
        self.close_row()

    def add_row(self, cells: list[str]) -> None:
        """Add a whole row."""
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            (self._cell[-1] if self._cell else self.done).append(" | ".join(cells))

    def finish(self) -> list[str]:
        """Close what is open and return all lines."""
        while len(self._pieces) > 1 or self._pieces[0]:
            self.close_paragraph()
        while self._cell or self._cells:
            self.close_cell()
            self.close_row()
        return self.done


def asides(rule: str, lines: list[str], position: int) -> tuple[Notice, ...]:
    """Return *lines* that stand beside the text as one notice, each line once; none where there is none."""
    text = "\n".join(dict.fromkeys(line for line in lines if line))
    return (Notice(NoticeKind.NAVIGATION, rule, text, position),) if text else ()


def joined(lines: list[str]) -> str | None:
    """Return *lines* as a document's text, or None where there is nothing."""
    return "\n".join(lines) or None
