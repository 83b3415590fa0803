"""UTF-8 that was once read as windows-1252 or a like encoding, put right where that is provable.

Each line is judged alone, since pages mix good lines with damaged ones. A repair counts as proven when
ftfy's measure of encoding noise falls to nothing, or to less than half, and no character is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lxml.etree import XPath

if TYPE_CHECKING:
    from types import ModuleType

    from lxml.html import HtmlElement

# The closing quotation mark is E2 80 9D in UTF-8; windows-1252 has no 9D, and many programs dropped it.
_LONE_QUOTE = re.compile("â€(?=[\\s\\x00-\\x7f]|â€|Â|$)")
_RESTORED_QUOTE = "â€\x9d"
# Only lines with one of these can be mojibake: lead bytes of UTF-8 as single-byte encodings show them.
_SUSPECT = re.compile("[ÃÂâÅÄÐÑØÙÎÏðåæçèéãäàï][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]")
# A repair that makes what no text holds has read something else than text.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd-\uffff\ud800-\udfff]")
_MIN_GAIN = 2
_TEXT = XPath("string()")
_CONTENTS = XPath("//meta/@content")


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text, and what was done to it."""

    text: str
    lines: int = 0
    """How many lines were repaired."""
    restored: int = 0
    """How many lost bytes 9D were put back first."""

    @property
    def note(self) -> str | None:
        """The method and the counts in words, for `repair`; None where nothing was done."""
        if not self.lines:
            return None
        return f"mojibake: U+009D restored {self.restored} times, ftfy fix_encoding on {self.lines} lines"


def repair_tree(tree: HtmlElement) -> Repaired:
    """Repair the provable mojibake of *tree* where it stands, before anything drops the invisible halves of letters.

    The second half of an i with an acute shows as a soft hyphen (U+00AD), which extractors take out. Returns the
    counts, and no text.
    """
    lines = restored = 0
    if not _SUSPECT.search(_TEXT(tree)) and not _SUSPECT.search("".join(_CONTENTS(tree))):
        return Repaired("")
    for element in tree.iter():
        attributes = [("content", element.get("content"))] if element.tag == "meta" else []
        for name, text in (("text", element.text), ("tail", element.tail), *attributes):
            if not text or not _SUSPECT.search(text):
                continue
            fixed = repair(text)
            lines, restored = lines + fixed.lines, restored + fixed.restored
            if fixed.lines and name == "content":
                element.set(name, fixed.text)
            elif fixed.lines:
                setattr(element, name, fixed.text)
    return Repaired("", lines, restored)


def repair(text: str) -> Repaired:
    """Return *text* with its provable mojibake repaired, line by line."""
    if not _SUSPECT.search(text):
        return Repaired(text)
    lines, repaired, restored = [], 0, 0
    for line in text.split("\n"):
        fixed = _repair_line(line) if _SUSPECT.search(line) else None
        lines.append(line if fixed is None else fixed)
        if fixed is not None:
            repaired += 1
            restored += len(_LONE_QUOTE.findall(line))
    return Repaired("\n".join(lines), repaired, restored)


def _repair_line(line: str) -> str | None:
    """Return the repaired line, or None where no repair is provably better."""
    ftfy, badness = _ftfy()
    fixed: str = ftfy.fix_encoding(_LONE_QUOTE.sub(_RESTORED_QUOTE, line))
    if fixed == line or _NO_TEXT.search(fixed):
        return None
    before, after = badness.badness(line), badness.badness(fixed)
    if before < _MIN_GAIN * max(after, 1) and not (before and not after):
        return None
    return fixed


@cache
def _ftfy() -> tuple[ModuleType, ModuleType]:
    """Import ftfy when the first suspect line asks for it: few pages do."""
    import ftfy
    import ftfy.badness

    return ftfy, ftfy.badness
