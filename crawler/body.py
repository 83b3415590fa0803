"""Bodies of any size in flat memory: Scrapy is shown how a body begins, and counts the rest.

The bytes are the wire's business (`crawler/wire.py`), which has them on disk. Scrapy needs what meta refresh and
robots.txt are read from; its own reader would hold a body of a gigabyte whole, and once more for the `Response`.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy.core.downloader.handlers.http11 import _ResponseReader
    from typing_extensions import Buffer

PREVIEW_BYTES = 1024 * 1024
"""How much of a body Scrapy sees: browsers look for meta refresh in the head, and RFC 9309 2.5 asks for 500 KiB."""


class Preview(BytesIO):
    """Takes all that is written and keeps the first `PREVIEW_BYTES`."""

    def write(self, data: Buffer, /) -> int:
        """Keep what there is room for, and say that all was taken."""
        taken = memoryview(data)
        super().write(taken[: max(0, PREVIEW_BYTES - self.tell())])
        return taken.nbytes


class PreviewedResponse:
    """Twisted's response, whose body is read as ever, counted and checked, but kept only as a preview."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def deliverBody(self, reader: _ResponseReader) -> None:
        """Let *reader* have the body."""
        reader._bodybuf = Preview()
        self._response.deliverBody(reader)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)
