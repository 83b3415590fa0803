"""What Scrapy gets to see of a body."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy import Request

from archive.errors import WarcWriteError
from crawler.body import Preview, cut
from crawler.wire import Wire, new_exchange


@pytest.mark.parametrize("text", ["plain", "größe", "東京東京", "😀😀😀", "ü"])
def test_cut_leaves_whole_characters(text: str) -> None:
    body = text.encode()
    for size in range(len(body) + 2):
        kept = cut(body, size)
        assert text.startswith(kept.decode())
        assert size - 4 < len(kept) <= size or kept == body


def test_cut_takes_no_more_than_a_character_from_what_is_no_text() -> None:
    assert cut(b"\x80" * 100, 50) == b"\x80" * 46
    assert cut(b"\xff" * 100, 50) == b"\xff" * 50


def test_preview_takes_everything_and_keeps_its_beginning() -> None:
    preview = Preview(10)
    assert [preview.write(piece) for piece in (b"four", memoryview(b"bytes"), b"and more", b"", b"still")] == [
        *(4, 5, 8, 0, 5),
    ]
    assert preview.getvalue() == b"fourbytesa"
    whole = Preview(10)
    whole.write(b"ten bytes!")
    assert whole.getvalue() == b"ten bytes!"


def test_wire_that_cannot_be_written_to_its_end_is_no_evidence_and_gives_its_file_back() -> None:
    """What is buffered fails only when it is to be read: by then the exchange may be anybody's."""
    exchange = new_exchange(Request("http://full.example/"))
    wire = Wire(exchange)
    exchange.received.close()
    exchange.received = Path("/dev/full").open("r+b")  # noqa: SIM115  # the exchange's
    wire.receive(b"HTTP/1.1 200 OK\r\n\r\n")
    assert wire.disk_error is None
    with pytest.raises(WarcWriteError, match="temporary files cannot be written"):
        wire.check_disk()
    wire.stop()
    assert exchange.proof() is None
    exchange.close()
