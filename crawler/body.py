"""Bodies of any size in flat memory: Scrapy is shown how a body begins, and counts the rest.

The bytes are the wire's business (`crawler/wire.py`), which has them on disk. Scrapy needs what meta refresh and
robots.txt are read from; its own reader would hold a body of a gigabyte whole, and once more for the `Response`.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from twisted.web.iweb import UNKNOWN_LENGTH

from archive.words import Purpose
from crawler.wire import PURPOSE

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader.handlers.http11 import _ResponseReader
    from typing_extensions import Buffer

_PAGE_BYTES = 16 * 1024
"""Scrapy looks for meta refresh in the first 4,096 characters; all that it sees more is decoded for nothing."""
_ROBOTS_BYTES = 1024 * 1024
"""RFC 9309 2.5 asks for 500 KiB at least."""


def preview_bytes(request: Request) -> int:
    """Return how much of the answer to *request* Scrapy sees, on the wire and decoded."""
    return _ROBOTS_BYTES if request.meta.get(PURPOSE) is Purpose.ROBOTS else _PAGE_BYTES


def cut(body: bytes, size: int) -> bytes:
    """Return the first *size* bytes of *body*, without the half of a UTF-8 character at their end.

    One half character, and a text that doesn't say what it is in is taken for another encoding.
    """
    if len(body) <= size:
        return body
    end = size
    while end > max(0, size - 4) and 0x80 <= body[end] < 0xC0:  # noqa: PLR2004  # what begins no character (RFC 3629)
        end -= 1
    return body[:end]


class Preview(BytesIO):
    """Takes all that is written and keeps the first *size* bytes of it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def write(self, data: Buffer, /) -> int:
        """Keep what there is room for, and say that all was taken."""
        taken = memoryview(data)
        super().write(taken[: max(0, self._size + 1 - self.tell())])  # the one more tells that something is left out
        return taken.nbytes

    def getvalue(self) -> bytes:
        """Return what was kept."""
        return cut(super().getvalue(), self._size)


class PreviewedResponse:
    """Twisted's response, whose body is read as ever, counted and checked, but kept only as a preview.

    Of its length Scrapy learns only whether there is a body: it hangs up on one that is to be too long before any of
    it has come, and how it begins, up to the limit, is evidence.
    """

    def __init__(self, response: Any, size: int) -> None:
        self._response = response
        self._size = size
        self.length = 0 if response.length == 0 else UNKNOWN_LENGTH

    def deliverBody(self, reader: _ResponseReader) -> None:
        """Let *reader* have the body."""
        reader._bodybuf = Preview(self._size)
        self._response.deliverBody(reader)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)
