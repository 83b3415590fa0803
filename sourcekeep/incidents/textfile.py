"""Open a file that should be text: its encoding, its lines, and a clear word when it is something else."""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sourcekeep.incidents.reading import ImportFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

HEAD_BYTES = 1 << 18
"""How much of a file is looked at to tell its encoding and format."""

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_AS_CSV = "export the sheet as CSV and import that"
_SIGNATURES = {
    b"PK\x03\x04": f"a workbook (.xlsx, .ods) or a zip archive; {_AS_CSV}, or unpack the archive",
    b"\xd0\xcf\x11\xe0": f"an old Excel workbook (.xls); {_AS_CSV}",
    b"%PDF-": "a PDF; copy its URLs into a text file, one a line, and import that",
    b"\x1f\x8b": "compressed (gzip); unpack it and import what is in it",
    b"BZh": "compressed (bzip2) and no AIID snapshot; unpack it and import what is in it",
    b"\xfd7zXZ": "compressed (xz); unpack it and import what is in it",
    b"\x28\xb5\x2f\xfd": "compressed (zstd); unpack it and import what is in it",
    b"SQLite format 3": "an SQLite database; export the table as CSV and import that",
    b"PAR1": "a Parquet file; export it as CSV and import that",
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MOST_CONTROLS = 0.05
"""Share of control characters above which a file is not text; random bytes have about 0.11."""
_UTF16_ZEROS = 0.3
"""Share of zero bytes, in the odd or the even places alone, that shows UTF-16 without a mark."""
_WINDOWS_1252 = [bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(256)]


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as windows-1252, as the WHATWG Encoding Standard maps it."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if not error.encoding.startswith("utf-8"):
        return "\ufffd", error.end
    return "".join(_WINDOWS_1252[byte] for byte in error.object[error.start : error.end]), error.end


codecs.register_error("windows-1252", _as_windows_1252)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that was found to be text."""

    path: Path
    name: str
    """Its name for messages and rows, always encodable."""
    encoding: str
    head: str
    """Its first lines, as many as fit `HEAD_BYTES`."""

    def open(self) -> TextIO:
        """Open it for reading, line ends as they stand; the caller closes it."""
        return self.path.open(encoding=self.encoding, errors="windows-1252", newline="")

    def lines(self) -> Iterator[str]:
        """Yield its lines with their ends, without U+0000, which neither SQLite nor JSON tools keep whole."""
        with self.open() as stream:
            for line in stream:
                yield line.replace("\0", "") if "\0" in line else line


def open_text(path: Path) -> TextFile:
    """Look at the file at *path*; raises ImportFormatError unless it is text."""
    name = safe_name(path)
    if not path.is_file():
        raise ImportFormatError(f"{name} is no regular file; save what it gives to a file and import that")
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise ImportFormatError(f"{name} cannot be read: {error.strerror}") from error
    for signature, what in _SIGNATURES.items():
        if head.startswith(signature):
            raise ImportFormatError(f"{name} is {what}")
    encoding = _encoding(head)
    text = head.decode(encoding, "windows-1252")
    if len(_CONTROL.findall(text)) > _MOST_CONTROLS * len(text):
        raise ImportFormatError(f"{name} is not text; export it as CSV, JSON or JSON lines and import that")
    if not text.strip("\0\ufeff \t\r\n") and len(head) < HEAD_BYTES:
        raise ImportFormatError(f"{name} is empty")
    if re.match(r"\s*<(?:!doctype|html|\?xml)", text, re.IGNORECASE):
        raise ImportFormatError(f"{name} is a web page or XML; export the records as CSV or JSON and import that")
    if len(head) == HEAD_BYTES:  # the last line may be a piece of one
        text = text[: text.rfind("\n") + 1] or text
    return TextFile(path, name, encoding, text.replace("\0", ""))


def safe_name(path: Path) -> str:
    """Return the name of *path* with what is no UTF-8 in it replaced."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def _encoding(head: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
    half = len(head) // 2
    zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
    if half and zeros_odd > _UTF16_ZEROS * half and zeros_even < zeros_odd / 10:
        return "utf-16-le"
    if half and zeros_even > _UTF16_ZEROS * half and zeros_odd < zeros_even / 10:
        return "utf-16-be"
    return "utf-8"
