"""Rich Text Format (Microsoft's specification 1.9.1)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from extract.documents.document import Document
from extract.documents.lines import Lines, asides, joined

if TYPE_CHECKING:
    from archive.text_records import Notice
    from archive.words import Evidence

MAGIC = b"{\\rtf"
_MAX_TOKENS = 1_000_000
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
# Where the text of a group belongs; groups that are neither here nor marked with \* are part of the text.
_INFO = frozenset(["title", "author", "creatim", "revtim"])
_ASIDE = {"header": "header", "footer": "footer", "annotation": "review-comment"} | {
    f"{name}{page}": name for name in ("header", "footer") for page in "lrf"
}
_SILENT = frozenset(
    "fonttbl colortbl stylesheet info pict object themedata datastore generator listtable listoverridetable revtbl "
    "rsidtbl xmlnstbl fldinst subject operator keywords comment doccomm company manager category hlinkbase printim "
    "buptim private filetbl latentstyles pgptbl mmathPr atnid atnauthor atndate atnref atntime atnparent bkmkstart "
    "bkmkend listtext pntext nonshppict objdata falt panose fontemb xe tc txe rxe template wgrffmtfilter "
    "nesttableprops".split()
)
_SIGNS = {
    "tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ",
    "~": "\u00a0", "_": "-", "-": "", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}",
}  # fmt: skip
_PARAGRAPH_ENDS = frozenset(["par", "sect", "page", "column"])
_ENDS = dict.fromkeys(_PARAGRAPH_ENDS, Lines.close_paragraph) | {
    "cell": Lines.end_cell, "nestcell": Lines.end_cell, "row": Lines.end_row, "nestrow": Lines.end_row,
}  # fmt: skip
# \fcharset to code page.
_CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "cp950", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
    254: "cp437", 255: "cp850",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until a brace closes."""

    target: str = "text"
    """`text`, `note`, a name of `_INFO`, a rule of `_ASIDE`, `font`, or `` for what is passed over."""
    font: int = -1
    after_unicode: int = 1
    """How many characters stand in for one that was given by its number."""
    is_hidden: bool = False
    is_deleted: bool = False
    in_table: bool = False


def read_rich_text(body: bytes) -> Document:
    """Return the text of *body*, its notes at the end; headers, footers, comments and deletions are notices."""
    return _Reader(body).read()


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._group = _Group()
        self._groups: list[_Group] = []
        self._lines = {"text": Lines(), "note": Lines()}
        self._info: dict[str, list[str]] = {}
        self._when: dict[str, dict[str, int]] = {}
        self._codepage = "cp1252"
        self._fonts: dict[int, str] = {}
        self._bytes = bytearray()
        self._skip = 0
        self._high = 0
        self._is_starred = False

    def read(self) -> Document:
        count = at = 0
        while count < _MAX_TOKENS and (match := _TOKEN.search(self._body, at)):
            count += 1
            at = self._take(match)
        self._flush()
        lines = self._lines["text"].finish() + self._lines["note"].finish()
        notices: tuple[Notice, ...] = ()
        for rule in (*dict.fromkeys(_ASIDE.values()), "tracked-deletion", "hidden"):
            if rule in self._lines:
                notices += asides(rule, self._lines[rule].finish(), 0)
        details: Evidence = {"tokens_read": count} if count == _MAX_TOKENS else {}
        text = joined(lines)
        return Document(
            "rtf", text, self._said("title"), self._said("author"), self._day(), None, notices,
            None if text else "no-text", details,
        )  # fmt: skip

    def _take(self, match: re.Match[bytes]) -> int:
        """Take one token; return where the next begins: behind binary data that this one announces."""
        word, number, code, sign, brace, text = match.groups()
        if code is not None:
            self._add_bytes(bytes.fromhex(code.decode()))
        elif text is not None:
            self._add_bytes(text)
        elif brace is not None:
            self._brace(brace)
        elif sign is not None:
            self._flush()
            if sign == b"*":
                self._is_starred = True
            else:
                self._add(_SIGNS.get(sign.decode("latin-1"), ""))
        elif word is not None:
            name, value = word.decode(), int(number) if number else None
            if name == "bin":
                return match.end() + max(value or 0, 0)
            self._word(name, value)
        return match.end()

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self._skip = 0
        if brace == b"{":
            self._groups.append(self._group)
        elif self._groups:
            if self._group.target in ("note", *_ASIDE.values()) and self._groups[-1].target != self._group.target:
                self._of(self._group.target).close_paragraph()
            self._group = self._groups.pop()
        self._is_starred = False

    def _word(self, name: str, value: int | None) -> None:
        if name == "u" and value is not None:
            self._unicode(value)
            return
        self._flush()
        starred, self._is_starred = self._is_starred, False
        if name == "fonttbl":
            self._group = replace(self._group, target="font")
        elif name in _INFO and self._group.target in ("", "text"):
            self._group = replace(self._group, target=name)
        elif name in _ASIDE:
            self._group = replace(self._group, target=_ASIDE[name])
        elif name == "footnote":
            self._group = replace(self._group, target="note")
        elif name in _SILENT or (starred and name not in ("shppict", "shpinst", "shptxt")):
            self._group = replace(self._group, target="")
        elif name in ("yr", "mo", "dy"):
            self._when.setdefault(self._group.target, {})[name] = value or 0
        elif self._group.target not in _INFO:
            self._format(name, value)

    def _format(self, name: str, value: int | None) -> None:
        """Take a word that says how text looks or where it ends."""
        group = self._group
        if name in _SIGNS or (name in _PARAGRAPH_ENDS and group.in_table):
            self._add(_SIGNS.get(name, "\n"))
        elif name in _ENDS:
            _ENDS[name](self._of(group.target))
        elif name == "ansicpg":
            self._codepage = _codec(f"cp{value}")
        elif name == "fcharset":
            self._fonts[group.font] = _CHARSETS.get(value or 0, "")
        else:
            self._group = _formatted(group, name, value)

    def _unicode(self, value: int) -> None:
        """Take a character by its number, which is a signed half of UTF-16."""
        if not self._skip:
            self._flush()
        half = value & 0xFFFF
        if 0xD800 <= half < 0xDC00:  # noqa: PLR2004  # the first of two surrogates
            self._high = half
        elif 0xDC00 <= half < 0xE000:  # noqa: PLR2004  # the second
            self._add(chr(0x10000 + ((self._high - 0xD800) << 10) + half - 0xDC00) if self._high else "\ufffd")
            self._high = 0
        else:
            self._add(chr(half))
        self._skip = self._group.after_unicode

    def _add_bytes(self, text: bytes) -> None:
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        self._bytes += text[skipped:]

    def _flush(self) -> None:
        """Decode the bytes that have come together: characters of several bytes may be written in parts."""
        if self._bytes:
            text = bytes(self._bytes).decode(self._fonts.get(self._group.font) or self._codepage, "replace")
            self._bytes.clear()
            self._add(text)

    def _add(self, text: str) -> None:
        target = self._group.target
        if target in _INFO:
            self._info.setdefault(target, []).append(text)
        elif target not in ("", "font"):
            rule = "tracked-deletion" if self._group.is_deleted else "hidden" if self._group.is_hidden else target
            self._of(rule).add(text)

    def _of(self, target: str) -> Lines:
        return self._lines.setdefault(target, Lines())

    def _said(self, name: str) -> str | None:
        return " ".join("".join(self._info.get(name, ())).split()) or None

    def _day(self) -> str | None:
        for name in ("revtim", "creatim"):
            when = self._when.get(name, {})
            try:
                return date(when["yr"], when["mo"], when["dy"]).isoformat()
            except (KeyError, ValueError, OverflowError):
                continue
        return None


def _formatted(group: _Group, name: str, value: int | None) -> _Group:
    """Return *group* with what a word changes in it."""
    if name in ("intbl", "pard"):
        return replace(group, in_table=name == "intbl")
    if name == "f":
        return replace(group, font=value or 0)
    if name == "uc":
        return replace(group, after_unicode=min(max(value or 0, 0), 10))
    if name == "v":
        return replace(group, is_hidden=value != 0)
    if name == "deleted":
        return replace(group, is_deleted=value != 0)
    return replace(group, is_hidden=False, is_deleted=False) if name == "plain" else group


def _codec(name: str) -> str:
    try:
        return codecs.lookup({"cp10000": "mac_roman", "cp65001": "utf-8"}.get(name, name)).name
    except LookupError:
        return "cp1252"
