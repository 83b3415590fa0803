"""Which formats there are, and which of them a file has: told by its contents."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sourcekeep.incidents import aiaaic, aiid, avid, scrape_dump
from sourcekeep.incidents.generic import RecordSource, choose_columns, describe_guess, incidents
from sourcekeep.incidents.json_text import Element, first_value, read_lines
from sourcekeep.incidents.links import has_urls, is_url_cell
from sourcekeep.incidents.reading import ImportFormatError, Options, Reading
from sourcekeep.incidents.record_sources import (
    JsonLinesSource,
    JsonSource,
    TableSource,
    UrlListSource,
    looks_like_json_lines,
)
from sourcekeep.incidents.tables import table_of
from sourcekeep.incidents.textfile import TextFile, open_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sourcekeep.incidents.tables import Table

_TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab"})
_LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_SUFFIXES = _TABLE_SUFFIXES | _LINES_SUFFIXES | {".json", ".txt"}
_SAMPLE_ROWS = 200
_WITH_COLUMNS = frozenset({"csv", "tsv", "json", "jsonl"})
_PACKED = (".tar.bz2", ".tar.gz", ".tar.xz", ".tbz2", ".tgz", ".tar")


def read_incidents(
    paths: Sequence[Path], format_name: str | None = None, options: Options | None = None
) -> list[Reading]:
    """Find out what each of *paths* is, and return their readings; only the beginnings are read yet.

    A folder stands for the files in it, and the files of one AIID snapshot for one reading. *format_name* is
    one of `FORMATS`, or None to tell by the contents. Raises ImportFormatError when one cannot be imported.
    """
    if format_name is not None and format_name not in FORMATS:
        raise ImportFormatError(f"there is no format {format_name!r}; choose one of {', '.join(FORMATS)}")
    options = options or Options()
    readings: list[Reading] = []
    snapshots: set[Path] = set()
    for path in _inputs(paths, format_name):
        if path.name.lower().endswith(_PACKED) and tarfile.is_tarfile(path):
            readings.append(aiid.read_packed(path, options))
            continue
        file = open_text(path)
        name = format_name or detect(file)
        if (options.id_column or options.url_columns) and name not in _WITH_COLUMNS:
            raise ImportFormatError(
                f"{file.name} is read as {name}, which knows its own columns; leave out --id-column and "
                "--url-column, or add --format csv"
            )
        folder = path.parent.resolve()
        if name != aiid.NAME or folder not in snapshots:
            readings.append(FORMATS[name](file, options))
        if name == aiid.NAME:
            snapshots.add(folder)
    return readings


def detect(file: TextFile) -> str:
    """Return the name of the format of *file*, by its contents; its suffix decides only between equals."""
    if name := _detect_json(file):
        return name
    if scrape_dump.recognises(file):
        return scrape_dump.NAME
    table = table_of(file)
    if aiaaic.recognises(table):
        return aiaaic.NAME
    if aiid.recognises(table):
        return aiid.NAME
    if file.path.suffix.lower() not in _TABLE_SUFFIXES and _is_url_list(table):
        return "urls"
    return "tsv" if table.delimiter == "\t" else "csv"


def _detect_json(file: TextFile) -> str | None:
    suffix = file.path.suffix.lower()
    first = first_value(file)
    if suffix in _LINES_SUFFIXES or (isinstance(first, dict) and looks_like_json_lines(file)):
        return avid.NAME if avid.recognises(read_lines(file)) else "jsonl"
    if suffix == ".json" or first is not None:
        return avid.NAME if avid.recognises([Element(1, first)]) else "json"
    return None


def _is_url_list(table: Table) -> bool:
    """Tell whether most rows are a URL and nothing else, or half have one and no row names columns."""
    rows = [row for row in table.head(_SAMPLE_ROWS) if not row.raw.startswith("#")]
    if sum(is_url_cell(row.raw) for row in rows) * 2 > len(rows):
        return True
    is_header = bool(rows) and len(rows[0].cells) > 1 and not has_urls(rows[0].raw)
    return not is_header and sum(has_urls(row.raw) for row in rows) * 2 >= max(1, len(rows))


def _inputs(paths: Sequence[Path], format_name: str | None) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise ImportFormatError(f"there is no file {path}")
        if not path.is_dir():
            yield path
        elif format_name in {None, aiid.NAME} and aiid.is_snapshot_folder(path):
            yield path / aiid.INCIDENTS
        else:
            yield from _files_in(path)


def _files_in(folder: Path) -> list[Path]:
    inside = sorted(one for one in folder.rglob("*") if one.suffix.lower() in _SUFFIXES and one.is_file())
    if not inside:
        kinds = ", ".join(sorted(_SUFFIXES))
        raise ImportFormatError(f"the folder {folder} holds no file to import ({kinds})")
    return inside


def _generic(source: RecordSource, options: Options, name: str) -> Reading:
    columns = choose_columns(source, options)
    guess = describe_guess(columns, options)
    if isinstance(source, TableSource) and not source.has_header:
        guess = "; ".join(filter(None, ["the first row already cites a URL, so no row names the columns", guess]))
    return Reading(source.name, name, partial(incidents, source, columns, options, name), guess)


def _csv(file: TextFile, options: Options) -> Reading:
    return _generic(TableSource(table_of(file)), options, "csv")


def _tsv(file: TextFile, options: Options) -> Reading:
    return _generic(TableSource(table_of(file, "\t")), options, "tsv")


def _json(file: TextFile, options: Options) -> Reading:
    return _generic(JsonSource(file), options, "json")


def _json_lines(file: TextFile, options: Options) -> Reading:
    return _generic(JsonLinesSource(file), options, "jsonl")


def _urls(file: TextFile, options: Options) -> Reading:
    reading = _generic(UrlListSource(file), options, "urls")
    return replace(reading, guess="read each line as a URL and an incident of its own")


def _aiid(file: TextFile, options: Options) -> Reading:
    return aiid.read(file.path.parent, options)


def _aiaaic(file: TextFile, options: Options) -> Reading:
    return aiaaic.read(table_of(file), options)


def _avid(file: TextFile, options: Options) -> Reading:
    return avid.read(file, options, lines=looks_like_json_lines(file))


FORMATS: dict[str, Callable[[TextFile, Options], Reading]] = {
    aiid.NAME: _aiid,
    aiaaic.NAME: _aiaaic,
    avid.NAME: _avid,
    scrape_dump.NAME: scrape_dump.read,
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "jsonl": _json_lines,
    "urls": _urls,
}
"""How a file of each format is read."""
