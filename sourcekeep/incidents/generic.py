"""Records of any shape: which columns hold the ids and the URLs, and one incident from the rows of one id."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Protocol

from archive.records import Incident
from sourcekeep.incidents import names
from sourcekeep.incidents.links import Links, has_urls, is_url_cell
from sourcekeep.incidents.reading import ImportFormatError, quarantined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archive.records import Quarantined
    from sourcekeep.incidents.reading import Options, Record

_SAMPLE = 1000
_SHOWN = 20
_CODE = re.compile(r"(?=.*\d)(?!\d{4}-\d\d)(?!\d+[.:/]\d)[\w.:#-]{1,64}", re.ASCII)
"""What an id looks like when its column's name does not say so: one short word with a digit, and no date."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One row, or one JSON object, with what it has under each name."""

    line: int
    values: dict[str, Any]
    raw: str
    key: str | None = None


class RecordSource(Protocol):
    """A file that can be read as raw records, any number of times."""

    name: str
    columns: Sequence[str]
    """The names that its records can have, as far as they are known beforehand."""

    def records(self) -> Iterator[RawRecord | Quarantined]:
        """Yield its records from the beginning."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what."""

    urls: tuple[str, ...]
    id: str | None = None
    keyed: bool = False
    """The ids are the names of the members of a JSON object."""
    title: str | None = None
    occurred: str | None = None
    summary: str | None = None
    label: str | None = None
    prose: tuple[str, ...] = ()


def choose_columns(source: RecordSource, options: Options) -> Columns:
    """Return what the columns of *source* hold, by *options*, by their names, and by what stands in them.

    Raises ImportFormatError when no column holds URLs, or one that was asked for is not there.
    """
    sample = [record for record in islice(source.records(), _SAMPLE) if isinstance(record, RawRecord)]
    every = list(dict.fromkeys([*source.columns, *(name for record in sample for name in record.values)]))
    if not sample:
        raise ImportFormatError(f"{source.name} holds no records")
    cells = {name: [value for record in sample if (value := record.values.get(name)) is not None] for name in every}
    id_column = _named(source, every, options.id_column) if options.id_column else None
    chosen = tuple(_named(source, every, name) for name in options.url_columns)
    keyed = id_column is None and all(record.key is not None for record in sample)
    urls = chosen or _url_columns(cells, exclude=id_column)
    prose = tuple(name for name in every if name not in urls and _is_prose(name, cells[name]))
    if not urls and not prose:
        raise ImportFormatError(
            f"{source.name} has no column that holds URLs (its columns are {_listed(every)}); "
            "name one with --url-column, or the format with --format"
        )
    rest = [name for name in every if name not in urls]
    if id_column is None and not keyed:
        id_column = _id_column(source, rest, cells, len(sample))
    rest = [name for name in rest if name != id_column]
    return Columns(
        urls,
        id_column,
        keyed,
        names.by_name(rest, names.TITLE),
        names.by_name(rest, names.OCCURRED),
        names.by_name(rest, names.SUMMARY),
        names.by_name(rest, names.LABEL) if len(urls) == 1 else None,
        prose,
    )


def describe_guess(columns: Columns, options: Options) -> str | None:
    """Return a sentence that says what was taken for what; None where the user had said all of it."""
    said = []
    if not options.url_columns:
        urls = columns.urls or columns.prose
        said.append(f"read column{'s' * (len(urls) > 1)} {_listed(urls)} as URLs")
    if columns.id and not options.id_column:
        said.append(f'{"and" if said else "read column"} "{columns.id}" as id')
    if columns.keyed:
        said.append(f"{'and' if said else 'read'} the name of each record as its id")
    if said and (columns.id or columns.keyed):
        return f"{' '.join(said)} (choose others with --url-column, --id-column)"
    if not columns.id and not columns.keyed:
        no_ids = "found no column of ids, so the first URL names each incident (name one with --id-column)"
        return "; ".join([*said, no_ids])
    return None


def incidents(source: RecordSource, columns: Columns, options: Options, origin: str) -> Iterator[Record]:
    """Yield an incident for each id, in one piece though its rows may lie apart, and what could not be read.

    The source is read twice, first to count the rows of each id, so that each leaves memory with its last row.
    """
    rows_left = Counter(_id_of(record, columns) for record in source.records() if isinstance(record, RawRecord))
    waiting: dict[str, list[RawRecord]] = {}
    for record in source.records():
        if not isinstance(record, RawRecord):
            yield record
            continue
        incident_id = _id_of(record, columns)
        if incident_id is None:
            yield quarantined(source.name, record.line, _no_id(columns), record.raw)
            continue
        waiting.setdefault(incident_id, []).append(record)
        rows_left[incident_id] -= 1
        if not rows_left[incident_id]:
            yield _incident(options.id_prefix + incident_id, waiting.pop(incident_id), columns, origin)


def text_of(value: Any) -> str | None:
    """Return *value* as one line of text for a title or an id; None for blank and for what is neither."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _incident(incident_id: str, rows: Sequence[RawRecord], columns: Columns, origin: str) -> Incident:
    links = Links()
    for row in rows:
        _gather(row, columns, links)

    def first(column: str | None) -> str | None:
        return next((text for row in rows if column and (text := text_of(row.values.get(column)))), None)

    title, occurred, summary = first(columns.title), first(columns.occurred), first(columns.summary)
    return Incident(incident_id, origin, title, occurred, summary, _fields(rows), tuple(links))


def _gather(row: RawRecord, columns: Columns, links: Links) -> None:
    label = text_of(row.values.get(columns.label)) if columns.label else None
    for column in columns.urls:
        links.add_value(row.values.get(column), label)
    for column in columns.prose:
        if isinstance(prose := row.values.get(column), str):
            links.add_prose(prose)


def _fields(rows: Sequence[RawRecord]) -> dict[str, Any]:
    """Return what the rows have: once where all say the same, else a list with a place for each row."""
    if len(rows) == 1:
        return rows[0].values
    columns = dict.fromkeys(name for row in rows for name in row.values)
    fields: dict[str, Any] = {}
    for column in columns:
        values = [row.values.get(column) for row in rows]
        fields[column] = values[0] if all(value == values[0] for value in values) else values
    return fields


def _id_of(record: RawRecord, columns: Columns) -> str | None:
    if columns.keyed:
        return record.key
    if columns.id:
        return text_of(record.values.get(columns.id))
    links = Links()
    _gather(record, columns, links)
    key = links.first_key()
    return f"url-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:16]}" if key else None


def _no_id(columns: Columns) -> str:
    return f'nothing in the id column "{columns.id}"' if columns.id else "neither an id nor a URL"


def _named(source: RecordSource, every: Sequence[str], wanted: str) -> str:
    if wanted in every:
        return wanted
    if alike := [name for name in every if names.fold(name) == names.fold(wanted)]:
        return alike[0]
    raise ImportFormatError(f'{source.name} has no column "{wanted}"; its columns are {_listed(every)}')


def _url_columns(cells: dict[str, list[Any]], exclude: str | None) -> tuple[str, ...]:
    candidates = {name: values for name, values in cells.items() if name != exclude and values}
    mostly = [name for name, values in candidates.items() if sum(map(is_url_cell, values)) * 2 >= len(values)]
    citing = [name for name in mostly if not names.PICTURE.search(names.fold(name))]
    named = [name for name in candidates if names.fold(name) in {"url", "uri", "href"} and name not in mostly]
    found = tuple(name for name in candidates if name in citing or name in named) or tuple(mostly)
    # A column for URLs in which most cells are none is read as one all the same, so that those are not lost.
    return found or tuple(
        name for name, values in candidates.items() if _is_for_urls(name) and any(map(has_urls, values))
    )


def _is_for_urls(name: str) -> bool:
    folded = names.fold(name)
    return any(word in folded for word in ("url", "link", "source")) and not any(
        word in folded for word in ("description", "summary", "note", "comment")
    )


def _is_prose(name: str, cells: Sequence[Any]) -> bool:
    folded = names.fold(name)
    usual = folded in names.PROSE or folded in names.URL or "link" in folded
    return usual and any(has_urls(cell) for cell in cells)


def _id_column(source: RecordSource, columns: Sequence[str], cells: dict[str, list[Any]], rows: int) -> str | None:
    full = [name for name in columns if len([cell for cell in cells[name] if text_of(cell)]) * 2 >= rows]
    if named := names.by_name(full, names.ID):
        return named
    first = columns[0] if columns else None
    if first is None or not all(_CODE.fullmatch(text_of(cell) or "") for cell in cells[first]):
        return None
    seen = Counter(text_of(record.values.get(first)) for record in source.records() if isinstance(record, RawRecord))
    return first if None not in seen and max(seen.values()) == 1 else None


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(f'"{shorten(name, 60, placeholder="...")}"' for name in columns[:_SHOWN])
    return shown + (f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else "")


def raw_json(value: Any) -> str:
    """Return *value* as the JSON text that a quarantined record shows."""
    return json.dumps(value, ensure_ascii=False)
