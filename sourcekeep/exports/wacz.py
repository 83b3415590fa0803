"""WACZ 1.1.1: the finished WARC files with an index and a list of pages, in one ZIP file that replay programs open.

Everything is written as it is read, with its SHA-256: a file of a gigabyte takes no more memory than a small one.
The index is in blocks of gzip, so that a reader on the web fetches no more of it than it needs (the `cdxj-gzip-1.0` of
cdxj-indexer, which makers of WACZ files use).
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import itertools
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from archive.errors import ArchiveError
from archive.warc_files import warc_files
from sourcekeep.exports.wacz_index import merged, place_and_time
from sourcekeep.screen import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from sourcekeep.byte_progress import ByteProgress
    from sourcekeep.exports.wacz_index import Place

VERSION = "1.1.1"

_INDEX = "index.cdx.gz"
_BLOCK_LINES = 300
_PIECE = 1024 * 1024
_READABLE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Packaged:
    """What a package holds."""

    files: int
    pages: int


def package(catalogue: Catalogue, folder: ArchiveFolder, output: BinaryIO, progress: ByteProgress) -> Packaged:
    """Write the archive's finished WARC files, with a page for each source's best capture that is in them.

    Raises ArchiveError when there is no such file, or one can't be read.
    """
    files = warc_files(folder.warc_dir)
    if not files:
        raise ArchiveError(f"there is no finished WARC file in {folder.warc_dir} yet; crawl first")
    with zipfile.ZipFile(output, "w") as archive:
        parts = _Parts(archive)
        progress.plan(sum(path.stat().st_size for path in files))
        for path in files:
            parts.add(f"archive/{path.name}", _pieces(path, progress.advance), size=path.stat().st_size)
        times = dict.fromkeys(_best_places(catalogue))
        index = _Blocks(_timed(merged(files), times))
        parts.add(f"indexes/{_INDEX}", index)
        parts.add("indexes/index.idx", index.first_lines(), packed=True)
        pages = _Counted(_pages(catalogue, times))
        parts.add("pages/pages.jsonl", pages, packed=True)
        parts.describe(folder.path.resolve().name)
    return Packaged(len(files), pages.count - 1)


class _Parts:
    """The files of a package, and what its description says of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._now = datetime.now(UTC)
        self._resources: list[dict[str, Any]] = []

    def add(self, path: str, pieces: Iterable[bytes], *, packed: bool = False, size: int | None = None) -> None:
        """Write a file; *size* is its length in bytes where that is known before."""
        digest, length = hashlib.sha256(), 0
        with self._archive.open(self._entry(path, packed=packed, size=size), "w", force_zip64=size is None) as file:
            for piece in pieces:
                digest.update(piece)
                length += len(piece)
                file.write(piece)
        # Frictionless allows no capitals in a name.
        name = path.rpartition("/")[2].lower()
        self._resources.append({"name": name, "path": path, "hash": f"sha256:{digest.hexdigest()}", "bytes": length})

    def describe(self, title: str) -> None:
        """Write `datapackage.json` and its digest."""
        description = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": title,
            "created": self._now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "software": f"Sourcekeep {importlib.metadata.version('sourcekeep')}",
            "resources": self._resources,
        }
        data = json.dumps(description, indent=2).encode("ascii")
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        for path, content in (
            ("datapackage.json", data),
            ("datapackage-digest.json", json.dumps(digest).encode("ascii")),
        ):
            self._archive.writestr(self._entry(path, packed=True, size=len(content)), content)

    def _entry(self, path: str, *, packed: bool, size: int | None) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(path, self._now.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        entry.external_attr = _READABLE
        entry.file_size = size or 0
        return entry


class _Counted:
    """Pieces, counted as they pass."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.count += 1
            yield piece


class _Blocks:
    """The lines of the index as blocks of gzip, one after the other; how each begins is kept."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self._begins = [f"!meta 0 {json.dumps({'format': 'cdxj-gzip-1.0', 'filename': _INDEX})}\n"]

    def __iter__(self) -> Iterator[bytes]:
        lines, offset = iter(self._lines), 0
        while block := list(itertools.islice(lines, _BLOCK_LINES)):
            data = gzip.compress(b"".join(block), mtime=0)
            about = {"offset": offset, "length": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}
            self._begins.append(f"{block[0].partition(b' {')[0].decode('ascii')} {json.dumps(about)}\n")
            offset += len(data)
            yield data

    def first_lines(self) -> Iterator[bytes]:
        """Iterate over the lines of `index.idx`, once the blocks were written."""
        return (line.encode("ascii") for line in self._begins)


def _pieces(path: Path, advance: Callable[[int], None]) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                advance(len(piece))
                yield piece
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error}") from error


def _best_places(catalogue: Catalogue) -> Iterator[Place]:
    """Iterate over the places of the best captures' responses."""
    for row in catalogue.reports.export():
        if row["record_id"]:
            yield row["warc_file"], row["warc_offset"]


def _timed(lines: Iterable[bytes], times: dict[Place, str | None]) -> Iterator[bytes]:
    """Iterate over the lines of an index, noting the time of each place that *times* has."""
    for line in lines:
        place, time = place_and_time(line)
        if place in times:
            times[place] = time
        yield line


def _pages(catalogue: Catalogue, times: dict[Place, str | None]) -> Iterator[bytes]:
    """Iterate over the lines of `pages.jsonl`: a page for each source whose best capture is in the package."""
    yield _line({"format": "json-pages-1.0", "id": "pages", "title": "Sources", "hasText": True})
    seen = set()
    for row in catalogue.reports.export():
        time = times.get((row["warc_file"], row["warc_offset"]))
        if time is None or row["source_id"] in seen:
            continue
        seen.add(row["source_id"])
        page = {"id": str(row["source_id"]), "url": row["best_url"] or row["url"], "ts": time, "title": row["title"]}
        more = {"text": row["text"], "cited": row["url"]}
        yield _line({name: value for name, value in (page | more).items() if value is not None})


def _line(value: dict[str, Any]) -> bytes:
    return as_json(value).encode("utf-8") + b"\n"
