"""The text of PDF files: pdfium gives characters and their places, `layout` makes paragraphs of them."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import pairwise
from statistics import median, median_high
from typing import TYPE_CHECKING, Any

from extract.documents.bidi import RIGHT_TO_LEFT, is_right_to_left, logical
from extract.documents.document import Document
from extract.documents.layout import Piece, largest_lines, read_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.words import Evidence

MAX_PAGES = 500
MAX_CHARS = 3_000_000
_HEAD_BYTES = 1024
_HYPHENS = ("\x02", "\ufffe")
"""What pdfium has in place of a hyphen that ends a line."""
_LINE = re.compile(r"[\s\x01]*(?P<text>[^\r\n\x02\ufffe\s\x01][^\r\n\x02\ufffe]*)(?P<end>[\r\n\x02\ufffe]|$)")
_WORD = re.compile(r"\S+")
_UNMAPPED = "\ufffd"
_UNMAPPED_SHARE = 0.3
_SURROGATES = range(0xD800, 0xE000)
_JUSTIFIED_GAP = 4.0
_WIDE_GAP = 0.8
"""In sizes of the font: what a space hardly ever has."""
_RIGHT_ANGLE = math.pi / 2
_FARTHEST = 1e6
"""In points: a page of the largest size that PDF knows ends far before."""
_LEAST_SIZE = 0.01
# Latin and Arabic letters that fonts have as one glyph (Unicode's presentation forms).
_PRESENTATION = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb50-\ufdff\ufe70-\ufeff]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FILLED_IN = frozenset(["", "untitled", "anonymous", "unspecified", "unknown", "title", "author"])
_FILE_NAME = re.compile(
    r"^microsoft (?:word|powerpoint|excel) - |\.(?:docx?|pptx?|xlsx?|pdf|indd|tex|dvi|rtf|odt|qxd|pages|wpd)$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?")


def is_pdf(body: bytes) -> bool:
    """Tell whether *body* begins as a PDF file does (ISO 32000-1, 7.5.2; readers look at the first 1,024 bytes)."""
    return b"%PDF-" in body[:_HEAD_BYTES]


def read_pdf(body: bytes) -> Document:
    """Return the text of *body* in reading order, with headers, footers and page numbers as notices; never raises.

    Read are the first 500 pages and 3,000,000 characters; what is beyond is told in the evidence.
    """
    import pypdfium2 as pdfium  # loads a library of 8 MB, which most runs don't need

    try:
        with closing(pdfium.PdfDocument(body)) as file:
            return _read(file)
    except pdfium.PdfiumError as error:
        encrypted = error.err_code in {pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY}
        return Document("pdf", problem="encrypted" if encrypted else "damaged", details={"pages": 0})


def _read(file: Any) -> Document:
    details: Evidence = {"pages": len(file)}
    pages: list[list[Piece]] = []
    chars = broken = 0
    for number in range(min(len(file), MAX_PAGES)):
        pieces = _page(file, number)
        broken += pieces is None
        pages.append(pieces or [])
        chars += sum(len(piece.text) for piece in pages[-1])
        if chars > MAX_CHARS:
            break
    if len(pages) < len(file):
        details["pages_read"] = len(pages)
    if broken:
        details["pages_damaged"] = broken
    text, notices = read_pages(pages)
    unmapped = text.count(_UNMAPPED)
    if unmapped:
        details["characters_unmapped"] = unmapped
    problem = None
    if not chars:
        problem = "damaged" if broken or not pages else "no-text-layer"
    elif unmapped > _UNMAPPED_SHARE * chars:
        problem = "no-character-map"
    return Document(
        "pdf",
        text=None if problem else text or None,
        title=_title(_said(file, "Title"), None if problem else largest_lines(pages[0])),
        author=_said(file, "Author"),
        published_on=_date(_entry(file, "CreationDate")),
        language=_language(file),
        notices=notices,
        problem=problem,
        details=details,
    )


def _page(file: Any, number: int) -> list[Piece] | None:
    """Return the pieces of text of a page in the order of its content, or None where it can't be read."""
    from pypdfium2 import PdfiumError

    try:
        with closing(file[number]) as page, closing(page.get_textpage()) as text:
            return list(_pieces(_Characters(text)))
    except PdfiumError:
        return None


class _Characters:
    """The characters of a page as code points, and their places."""

    def __init__(self, text: Any) -> None:
        from pypdfium2 import raw

        self._page = text.raw
        self._raw = raw
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._matrix, self._rect = raw.FS_MATRIX(), raw.FS_RECTF()
        self._origin_at = ctypes.byref(self._x), ctypes.byref(self._y)
        self._matrix_at, self._rect_at = ctypes.byref(self._matrix), ctypes.byref(self._rect)
        self.text = self._characters(text.count_chars())

    def _characters(self, count: int) -> str:
        """Return the page's characters, each at its index; what the file's fonts don't map is U+FFFD."""
        units = (ctypes.c_ushort * (count + 1))()
        if self._raw.FPDFText_GetText(self._page, 0, count, units) == count + 1:
            text = bytes(units)[:-2].decode("utf-16-le", "replace")
            if len(text) == count and "\0" not in text:
                return text
        # Something stands for no character, or for one beyond 16 bits: then only asking one by one keeps the places.
        codes = (self._raw.FPDFText_GetUnicode(self._page, index) for index in range(count))
        return "".join(_UNMAPPED if code == 0 or code in _SURROGATES else chr(code) for code in codes)

    def turns(self, index: int) -> int:
        """Return by how many right angles the character is turned, counter-clockwise."""
        self._raw.FPDFText_GetMatrix(self._page, index, self._matrix_at)
        return round(math.atan2(_finite(self._matrix.b), _finite(self._matrix.a)) / _RIGHT_ANGLE) % 4

    def size(self, index: int) -> float:
        """Return the font's size in points, as it is shown."""
        self._raw.FPDFText_GetMatrix(self._page, index, self._matrix_at)
        scale = math.hypot(self._matrix.c, self._matrix.d)
        size = _finite(abs(self._raw.FPDFText_GetFontSize(self._page, index) * scale))
        return max(size, _LEAST_SIZE)

    def origin(self, index: int, turns: int) -> tuple[float, float]:
        """Return where on its base line the character begins, on the page turned so that it stands upright."""
        self._raw.FPDFText_GetCharOrigin(self._page, index, *self._origin_at)
        return _turned(self._x.value, self._y.value, turns)

    def right(self, index: int, turns: int) -> float:
        """Return where the character ends."""
        self._raw.FPDFText_GetLooseCharBox(self._page, index, self._rect_at)
        rect = self._rect
        return max(_turned(rect.left, rect.bottom, turns)[0], _turned(rect.right, rect.top, turns)[0])


def _turned(x: float, y: float, turns: int) -> tuple[float, float]:
    x, y = _finite(x), _finite(y)
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turns]


def _finite(number: float) -> float:
    """Return *number*, or 0 for what is no place on any page; damaged files have such, and some that are no number."""
    return float(number) if -_FARTHEST < number < _FARTHEST else 0.0


def _pieces(page: _Characters) -> Iterator[Piece]:
    """Yield the runs of words without a wide gap between them; of one that is all controls nothing is left."""
    return (piece for piece in _runs(page) if piece.text.strip())


def _runs(page: _Characters) -> Iterator[Piece]:
    needs_folding = _PRESENTATION.search(page.text) or _CONTROLS.search(page.text)
    for line in _LINE.finditer(page.text):
        turns = page.turns(line.start("text"))
        if RIGHT_TO_LEFT.search(line["text"]):
            yield _right_to_left(page, *line.span("text"), turns)
            continue
        words = [_word(page, *word.span(), turns) for word in _WORD.finditer(page.text, *line.span("text"))]
        words[-1] = replace(words[-1], hyphenated=line["end"] in _HYPHENS)
        for piece in _joined(words):
            yield replace(piece, text=_folded(piece.text)) if needs_folding else piece


def _word(page: _Characters, start: int, end: int, turns: int) -> Piece:
    left, base = page.origin(start, turns)
    right = max(left, page.right(end - 1, turns))
    return Piece(page.text[start:end], left, right, base, page.size(start), turns)


def _joined(words: list[Piece]) -> Iterator[Piece]:
    """Yield *words* joined to pieces; between two pieces lies more than a space's width."""
    gaps = [after.left - before.right for before, after in pairwise(words)]
    # In a narrow justified column the spaces of a line are wide, and all of them alike.
    usual = median(gaps) if gaps else 0.0
    usual = 0.0 if usual > _JUSTIFIED_GAP * words[0].size else usual
    first = 0
    for index in range(1, len(words) + 1):
        if index < len(words) and gaps[index - 1] < max(_WIDE_GAP * words[index].size, 1.2 * usual):
            continue
        run = words[first:index]
        yield replace(
            run[0],
            text=" ".join(word.text for word in run),
            right=run[-1].right,
            size=median_high(word.size for word in run),
            hyphenated=run[-1].hyphenated,
        )
        first = index


def _right_to_left(page: _Characters, start: int, end: int, turns: int) -> Piece:
    """Return a line with Arabic or Hebrew in it as it is read."""
    origins = [page.origin(index, turns) for index in range(start, end)]
    text = page.text[start:end]
    if is_right_to_left(text):
        text = logical([(left, character) for (left, _), character in zip(origins, text, strict=True)])
    text = " ".join(_folded(text).split())
    left = min(left for left, _ in origins)
    right = max(page.right(index, turns) for index in range(start, end))
    return Piece(text, left, right, origins[0][1], page.size(start), turns, is_right_to_left=is_right_to_left(text))


def _folded(text: str) -> str:
    return _PRESENTATION.sub(lambda run: unicodedata.normalize("NFKC", run[0]), _CONTROLS.sub("", text))


def _title(said: str | None, shown: str | None) -> str | None:
    """Return the title that the file gives, or the one on its first page where that is but the name of a file."""
    return shown or said if said is None or _FILE_NAME.search(said) else said


def _entry(file: Any, key: str) -> str:
    """Return an entry of the document information dictionary (ISO 32000-1, 14.3.3); what is no UTF-16 as U+FFFD."""
    from pypdfium2 import raw

    name = key.encode("ascii") + b"\0"
    buffer = ctypes.create_string_buffer(raw.FPDF_GetMetaText(file.raw, name, None, 0))
    raw.FPDF_GetMetaText(file.raw, name, buffer, len(buffer))
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _said(file: Any, key: str) -> str | None:
    """Return what an entry says, unless it is what programs fill in."""
    said = " ".join(_CONTROLS.sub("", _entry(file, key)).split())
    return None if said.strip("()").lower() in _FILLED_IN else said


def _date(said: str) -> str | None:
    """Return the day of a date string (ISO 32000-1, 7.9.4), where it is one."""
    found = _DATE.match(said)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat() if found else None
    except (TypeError, ValueError):
        return None


def _language(file: Any) -> str | None:
    """Return the language that the document's catalog declares (ISO 32000-1, 14.9.2)."""
    from pypdfium2 import raw

    length = raw.FPDFCatalog_GetLanguage(file.raw, None, 0)
    if not 2 < length <= 128:  # noqa: PLR2004  # nothing but a NUL, or no language tag
        return None
    buffer = (ctypes.c_ushort * (length // 2))()
    raw.FPDFCatalog_GetLanguage(file.raw, buffer, length)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0").strip() or None
