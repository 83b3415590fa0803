"""One line of a CDXJ index: where the record of a URL lies.

    org,example)/page 20260301120000 {"url": "https://example.org/page", "mime": "text/html", "status": "200", ...}

The URL in its sorted form (`archive.surt`), the time to the second, and as JSON where the record lies: the format of
pywb's indexer, also part of WACZ (WACZ 1.1.1, `indexes/`).
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING

from archive.http_message import read_head
from archive.surt import surt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.http_message import ResponseHead
    from archive.records import RecordPlace

_REPLAYED = frozenset({"response", "revisit", "resource"})
_REVISIT = "warc/revisit"
_UNKNOWN = "unk"
_NOT_MODIFIED = 304
_FINAL = range(200, 1000)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


def index_line(
    kind: str,
    named: Iterable[tuple[str, str]],
    block: IO[bytes],
    place: RecordPlace,
    answer: ResponseHead | None = None,
) -> bytes | None:
    """Return the line for a record of a *kind* with the fields *named*; None for one that can't be replayed.

    *answer* is the head of the response that is its *block*, where that has been read.
    """
    if kind not in _REPLAYED:
        return None
    fields = {name.lower(): value for name, value in named}
    if kind == "resource":
        about: dict[str, str] | None = {"mime": _media_type(fields.get("content-type"))}
    else:
        about = _of_answer(kind, answer or read_head(block))
    if about is None:
        return None
    # Of a resource, the block is the payload.
    digest = fields.get("warc-block-digest" if kind == "resource" else "warc-payload-digest")
    url = fields.get("warc-target-uri", "")
    said = {
        "url": url,
        **about,
        **({"digest": digest} if digest else {}),
        "length": str(place.warc_length),
        "offset": str(place.warc_offset),
        "filename": place.warc_file,
    }
    return f"{surt(url)} {_timestamp(fields.get('warc-date', ''))} {json.dumps(said)}\n".encode("ascii")


def _of_answer(kind: str, head: ResponseHead) -> dict[str, str] | None:
    """Return media type and status of a response that can be replayed, None for another."""
    # An answer that never came is none: a client that is sent "100 Continue" waits for the rest of it.
    if head.status not in _FINAL:
        return None
    if kind == "response":
        return {"mime": _media_type(head.header("Content-Type")), "status": str(head.status)}
    # A 304 shows no page: replay goes to the capture that it refers to, the nearest one in time.
    return None if head.status == _NOT_MODIFIED else {"mime": _REVISIT, "status": str(head.status)}


def _timestamp(date: str) -> str:
    """Return a `WARC-Date` as 14 digits, to the second."""
    return re.sub(r"\D", "", date, flags=re.ASCII)[:14].ljust(14, "0")


def _media_type(content_type: str | None) -> str:
    match = _MEDIA_TYPE.match((content_type or "").strip())
    return match[0].lower() if match else _UNKNOWN
