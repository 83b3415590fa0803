"""gzip, fastwarc and warcio on the WARC files of a crawl; what pywb makes of them is in `test_judges.py`."""

from __future__ import annotations

import subprocess
import zlib
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator as FastWarcIterator
from mockserver.cases import CASES
from warcio.archiveiterator import ArchiveIterator

from archive.warc_files import warc_files
from archive.warc_walk import Damage, walk

if TYPE_CHECKING:
    from pathlib import Path

    from archive.folder import ArchiveFolder

MEBIBYTE = 1024 * 1024

Records = dict[tuple[str, int], tuple[str, str]]
"""By file and offset: type, and SHA-256 of the block."""


def check_by_all(folder: ArchiveFolder, *, responses: int) -> None:
    """Assert that each judge finds every record, with at least so many *responses* among them, and all of it right."""
    found = check_by_fastwarc(folder)
    assert check_by_warcio(folder) == found
    assert records_by_us(folder) == found
    assert check_by_gzip(folder) == len(found)
    types = Counter(kind for kind, _ in found.values())
    assert types["response"] >= responses
    assert {"warcinfo", "request", "metadata"} <= set(types)


def records_by_us(folder: ArchiveFolder) -> Records:
    """Return the records that the archive's own reader finds."""
    found = {}
    for path in warc_files(folder.warc_dir):
        for member in walk(path):
            assert not isinstance(member, Damage)
            found[path.name, member.place.warc_offset] = member.type, _digest(member.block)
    return found


def check_by_gzip(folder: ArchiveFolder) -> int:
    """Return how many gzip members there are; each file is whole, and each member is one whole record."""
    files = warc_files(folder.warc_dir)
    assert files
    subprocess.run(["gzip", "-t", *files], check=True)
    return sum(map(_count_members, files))


def _count_members(path: Path) -> int:
    count, data = 0, b""
    with path.open("rb") as file:
        while data := data or file.read(MEBIBYTE):
            count += 1
            member = zlib.decompressobj(wbits=31)
            start, end, length = b"", b"", 0
            while not member.eof:
                content = member.decompress(data)
                start, end, length = start + content[: 65536 - len(start)], (end + content)[-4:], length + len(content)
                data = member.unused_data if member.eof else file.read(MEBIBYTE)
            head = start.partition(b"\r\n\r\n")[0]
            said = int(head.rpartition(b"\r\nContent-Length: ")[2])
            assert (length, end) == (len(head) + 4 + said + 4, b"\r\n\r\n")
    return count


def check_by_fastwarc(folder: ArchiveFolder) -> Records:
    """Return the records, whose block digests are right."""
    found = {}
    for path in warc_files(folder.warc_dir):
        for record in FastWarcIterator(str(path), parse_http=False, fsspec_args=False):
            assert record.verify_block_digest(), record.record_id
            found[path.name, record.stream_pos] = record.headers["WARC-Type"], _digest(record.reader)
    return found


def check_payloads_by_fastwarc(folder: ArchiveFolder) -> int:
    """Return of how many hostile exchanges the payload digest is right: of all that the judge can tell."""
    count = 0
    for path in warc_files(folder.warc_dir):
        for record in FastWarcIterator(str(path), fsspec_args=False, max_header_len=1 << 23):
            name = urlsplit(str(record.headers.get("WARC-Target-URI"))).netloc.rpartition(".wire.")[0]
            if record.headers["WARC-Type"] != "response" or name not in CASES or CASES[name].truncated:
                continue
            if record.is_http_parsed and _is_plain(name):
                count += 1
                assert record.verify_payload_digest(), record.headers["WARC-Target-URI"]
    return count


def _is_plain(name: str) -> bool:
    """Tell whether the payload is simply what stands behind the head: the judge undoes no chunks."""
    odd = {"continue", "early-hints", "body-too-long", "bare-lf", "moved-chunked"}
    return name not in odd and not name.startswith("chunked")


def check_by_warcio(folder: ArchiveFolder) -> Records:
    """Return the records, whose block digests are right."""
    found = {}
    for path in warc_files(folder.warc_dir):
        with path.open("rb") as file:
            # It takes the whole block for the payload when it doesn't parse it, and can't undo chunks when it does.
            iterator = ArchiveIterator(file, no_record_parse=True, check_digests=True)
            for record in iterator:
                kind, digest = record.rec_type, _digest(record.raw_stream)
                found[path.name, iterator.get_record_offset()] = kind, digest
                assert not [said for said in record.digest_checker.problems if said.startswith("block")]
    return found


def _digest(stream: Any) -> str:
    digest = sha256()
    while piece := stream.read(MEBIBYTE):
        digest.update(piece)
    return digest.hexdigest()
