"""Whether WARC files are whole, and hold what was served."""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from bench.pages import Address, BenchError, address_of, served

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bench.pages import Page


@dataclass(slots=True)
class WarcCheck:
    """What was found in the WARC files of one run."""

    files: int = 0
    bytes: int = 0
    records: Counter[str] = field(default_factory=Counter)
    """By record type."""
    pages: int = 0
    """Pages of the list that are there with status 200, each counted once."""
    exact: int = 0
    """Those of them whose response is byte for byte what the server sent."""
    problems: list[str] = field(default_factory=list)


def digests(pages: list[Page]) -> dict[Address, bytes]:
    """Return the SHA-256 of the response of each page that a server can serve."""
    return {address: hashlib.sha256(page.response()).digest() for address, page in served(pages).items()}


def check(files: Iterable[Path], wanted: Mapping[Address, bytes]) -> WarcCheck:
    """Read *files* with gzip, fastwarc and warcio, and compare their responses with those *wanted*.

    Raises BenchError when there is no gzip.
    """
    result = WarcCheck()
    found: dict[Address, bool] = {}
    for file in sorted(files):
        result.files += 1
        result.bytes += file.stat().st_size
        if file.suffix != ".gz":
            result.problems.append(f"{file} was never finished")
        if complaint := _gzip_complaint(file):
            result.problems.append(f"{file}: {complaint}")
            continue
        _read(file, result, found, wanted)
    result.pages = len(found)
    result.exact = sum(found.values())
    return result


def _gzip_complaint(file: Path) -> str | None:
    """Return what `gzip -t` says against *file*, or None; raises BenchError when there is no gzip."""
    try:
        with file.open("rb") as stream:
            tested = subprocess.run(["gzip", "-t"], stdin=stream, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BenchError(
            "gzip is not installed, and WARC files are tested with it; install it and run again"
        ) from error
    return tested.stderr.strip() or "gzip -t failed" if tested.returncode else None


def _read(file: Path, result: WarcCheck, found: dict[Address, bool], wanted: Mapping[Address, bytes]) -> None:
    """Read *file* to its end with fastwarc, digests checked, and then with warcio: both must see as much."""
    seen, damaged = 0, []
    with file.open("rb") as stream:
        for record in FastIterator(stream, parse_http=False):
            seen += 1
            result.records[str(record.record_type)] += 1
            if not record.verify_block_digest():
                damaged.append(record.record_id)
            if record.record_type is WarcRecordType.response:
                _compare(str(record.headers["WARC-Target-URI"]), record.reader.read(), found, wanted)
    if damaged:
        result.problems.append(f"{file}: {len(damaged)} of {seen} records fail their block digest: {damaged[0]}")
    try:
        by_warcio = _count_with_warcio(file)
    except ArchiveLoadFailed as error:
        result.problems.append(f"{file}: warcio cannot read it: {error}")
        return
    if by_warcio != seen or not seen:
        result.problems.append(f"{file}: fastwarc reads {seen} records and warcio {by_warcio}")


def _compare(uri: str, block: bytes, found: dict[Address, bool], wanted: Mapping[Address, bytes]) -> None:
    address = address_of(uri.strip("<>"))  # WARC 1.0 put them around
    if address and address in wanted and block.startswith(b"HTTP/1.1 200 "):
        exact = hashlib.sha256(block).digest() == wanted[address]
        found[address] = found.get(address, False) or exact


def _count_with_warcio(file: Path) -> int:
    count = 0
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream):
            while record.raw_stream.read(1 << 20):
                pass
            count += 1
    return count
