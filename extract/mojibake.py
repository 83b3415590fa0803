"""Text that was once decoded as what it wasn't, put right where that is provable.

Each line is judged alone, since pages mix good lines with damaged ones. What counts as a proof:

- UTF-8 that was read as windows-1252 or a like encoding: ftfy's measure of encoding noise falls to nothing, or to less
  than half with no damage left, and no character is lost.
- UTF-8 that was read as another encoding of one byte a letter: read back, the whole line is valid UTF-8 with at least
  four sequences. Bytes of text in that encoding are never that.
- Text in another script that was read as Latin-1: nearly all letters are accented, as in no language, and read back
  they are the frequent letters of one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from lxml.etree import XPath

from extract.charset_detection import detect_charset
from extract.charsets import WINDOWS_1252, Charset

if TYPE_CHECKING:
    from types import ModuleType

    from lxml.html import HtmlElement

_FTFY = "ftfy fix_encoding"
# The closing quotation mark is E2 80 9D in UTF-8; windows-1252 has no 9D, and many programs dropped it.
_LONE_QUOTE = re.compile("â€(?=[\\s\\x00-\\x7f]|â€|Â|$)")
_RESTORED_QUOTE = "â€\x9d"
# Only lines with one of these can be mojibake: lead bytes of UTF-8 as single-byte encodings show them.
_SUSPECT = re.compile("[ÃÂâÅÄÐÑØÙÎÏðåæçèéãäàï][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]")
# A repair that makes what no text holds has read something else than text.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd-\uffff\ud800-\udfff]")
_MIN_GAIN = 2
_READ_AS = tuple(map(Charset, ("windows-1251", "koi8-r", "windows-1250", "windows-1253", "macintosh")))
_MIN_SEQUENCES = 4
_ASCII_TO_SPACE = bytes((*b" " * 0x80, *range(0x80, 0x100)))
_NON_ASCII = re.compile("[^\x00-\x7f]")
_ACCENTED = re.compile("[\xc0-\xff]")
_ACCENTED_RUN = re.compile("[\xc0-\xff]{3}")
_LETTER = re.compile(r"[^\W\d_]")
_TEXT = XPath("string()")
_CONTENTS = XPath("//meta/@content")
_MIN_ACCENTED = 20
_ACCENTED_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text, and what was done to it."""

    text: str
    methods: Counter[str] = field(default_factory=Counter)
    """How many lines were repaired, by the way in which."""
    restored: int = 0
    """How many lost bytes 9D were put back first."""

    @property
    def lines(self) -> int:
        """How many lines were repaired."""
        return self.methods.total()

    @property
    def note(self) -> str | None:
        """The methods and the counts in words, for `repair`; None where nothing was done."""
        if not self.methods:
            return None
        restored = [f"U+009D restored {self.restored} times"] if _FTFY in self.methods else []
        return "mojibake: " + ", ".join(restored + [f"{how} on {n} lines" for how, n in sorted(self.methods.items())])


_MOST = 500_000
"""Characters in lines that may be damaged, of one page: more are left as they stand, since each takes its time."""


def repair_tree(tree: HtmlElement) -> Repaired:
    """Repair the provable mojibake of *tree* where it stands, before anything drops the invisible halves of letters.

    The second half of an i with an acute shows as a soft hyphen (U+00AD), which extractors take out. Returns the
    counts, and no text.
    """
    methods: Counter[str] = Counter()
    restored, left = 0, _MOST
    if not _may_be_damaged(_TEXT(tree) + "".join(_CONTENTS(tree))):
        return Repaired("")
    for element in tree.iter():
        attributes = [("content", element.get("content"))] if element.tag == "meta" else []
        for name, text in (("text", element.text), ("tail", element.tail), *attributes):
            if not text or text.isascii() or len(text) > left or not _is_suspect(text):
                continue
            left -= len(text)
            fixed = repair(text)
            methods, restored = methods + fixed.methods, restored + fixed.restored
            if fixed.lines and name == "content":
                element.set(name, fixed.text)
            elif fixed.lines:
                setattr(element, name, fixed.text)
    return Repaired("", methods, restored)


def repair(text: str) -> Repaired:
    """Return *text* with its provable mojibake repaired, line by line."""
    if text.isascii() or not _is_suspect(text):
        return Repaired(text)
    lines, restored, left = [], 0, _MOST
    methods: Counter[str] = Counter()
    for line in text.split("\n"):
        is_tried = not line.isascii() and len(line) <= left and _is_suspect(line)
        left -= len(line) if is_tried else 0
        fixed, method = _repair_line(line) if is_tried else (line, None)
        lines.append(fixed)
        if method:
            methods[method] += 1
            restored += len(_LONE_QUOTE.findall(line)) if method == _FTFY else 0
    return Repaired("\n".join(lines), methods, restored) if methods else Repaired(text)


def _may_be_damaged(page: str) -> bool:
    """Tell whether any line of a page can be: a look at all of its text at once, for pages to be done with soon."""
    if page.isascii():
        return False
    # No mark of damage has ASCII in it, and the expressions are slow beside this.
    rest = b" ".join(page.encode("utf-8", "surrogatepass").translate(_ASCII_TO_SPACE).split())
    beyond_ascii = rest.decode("utf-8", "surrogatepass")
    if _SUSPECT.search(beyond_ascii) or _ACCENTED_RUN.search(beyond_ascii):
        return True
    return any(pair[0] in _beginnings() for pair in _any_beginning().finditer(beyond_ascii))


@cache
def _any_beginning() -> re.Pattern[str]:
    leads, trails = (re.escape("".join({pair[at] for pair in _beginnings()})) for at in (0, 1))
    return re.compile(f"[{leads}][{trails}]")


def _is_suspect(text: str) -> bool:
    """Tell whether a line of *text* may be damaged, without looking closely."""
    if _SUSPECT.search(text) or _ACCENTED_RUN.search(text):
        return True
    return any(
        (first := _NON_ASCII.search(line)) and line[first.start() : first.start() + 2] in _beginnings()
        for line in text.split("\n")
    )


def _repair_line(line: str) -> tuple[str, str | None]:
    """Return the repaired line and the method, or the line and None where no repair is provably better."""
    if _SUSPECT.search(line) and (fixed := _by_ftfy(line)) is not None:
        return fixed, _FTFY
    first = _NON_ASCII.search(line)
    for charset in _beginnings().get(line[first.start() : first.start() + 2], ()) if first else ():
        if (fixed := _from_utf8(line, charset)) is not None:
            return _repair_line(fixed)[0], f"utf-8 that was read as {charset.name}"
    if _ACCENTED_RUN.search(line) and (found := _from_latin_1(line)):
        return found[0], f"{found[1].name} that was read as windows-1252"
    return line, None


def _by_ftfy(line: str) -> str | None:
    ftfy, badness = _ftfy()
    fixed: str = ftfy.fix_encoding(_LONE_QUOTE.sub(_RESTORED_QUOTE, line))
    if fixed == line or _NO_TEXT.search(fixed):
        return None
    before, after = badness.badness(line), badness.badness(fixed)
    if after and (_SUSPECT.search(fixed) or before < _MIN_GAIN * after):
        return None
    return fixed if before else None


def _from_utf8(line: str, charset: Charset) -> str | None:
    body = charset.encode(line)
    try:
        fixed = body.decode("utf-8") if body else ""
    except UnicodeDecodeError:
        return None
    return fixed if len(_NON_ASCII.findall(fixed)) >= _MIN_SEQUENCES and not _NO_TEXT.search(fixed) else None


@cache
def _beginnings() -> dict[str, list[Charset]]:
    """Return what the first two bytes of a UTF-8 sequence look like, with the encodings that show them so."""
    found: dict[str, list[Charset]] = {}
    for charset in _READ_AS:
        leads, trails = (charset.decode(bytes(range(*span))) for span in ((0xC2, 0xF4), (0x80, 0xC0)))
        for pair in (lead + trail for lead in leads for trail in trails):
            found.setdefault(pair, []).append(charset)
    return found


def _from_latin_1(line: str) -> tuple[str, Charset] | None:
    accented, letters = len(_ACCENTED.findall(line)), len(_LETTER.findall(line))
    if accented < _MIN_ACCENTED or accented < _ACCENTED_SHARE * letters:
        return None
    body = WINDOWS_1252.encode(line)
    charset = detect_charset(body) if body else WINDOWS_1252
    if not body or not charset.is_single_byte or charset == WINDOWS_1252:
        return None
    fixed = charset.decode(body)
    return None if _NO_TEXT.search(fixed) or _ACCENTED.search(fixed) else (fixed, charset)


@cache
def _ftfy() -> tuple[ModuleType, ModuleType]:
    """Import ftfy when the first suspect line asks for it: few pages do."""
    import ftfy
    import ftfy.badness

    return ftfy, ftfy.badness
