"""Labels of character encodings, as the WHATWG Encoding Standard (clause 4.2) resolves them, and their decoders.

A label on the web does not mean what its registry says: `iso-8859-1` is windows-1252, `gb2312` is gbk. Here is what a
browser reads them as, and with which of Python's codecs that is done. Two encodings that browsers refuse to decode,
since scripts can hide in them, are decoded here: nothing of a page is run.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cache

_LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "ibm866": "866 cp866 csibm866 ibm866",
    "iso-8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso-8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso-8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso-8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso-8859-6": (
        "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
        "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"
    ),
    "iso-8859-7": (
        "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
        "iso_8859-7:1987 sun_eu_greek"
    ),
    "iso-8859-8": (
        "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 "
        "iso_8859-8:1988 visual"
    ),
    "iso-8859-8-i": "csiso88598i iso-8859-8-i logical",
    "iso-8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso-8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso-8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso-8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso-8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "macintosh": "csmacintosh mac macintosh x-mac-roman",
    "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "windows-1250": "cp1250 windows-1250 x-cp1250",
    "windows-1251": "cp1251 windows-1251 x-cp1251",
    "windows-1252": (
        "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
        "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252"
    ),
    "windows-1253": "cp1253 windows-1253 x-cp1253",
    "windows-1254": (
        "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
        "windows-1254 x-cp1254"
    ),
    "windows-1255": "cp1255 windows-1255 x-cp1255",
    "windows-1256": "cp1256 windows-1256 x-cp1256",
    "windows-1257": "cp1257 windows-1257 x-cp1257",
    "windows-1258": "cp1258 windows-1258 x-cp1258",
    "x-mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gbk": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk",
    "gb18030": "gb18030",
    "big5": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso-2022-jp": "csiso2022jp iso-2022-jp",
    "shift_jis": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "euc-kr": (
        "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"
    ),
    "iso-2022-kr": "csiso2022kr iso-2022-kr",
    "hz-gb-2312": "hz-gb-2312",
    "replacement": "iso-2022-cn iso-2022-cn-ext replacement",
    "utf-16be": "unicodefffe utf-16be",
    "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "x-user-defined": "x-user-defined",
}
# Python's codecs, where they aren't called as the standard calls the encoding.
_CODECS = {
    "ibm866": "cp866",
    "iso-8859-8-i": "iso8859_8",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "hz-gb-2312": "hz",
    "x-user-defined": "cp1252",
} | {f"windows-{page}": f"cp{page}" for page in ("874", *range(1250, 1259))}
_MULTI_BYTE = frozenset({"gbk", "gb18030", "big5", "euc-jp", "shift_jis", "euc-kr"})
STATEFUL = {"iso-2022-jp": b"\x1b$", "iso-2022-kr": b"\x0e", "hz-gb-2312": b"~{"}
"""Encodings that hide in ASCII, and what their text can't do without."""
# Where Python's tables of JIS X 0208 and the standard's part: wave dash, double bar, minus, cent, pound, not.
_JIS_TO_WEB = str.maketrans("\u301c\u2016\u2212\xa2\xa3\xac", "\uff5e\u2225\uff0d\uffe0\uffe1\uffe2")
_ESCAPED = re.compile(rb"\x1b(\$[@B]|\([BIJ])")


@dataclass(frozen=True, slots=True)
class Charset:
    """One encoding of the web."""

    name: str
    """The standard's name in lower case."""

    @property
    def is_single_byte(self) -> bool:
        """Whether every byte is a character, so that decoding can hardly fail and proves nothing."""
        return not (self.is_utf or self.name in _MULTI_BYTE or self.name in STATEFUL)

    @property
    def is_utf(self) -> bool:
        """Whether it is a form of Unicode."""
        return self.name.startswith("utf-")

    def decode(self, body: bytes) -> str:
        """Return *body* as characters, each byte that does not fit becoming U+FFFD."""
        if self.name == "iso-2022-jp":
            return _iso_2022_jp(body)
        if self.name == "euc-jp":
            return body.decode("euc_jp", "sourcekeep-jis").translate(_JIS_TO_WEB)
        codec = _CODECS.get(self.name, self.name)
        if not self.is_single_byte:
            return body.decode(codec, "replace")
        try:
            return body.decode(codec)
        except UnicodeDecodeError:
            return body.decode("latin-1").translate(_bytes_without_character(codec))

    def encode(self, text: str) -> bytes | None:
        """Return the bytes that a single-byte encoding shows as *text*, None where it has no such characters."""
        try:
            return text.encode(_CODECS.get(self.name, self.name))
        except UnicodeEncodeError:
            table = {shown: byte for byte, shown in _bytes_without_character(_CODECS.get(self.name, self.name)).items()}
            found = [ord(letter) if letter < "\x80" else table.get(letter) for letter in text]
            known = [byte for byte in found if byte is not None]
            return bytes(known) if len(known) == len(found) else None


UTF_8 = Charset("utf-8")
UTF_16LE = Charset("utf-16le")
UTF_16BE = Charset("utf-16be")
WINDOWS_1252 = Charset("windows-1252")

_BY_LABEL = {label: Charset(name) for name, labels in _LABELS.items() for label in labels.split()}


def resolve(label: str | None) -> Charset | None:
    """Return the encoding that a browser uses for *label*, or None for a label it does not honour.

    UTF-7 and other encodings that the standard forbids are None, whatever Python can decode, and so is its
    `replacement`, which is no encoding but a refusal.
    """
    charset = _BY_LABEL.get((label or "").strip(" \t\r\n\f'\"").lower())
    return None if charset and charset.name == "replacement" else charset


@cache
def _bytes_without_character(codec: str) -> dict[int, str]:
    """Return a single-byte encoding as the standard completes it: free bytes below A0 are C1 controls."""
    table = {byte: bytes([byte]).decode(codec, "replace") for byte in range(0x80, 0x100)}
    return {byte: chr(byte) if shown == "\ufffd" and byte < 0xA0 else shown for byte, shown in table.items()}  # noqa: PLR2004  # the first byte after C1


def _jis_extensions(error: UnicodeError) -> tuple[str, int]:
    """Decode what Python's euc_jp lacks: the rows of NEC and IBM that the standard's table has, by way of cp932."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    if len(pair) < len("ku") or min(pair) < 0xA1:  # noqa: PLR2004  # the first byte of EUC's right half
        return "\ufffd", error.start + 1
    row, cell = pair[0] - 0xA0, pair[1] - 0x80
    lead = (row + 1) // 2 + (0x80 if row < 63 else 0xC0)  # noqa: PLR2004  # JIS X 0208 to Shift_JIS, by their tables
    trail = cell + (0x1F + (cell >= 0x60) if row % 2 else 0x7E)  # noqa: PLR2004  # likewise
    return bytes([lead, trail]).decode("cp932", "replace")[:1], error.start + 2


codecs.register_error("sourcekeep-jis", _jis_extensions)


def _iso_2022_jp(body: bytes) -> str:
    """Decode ISO-2022-JP by its escapes: two-byte text is EUC-JP without its high bits."""
    parts, mode, position = [], b"(B", 0
    for escape in [*_ESCAPED.finditer(body), None]:
        piece = body[position : escape.start() if escape else len(body)]
        if mode.startswith(b"$"):
            high = bytes(byte | 0x80 if 0x21 <= byte <= 0x7E else byte for byte in piece)  # noqa: PLR2004  # its 94 bytes
            parts.append(Charset("euc-jp").decode(high))
        elif mode == b"(I":  # half-width katakana
            parts.append(bytes(byte | 0x80 if byte > 0x20 else byte for byte in piece).decode("cp932", "replace"))  # noqa: PLR2004  # likewise
        else:
            parts.append(piece.decode("ascii", "replace"))
        if escape:
            mode, position = escape[1], escape.end()
    return "".join(parts)
