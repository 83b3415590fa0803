"""What a received response says and amounts to, read once from its start to its end, in flat memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from archive.http_message import ResponseHead, payload_pieces, read_head
from archive.warc_record import digest_of, read_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator


_LAST_LINE = b"\r\n"  # of a chunked body without trailers (RFC 9112 7.1)


@dataclass(frozen=True, slots=True)
class ResponseDigests:
    """The head of a response, and the digests of its parts."""

    head: ResponseHead
    wire: str
    """Of all bytes as they were received."""
    payload: str
    """Of the payload: transfer-decoded, still content-encoded (annotated WARC 1.1, 5.9)."""
    payload_length: int
    is_all_payload: bool
    """Whether nothing stands behind the payload: no trailers, no bytes past its length."""


def digest_response(received: IO[bytes]) -> ResponseDigests:
    """Read the response that *received* holds."""
    head = read_head(received)
    payload = _Counted(payload_pieces(head, received))
    payload_digest = digest_of(payload)
    behind = received.read(len(_LAST_LINE) + 1)
    wire = digest_of(read_pieces(received))
    return ResponseDigests(head, wire, payload_digest, payload.count, behind in (b"", b"\n", _LAST_LINE))


class _Counted:
    """Pieces, and how many bytes they had."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.count += len(piece)
            yield piece
