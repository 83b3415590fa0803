"""Bodies of any size: `http://KIND.large.example/MEBIBYTES`. The server holds one piece of them at a time."""

from __future__ import annotations

import zlib
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from mockserver.steps import Answer, Close, Pause, Repeat, Reset

if TYPE_CHECKING:
    from collections.abc import Callable

MEBIBYTE = 1024 * 1024
NOISE = Random(5).randbytes(MEBIBYTE)
"""What no compression makes smaller."""
PATTERN = bytes(range(256)) * 4096


def large_answer(host: str, path: str) -> Answer:
    """Return the answer of a host below `large.example`."""
    count = int(path[1:])
    length = b"Content-Length: %d" % (count * MEBIBYTE)
    chunked = b"Transfer-Encoding: chunked"
    answers: dict[str, Callable[[], Answer]] = {
        "noise": lambda: (_head(length), Repeat(NOISE, count)),
        "pattern": lambda: (_head(length), Repeat(PATTERN, count)),
        "chunked": lambda: (_head(chunked), Repeat(b"100000\r\n" + NOISE + b"\r\n", count), b"0\r\n\r\n"),
        "one-chunk": lambda: (_head(chunked), *_in_one_chunk(PATTERN, count)),
        "until-close": lambda: (_head(b"Connection: close"), Repeat(NOISE, count), Close()),
        "reset": lambda: (
            _head(b"Content-Length: %d" % ((count + 1) * MEBIBYTE)),
            Repeat(NOISE, count),
            Pause(0.2),
            Reset(),
        ),
        "bomb": lambda: (_head(b"Content-Encoding: gzip", chunked), *_in_one_chunk(_gibibyte_of_nothing(), count)),
    }
    return answers[host.partition(".")[0]]()


def _in_one_chunk(piece: bytes, count: int) -> Answer:
    return (b"%x\r\n" % (count * len(piece)), Repeat(piece, count), b"\r\n0\r\n\r\n")


def _head(*fields: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: text/html", *fields, b"", b""])


@cache
def _gibibyte_of_nothing() -> bytes:
    """Return a GiB of zeros as a gzip member of a MiB."""
    compressor = zlib.compressobj(level=1, wbits=31)
    zeros = bytes(MEBIBYTE)
    return b"".join(compressor.compress(zeros) for _ in range(1024)) + compressor.flush()
