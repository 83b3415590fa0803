"""Text of strangers within a Markdown document: it stays text, whatever it holds (CommonMark 0.31, GFM).

Every character that could begin markup is escaped with a backslash, line ends become paragraphs of a block quote, and
control characters are dropped. So no page can end its quotation, add a heading, a link, an image, HTML or a table.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from sourcekeep.screen import block, line

_INLINE = re.compile(r"[\\`*_\[\]<>~|$#{}^]|&(?=#?\w+;)")
# What begins a list, a heading or a definition where a line begins.
_AT_START = re.compile(r"(?:(?P<mark>[-+=:])|(?P<number>\d{1,9})(?P<end>[.)]))")
_LINKED = re.compile(r"https?://", re.IGNORECASE)
_KEPT_IN_URL = "!#$%&'()*+,/:;=?@[]~"


def text(value: object) -> str:
    """Return *value* as one line of plain text in Markdown."""
    escaped = _INLINE.sub(r"\\\g<0>", line(value))
    return _AT_START.sub(_escape_start, escaped, count=1) if _AT_START.match(escaped) else escaped


def _escape_start(match: re.Match[str]) -> str:
    return f"\\{match['mark']}" if match["mark"] else f"{match['number']}\\{match['end']}"


def quotation(value: str) -> str:
    """Return *value* as a block quote, each of its lines a paragraph."""
    paragraphs = [text(paragraph) for paragraph in block(value).splitlines()]
    return "\n>\n".join(f"> {paragraph}" for paragraph in paragraphs if paragraph) + "\n"


def link(url: str) -> str:
    """Return *url* as a link to itself when it is one of the web, else as plain text."""
    shown = text(url)
    return f"[{shown}](<{quote(line(url), safe=_KEPT_IN_URL)}>)" if _LINKED.match(line(url)) else shown


def code(value: object) -> str:
    """Return a value of ours (an identifier, a file name) as code."""
    return f"`{line(value).replace('`', '')}`"
