"""The index beside each finished WARC file, by which replay programs find a record: CDXJ, a line for each response.

    org,example)/page 20260301120000 {"url": "https://example.org/page", "mime": "text/html", "status": "200", ...}

The URL in its sorted form (`archive.surt`), the time to the second, and as JSON where the record lies: the format of
pywb's indexer, also part of WACZ (WACZ 1.1.1, `indexes/`). Lines are in the order of their bytes, for binary search.
It is derived: losing it loses nothing, and `write_index` makes it again.
"""

from __future__ import annotations

import json
import logging
import os
import re
from typing import TYPE_CHECKING

from archive.errors import ArchiveError
from archive.http_message import read_head
from archive.surt import surt
from archive.warc_walk import WARC_SUFFIX, Damage, walk, warc_files
from archive.warc_writer import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.warc_member import WarcMember

INDEX_SUFFIX = ".cdxj"

logger = logging.getLogger(__name__)

_PART = ".part"
_REVISIT = "warc/revisit"
_UNKNOWN = "unk"
_NOT_MODIFIED = 304
_FINAL = range(200, 1000)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


def index_path(warc_path: Path) -> Path:
    """Return where the index of a WARC file stands: `NAME.cdxj` beside `NAME.warc.gz`."""
    return warc_path.with_name(warc_path.name.removesuffix(WARC_SUFFIX) + INDEX_SUFFIX)


def index_missing(warc_dir: Path) -> list[Path]:
    """Return the finished WARC files in *warc_dir* that have no index."""
    return [path for path in warc_files(warc_dir) if not index_path(path).exists()]


def write_index(warc_path: Path) -> Path:
    """Write the index of a finished WARC file beside it, whole or not at all, and return its path.

    What is damaged in the file has no line. Raises ArchiveError when the file can't be read or the index can't be
    written.
    """
    path = index_path(warc_path)
    lines = sorted(index_lines(warc_path))
    part = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        try:
            with part.open("wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written: {error}") from error
    return path


def complete_indexes(warc_dir: Path) -> None:
    """Write the index of each finished WARC file that has none; one that can't be written is left for the next time.

    An index is derived, and whoever needs it makes it: a disk that is full must not fail what is safe on it.
    """
    _remove_parts(warc_dir)
    for path in index_missing(warc_dir):
        try:
            write_index(path)
        except ArchiveError as error:
            logger.warning("%s", error)


def _remove_parts(warc_dir: Path) -> None:
    """Remove what processes left that were killed while they wrote an index."""
    for part in warc_dir.glob(f".*{INDEX_SUFFIX}.*{_PART}"):
        try:
            os.kill(int(part.name.removesuffix(_PART).rpartition(".")[2]), 0)  # asks only whether it is there
        except ProcessLookupError:
            part.unlink(missing_ok=True)
        except (PermissionError, ValueError):  # it is another user's, or no file of ours
            continue


def index_lines(warc_path: Path) -> Iterator[bytes]:
    """Iterate over the lines for the records of a WARC file, in the order of the records."""
    for member in walk(warc_path):
        if not isinstance(member, Damage) and (about := _about(member)):
            yield _line(member, about)


def _about(member: WarcMember) -> dict[str, str] | None:
    """Return media type and status of a record that can be replayed, None for another."""
    if member.type == "resource":
        return {"mime": _media_type(member.header("Content-Type"))}
    if member.type not in {"response", "revisit"}:
        return None
    head = read_head(member.block)
    # An answer that never came is none: a client that is sent "100 Continue" waits for the rest of it.
    if head.status not in _FINAL:
        return None
    if member.type == "response":
        return {"mime": _media_type(head.header("Content-Type")), "status": str(head.status)}
    # A 304 shows no page: replay goes to the capture that it refers to, the nearest one in time.
    return None if head.status == _NOT_MODIFIED else {"mime": _REVISIT, "status": str(head.status)}


def _line(member: WarcMember, about: dict[str, str]) -> bytes:
    url = member.header("WARC-Target-URI") or ""
    # Of a resource, the block is the payload.
    digest = member.header("WARC-Block-Digest" if member.type == "resource" else "WARC-Payload-Digest")
    fields = {
        "url": url,
        **about,
        **({"digest": digest} if digest else {}),
        "length": str(member.place.warc_length),
        "offset": str(member.place.warc_offset),
        "filename": member.place.warc_file,
    }
    return f"{surt(url)} {_timestamp(member.header('WARC-Date') or '')} {json.dumps(fields)}\n".encode("ascii")


def _timestamp(date: str) -> str:
    """Return a `WARC-Date` as 14 digits, to the second."""
    return re.sub(r"\D", "", date, flags=re.ASCII)[:14].ljust(14, "0")


def _media_type(content_type: str | None) -> str:
    match = _MEDIA_TYPE.match((content_type or "").strip())
    return match[0].lower() if match else _UNKNOWN
