"""From pieces of text at places on pages to paragraphs: columns, running heads, hyphens, lines that belong together.

The order of a page's content is kept, since nearly every producer writes columns one after the other; only where lines
hop to and fro over a gutter is it put right. All lengths are in points.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from archive.text_records import Notice
from archive.words import NoticeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CELL_GAP = 1.5
"""In widths of an em: a gap that no justified line has between words."""
_GUTTER_ROWS = 6
_PROSE_CHARS = 25
"""What a line of a text column has at least; cells of tables have less."""
_MARGIN_LINES = 3
_RUNNING_SHARE = 0.4
_APART = 2.0
"""In sizes of the font."""
_NEW_SIZE = 1.1
_LEADING = 1.3
_MIN_PITCH, _MAX_PITCH = 0.5, 3.0
_INDENT, _NO_INDENT = 0.8, 0.4
"""In sizes of the font."""
_TITLE_SIZE = 1.2
_TITLE_CHARS = 300
_MUCH_ROOM = 0.4
"""Of the column's width."""
_ENDS = tuple('.!?:;。！？؟۔।…"”’»)]')
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"\W*(?:[^\W\d]{1,10}\.?\s)?\d{1,4}(?:\s?(?:/|of|von|sur|de|di|из|\|)\s?\d{1,4})?\W*")
_BULLET = re.compile(r"(?:[•●▪■◦‣·–—*-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])\s")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uff60\u0e00-\u0eff]")
_WORD = re.compile(r"\w+(?:-\w+)*")
_LINE_END_HYPHEN = re.compile("[^\\W\\d_][-\u2010\u00ad]$")
_LAST_WORD = re.compile(r"\w+$")
_FIRST_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text without a wide gap in it."""

    text: str
    left: float
    right: float
    base: float
    """The height of its base line over the foot of the page."""
    size: float
    """Of its font."""
    turns: int = 0
    """By how many right angles it is turned on the page."""
    hyphenated: bool = False
    """A hyphen ends it that stands at the end of a line, and is not in `text`."""
    is_right_to_left: bool = False
    is_row: bool = False
    """It is a table's row, its cells with ` | ` between them."""

    def is_beside(self, other: Piece) -> bool:
        """Tell whether both stand in one line."""
        return abs(self.base - other.base) < 0.4 * max(self.size, other.size)


@dataclass(slots=True)
class _Paragraph:
    text: str
    last: Piece
    hyphenated: bool


def read_pages(pages: Sequence[Sequence[Piece]]) -> tuple[str, tuple[Notice, ...]]:
    """Return the paragraphs of *pages*, a line each, and what stands on each page or is turned at its margin."""
    asides: list[tuple[str, str, int]] = []  # rule, text, page
    bodies = []
    for number, pieces in enumerate(pages):
        upright, turned = _upright(pieces)
        asides += [("turned", text, number) for text in turned]
        bodies.append(_lines(_in_columns(upright)))
    running = _running_lines(bodies)
    paragraphs: list[str] = []
    before: dict[int, int] = {}
    joiner = _Joiner(_vocabulary(bodies))
    for number, lines in enumerate(bodies):
        before[number] = len(joiner.done)
        asides += [("repeated-on-pages", line.text, number) for line in lines if (number, line) in running]
        joiner.add_page([line for line in lines if (number, line) not in running])
    paragraphs = joiner.finish()
    return "\n".join(paragraphs), tuple(_notices(asides, before))


def _notices(asides: Iterable[tuple[str, str, int]], before: dict[int, int]) -> Iterator[Notice]:
    """Yield a notice for each line that comes again, with every form that it takes once."""
    shapes: dict[tuple[str, str], tuple[int, dict[str, None]]] = {}
    for rule, text, number in asides:
        _, forms = shapes.setdefault((rule, _DIGITS.sub("0", text)), (number, {}))
        forms[text] = None
    for (rule, _), (number, forms) in shapes.items():
        yield Notice(NoticeKind.NAVIGATION, rule, "\n".join(forms), before[number])


def _upright(pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """Part what is turned as most of the page is from what is turned otherwise."""
    turns: Counter[int] = Counter()
    for piece in pieces:
        turns[piece.turns] += len(piece.text)
    most = turns.most_common(1)[0][0] if turns else 0
    return [piece for piece in pieces if piece.turns == most], [piece.text for piece in pieces if piece.turns != most]


def _in_columns(pieces: list[Piece]) -> list[Piece]:
    """Return *pieces* with columns one after the other where their lines stand in turns."""
    gutter = _gutter(pieces)
    if gutter is None:
        return pieces
    ordered: list[Piece] = []
    band: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: -piece.base):
        if piece.left < gutter < piece.right:  # over both columns: a heading, a figure's caption
            ordered += _side_by_side(band, gutter)
            ordered.append(piece)
            band = []
        else:
            band.append(piece)
    return ordered + _side_by_side(band, gutter)


def _side_by_side(band: list[Piece], gutter: float) -> list[Piece]:
    left = [piece for piece in band if piece.right <= gutter]
    return left + _in_columns([piece for piece in band if piece.right > gutter])


def _gutter(pieces: list[Piece]) -> float | None:
    """Return where the gutter is that lines of prose hop over again and again, or None."""
    starts: defaultdict[int, list[tuple[Piece, Piece]]] = defaultdict(list)
    for one, other in pairwise(pieces):
        prose = min(len(one.text), len(other.text)) >= _PROSE_CHARS
        if prose and other.left > one.right and one.is_beside(other):
            starts[round(other.left / 4)].append((one, other))
    rows = max(starts.values(), key=len, default=[])
    if len(rows) < _GUTTER_ROWS:
        return None
    right = min(other.left for _, other in rows)
    left = max((one.right for one, _ in rows if one.right < right), default=right)
    return (left + right) / 2


def _lines(pieces: list[Piece]) -> list[Piece]:
    """Return *pieces* with those that follow each other in one line joined."""
    lines: list[Piece] = []
    for piece in pieces:
        before = lines[-1] if lines else None
        if before is None or not before.is_beside(piece) or piece.left < before.right - piece.size:
            lines.append(piece)
            continue
        gap = (piece.left - before.right) / piece.size
        space = " | " if gap > _CELL_GAP else " " if gap > 0 else ""
        lines[-1] = replace(
            before,
            text=before.text + space + piece.text,
            right=piece.right,
            hyphenated=piece.hyphenated,
            is_row=before.is_row or gap > _CELL_GAP,
        )
    return [_without_hyphen(line) for line in lines]


def _without_hyphen(line: Piece) -> Piece:
    if _LINE_END_HYPHEN.search(line.text):
        return replace(line, text=line.text[:-1], hyphenated=True)
    return line


def _running_lines(pages: list[list[Piece]]) -> set[tuple[int, Piece]]:
    """Return the lines at the top and bottom of pages that come again on many pages, digits aside; page numbers too."""
    shapes: defaultdict[tuple[str, int], set[tuple[int, Piece]]] = defaultdict(set)
    running: set[tuple[int, Piece]] = set()
    for number, lines in enumerate(pages):
        ordered = sorted(lines, key=lambda line: -line.base)
        for line in {*ordered[:_MARGIN_LINES], *ordered[-_MARGIN_LINES:]}:
            shapes[_DIGITS.sub("0", line.text), round(line.base / 6)].add((number, line))
        if len(ordered) > _MARGIN_LINES and _is_page_number(ordered[-1], ordered[-2]):
            running.add((number, ordered[-1]))
    # Even and odd pages have heads of their own, so half of the pages is a lot.
    needed = max(2, _RUNNING_SHARE * len(pages))
    for found in shapes.values():
        if len({number for number, _ in found}) >= needed:
            running |= found
    # A page of nothing but such lines, such as a slide, has them for its text.
    bare = {number for number, lines in enumerate(pages) if all((number, line) in running for line in lines)}
    return {(number, line) for number, line in running if number not in bare}


def _is_page_number(line: Piece, above: Piece) -> bool:
    """Tell whether the lowest line of a page stands apart and says nothing but a number."""
    return above.base - line.base > _APART * line.size and _PAGE_NUMBER.fullmatch(line.text) is not None


def _vocabulary(pages: list[list[Piece]]) -> Counter[str]:
    """Return how often each word occurs within a line."""
    return Counter(word.lower() for lines in pages for line in lines for word in _WORD.findall(line.text))


class _Joiner:
    """Makes paragraphs of lines."""

    def __init__(self, vocabulary: Counter[str]) -> None:
        self.done: list[str] = []
        self._vocabulary = vocabulary
        self._open: _Paragraph | None = None

    def add_page(self, lines: list[Piece]) -> None:
        """Take the lines of a page, in reading order."""
        pitch = _pitch(lines)
        for flow in _flows(lines):
            left, right = min(line.left for line in flow), max(line.right for line in flow)
            for index, line in enumerate(flow):
                goes_on = self._continues(line) if index == 0 else self._follows(line, left, right, pitch)
                if goes_on and self._open:
                    self._append(self._open, line)
                else:
                    self._begin(line)

    def finish(self) -> list[str]:
        """Return all paragraphs."""
        self._close()
        return self.done

    def _begin(self, line: Piece) -> None:
        self._close()
        self._open = _Paragraph(line.text, line, line.hyphenated)

    def _close(self) -> None:
        if self._open:
            text = self._open.text + ("-" if self._open.hyphenated else "")
            self.done.append(" ".join(text.split()))
            self._open = None

    def _append(self, paragraph: _Paragraph, line: Piece) -> None:
        paragraph.text = self._joined(paragraph, line.text)
        paragraph.last, paragraph.hyphenated = line, line.hyphenated

    def _joined(self, paragraph: _Paragraph, text: str) -> str:
        if paragraph.hyphenated:
            return paragraph.text + self._hyphen(paragraph.text, text) + text
        dense = _UNSPACED.match(paragraph.text[-1:]) and _UNSPACED.match(text[:1])
        return paragraph.text + ("" if dense else " ") + text

    def _hyphen(self, before: str, after: str) -> str:
        """Return what stands between two halves of a word: a hyphen where it belongs to the word."""
        first, second = _LAST_WORD.search(before), _FIRST_WORD.match(after)
        if not first or not second or not second[0][0].islower():
            return "-"
        whole, compound = (first[0] + second[0]).lower(), f"{first[0]}-{second[0]}".lower()
        if self._vocabulary[compound] or self._vocabulary[whole]:
            return "-" if self._vocabulary[compound] > self._vocabulary[whole] else ""
        # Each half counts itself once: more than that, and both are words of their own.
        return "-" if min(self._vocabulary[half.lower()] for half in (first[0], second[0])) > 1 else ""

    def _continues(self, line: Piece) -> bool:
        """Tell whether *line* goes on with a paragraph that a column or a page broke off."""
        if self._open is None or _is_of_other_size(self._open.last, line):
            return False
        if self._open.hyphenated:
            return True
        begun = self._open.text.rstrip()
        first = line.text[:1]
        return not begun.endswith(_ENDS) and (first.islower() or not (first.isupper() or _BULLET.match(line.text)))

    def _follows(self, line: Piece, left: float, right: float, pitch: float) -> bool:
        """Tell whether *line* belongs to the paragraph of the line above it in the same column."""
        if self._open is None:
            return False
        above = self._open.last
        if above.base - line.base > _LEADING * pitch * line.size:
            return False
        if self._open.hyphenated:
            return True
        if _BULLET.match(line.text) or line.is_row or above.is_row or _is_indented(line, above, left, right):
            return False
        room = above.left - left if line.is_right_to_left else right - above.right
        # A line that ends although the next word had room ends its paragraph, but for a ragged edge.
        return room <= _first_word_width(line) or (line.text[:1].islower() and room < _MUCH_ROOM * (right - left))


def _is_indented(line: Piece, above: Piece, left: float, right: float) -> bool:
    """Tell whether *line* is indented and the line above it is not."""
    indents = (
        (right - line.right, right - above.right) if line.is_right_to_left else (line.left - left, above.left - left)
    )
    return indents[0] > _INDENT * line.size and indents[1] < _NO_INDENT * line.size


def _first_word_width(line: Piece) -> float:
    """Return about how much room the first word of *line* takes, with a space before it."""
    dense = _UNSPACED.match(line.text)
    chars = 1 if dense else len(line.text.split(maxsplit=1)[0]) + 1
    return (line.right - line.left) * chars / len(line.text) + 0.5 * line.size


def _is_of_other_size(one: Piece, other: Piece) -> bool:
    return not 1 / _NEW_SIZE < one.size / other.size < _NEW_SIZE


def _pitch(lines: list[Piece]) -> float:
    """Return the distance from a line to the next below it within a paragraph, in sizes of the font."""
    pitches = sorted((one.base - other.base) / one.size for one, other in pairwise(lines))
    pitches = [pitch for pitch in pitches if _MIN_PITCH < pitch < _MAX_PITCH]
    # In a page of short paragraphs most steps are from one paragraph to the next.
    return max(pitches[len(pitches) // 4], 1.0) if pitches else 1.0


def _flows(lines: list[Piece]) -> Iterator[list[Piece]]:
    """Yield *lines* in runs of one size that go down one column."""
    flow: list[Piece] = []
    left = right = 0.0
    for line in lines:
        below = flow and line.base < flow[-1].base and line.left < right and line.right > left
        if not below or _is_of_other_size(flow[-1], line):
            if flow:
                yield flow
            flow, left, right = [], line.left, line.right
        flow.append(line)
        left, right = min(left, line.left), max(right, line.right)
    if flow:
        yield flow


def largest_lines(pieces: Sequence[Piece]) -> str | None:
    """Return the lines of a page in its largest type, where they are few and clearly larger than most: its title."""
    upright, _ = _upright(pieces)
    sizes: Counter[float] = Counter()
    for piece in upright:
        sizes[round(piece.size, 1)] += len(piece.text)
    if not sizes:
        return None
    largest, usual = max(sizes), sizes.most_common(1)[0][0]
    title = " ".join(piece.text for piece in upright if round(piece.size, 1) == largest)
    fits = title.count(" ") > 0 and len(title) <= _TITLE_CHARS and not title[0].isdecimal()
    return title if largest > _TITLE_SIZE * usual and fits else None
