"""Printing for people: text of strangers made safe for a terminal, lines that fit it, colours only there.

What a page or an incident says may hold escape sequences that recolour, retitle or rewrite a terminal, or turn the
direction of a line. Everything that goes to people passes `line` or `block`; JSON passes `as_json`.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
import unicodedata
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from archive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN_WIDTH = 80
_WIDEST = 100
_CLOSED_PIPE = 141
"""128 and the number of SIGPIPE: what a shell reports of a program whose reader has gone away."""

# ECMA-48: control sequences, then strings (OSC, DCS, ...) up to their terminator, then any other escape.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# C0 and C1 controls but for line feeds, lone surrogates, and the embeddings that would turn what stands behind them.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What a terminal or a reader that splits lines as Unicode does would take for a control.
_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def line(text: object) -> str:
    """Return *text* as one line that is safe to print, without blanks around it."""
    return " ".join(block(str(text)).split())


def block(text: str) -> str:
    """Return *text* as lines that are safe to print: no control characters, all line ends as LF."""
    return _UNSAFE.sub(_replacement, _ESCAPES.sub("", "\n".join(text.splitlines())))


def _replacement(match: re.Match[str]) -> str:
    if match[0] == "\t":
        return " "
    return "\ufffd" if "\ud800" <= match[0] <= "\udfff" else ""


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return *value* as JSON, safe on a terminal too: what JSON allows as it is of control characters is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_as_dict)
    return _IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def typed(text: str) -> str:
    """Return *text* of the command line with what was no UTF-8 replaced: the catalogue holds nothing else."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _as_dict(value: Any) -> dict[str, Any]:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def width() -> int:
    """Return how many columns there are to print in: the terminal's, at most 100; 80 where there is none."""
    return min(shutil.get_terminal_size((_PLAIN_WIDTH, 24)).columns, _WIDEST)


def columns(text: str) -> int:
    """Return how many columns of a terminal *text* takes (UAX 11; marks that combine take none)."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Me", "Mn", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrapped(text: str, indent: str = "", hanging: str | None = None) -> str:
    """Return one line of *text* as lines that fit, the first behind *indent*, the others behind *hanging*.

    A word that is too long stays whole when it has no wide characters (a URL can still be copied), else it is cut.
    """
    limit = max(width() - columns(indent), 20)
    lines: list[list[str]] = [[]]
    used = 0
    for word in text.split(" "):
        for piece in _cut(word, limit):
            wide = columns(piece)
            if lines[-1] and used + 1 + wide > limit:
                lines.append([])
                used = 0
            used += wide + bool(lines[-1])
            lines[-1].append(piece)
    first, *others = (" ".join(pieces) for pieces in lines)
    return f"\n{indent if hanging is None else hanging}".join([indent + first, *others])


def _cut(word: str, limit: int) -> list[str]:
    """Return *word* in pieces of at most *limit* columns, if it has characters of two columns; else as it is."""
    if columns(word) <= limit or columns(word) <= len(word):
        return [word]
    pieces, used = [""], 0
    for character in word:
        wide = _columns(character)
        if used + wide > limit:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += wide
    return pieces


def shortened(text: str, most: int) -> str:
    """Return *text* in at most *most* columns, with an ellipsis where something was left out."""
    if columns(text) <= most:
        return text
    kept = ""
    for character in text:
        if columns(kept) + _columns(character) >= most:
            break
        kept += character
    return kept.rstrip() + "…"


def styled(text: str, **style: Any) -> str:
    """Return *text* in a style of `click.style`; on its way to anything but a terminal, click takes it out again."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def when(timestamp: str | None) -> str:
    """Return a time of the catalogue to the minute, as people read it."""
    return f"{timestamp[:16].replace('T', ' ')} UTC" if timestamp else "never"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return *number* with its noun in the right form, such as `1 source` or `1,204 sources`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Return a number of bytes as people read it, in powers of 1,000."""
    amount = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004  # SI prefixes
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


@contextmanager
def printing() -> Iterator[None]:
    """Print what is printed inside: a character that the terminal lacks is replaced, a closed pipe ends it quietly.

    Raises ArchiveError when the output can't be written for another reason, such as a full disk.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        raise SystemExit(_CLOSED_PIPE) from None
    except OSError as error:
        _forget_output()
        raise ArchiveError(f"the output cannot be written: {error}") from error


def write_bytes(data: bytes, output: BinaryIO) -> None:
    """Write all of *data*: with PYTHONUNBUFFERED, standard output may take only a part of what it is given."""
    left = memoryview(data)
    while left:
        left = left[output.write(left) :]


def _forget_output() -> None:
    """Send to nowhere what is still to be flushed: Python would flush it at its end, and fail once more."""
    # A stream without a descriptor (a test's) has nothing that Python would flush.
    with suppress(io.UnsupportedOperation), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
