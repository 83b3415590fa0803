"""Labels of character encodings, as the WHATWG Encoding Standard (clause 4.2) resolves them.

A label on the web does not mean what its registry says: `iso-8859-1` is windows-1252, `gb2312` is
gb18030. Python's own registry knows the labels; this table says what a browser reads them as.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Charset:
    """One encoding of the web."""

    name: str
    """The standard's name in lower case."""
    codec: str
    """Python's codec that decodes it."""

    @property
    def is_single_byte(self) -> bool:
        """Whether every byte is a character, so that decoding can hardly fail and proves nothing."""
        return self.codec.startswith(("cp1", "cp8", "iso8859", "koi8", "mac"))


UTF_8 = Charset("utf-8", "utf_8")
UTF_16LE = Charset("utf-16le", "utf_16_le")
UTF_16BE = Charset("utf-16be", "utf_16_be")
WINDOWS_1252 = Charset("windows-1252", "cp1252")

_BY_PYTHON_NAME = {
    "utf-8": UTF_8,
    "utf-8-sig": UTF_8,
    "utf-16": UTF_16LE,
    "utf-16-le": UTF_16LE,
    "utf-16-be": UTF_16BE,
    "ascii": WINDOWS_1252,
    "iso8859-1": WINDOWS_1252,
    "cp1252": WINDOWS_1252,
    "iso8859-9": Charset("windows-1254", "cp1254"),
    "cp1254": Charset("windows-1254", "cp1254"),
    "iso8859-11": Charset("windows-874", "cp874"),
    "tis-620": Charset("windows-874", "cp874"),
    "cp874": Charset("windows-874", "cp874"),
    "gb2312": Charset("gb18030", "gb18030"),
    "gbk": Charset("gb18030", "gb18030"),
    "gb18030": Charset("gb18030", "gb18030"),
    "shift_jis": Charset("shift_jis", "cp932"),
    "cp932": Charset("shift_jis", "cp932"),
    "euc_kr": Charset("euc-kr", "cp949"),
    "cp949": Charset("euc-kr", "cp949"),
    "big5": Charset("big5", "big5hkscs"),
    "cp950": Charset("big5", "big5hkscs"),
    "big5hkscs": Charset("big5", "big5hkscs"),
    "euc_jp": Charset("euc-jp", "euc_jp"),
    "iso2022_jp": Charset("iso-2022-jp", "iso2022_jp"),
    "koi8-r": Charset("koi8-r", "koi8_r"),
    "koi8-u": Charset("koi8-u", "koi8_u"),
    "cp866": Charset("ibm866", "cp866"),
    "mac-roman": Charset("macintosh", "mac_roman"),
    "mac-cyrillic": Charset("x-mac-cyrillic", "mac_cyrillic"),
    **{f"cp125{n}": Charset(f"windows-125{n}", f"cp125{n}") for n in (0, 1, 3, 5, 6, 7, 8)},
    **{f"iso8859-{n}": Charset(f"iso-8859-{n}", f"iso8859_{n}") for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
}

# Labels of the standard that Python's registry does not have.
_ALIASES = {
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-sjis": "shift_jis",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gbk",
    "x-x-big5": "big5",
    "cn-big5": "big5",
    "dos-874": "cp874",
    "windows-874": "cp874",
    "windows-949": "cp949",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "x-user-defined": "cp1252",
}


def resolve(label: str | None) -> Charset | None:
    """Return the encoding that a browser uses for *label*, or None for a label it does not honour.

    UTF-7 and other encodings that the standard forbids are None, whatever Python can decode.
    """
    wanted = (label or "").strip(" \t\r\n\f'\"").lower()
    if not wanted or not wanted.isascii():
        return None
    try:
        name = codecs.lookup(_ALIASES.get(wanted, wanted)).name
    except (LookupError, ValueError):
        return None
    return _BY_PYTHON_NAME.get(name)
