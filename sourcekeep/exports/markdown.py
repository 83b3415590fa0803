"""A document to read: each incident, its sources, what became of them, and their clean texts with the records."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from sourcekeep.exports.escaping import code, link, quotation, text
from sourcekeep.judgement import Standing
from sourcekeep.screen import count, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sourcekeep.exports.rows import Row


def markdown(rows: Iterable[Row]) -> Iterator[str]:
    """Iterate over the pieces of the document; rows of one incident stand together."""
    yield "# Incidents and their sources\n"
    for _, citations in groupby(rows, key=lambda row: row["incident_id"]):
        yield from _incident(citations)


def _incident(rows: Iterable[Row]) -> Iterator[str]:
    standings: dict[int, Standing] = {}
    lost = 0
    for number, row in enumerate(rows):
        if number == 0:
            yield from _head(row)
        if row["position"] is None:
            continue
        if row["source_id"] is None:
            lost += 1
        else:
            standings[row["source_id"]] = row["standing"]
        yield from _citation(row)
    yield f"\n{_in_numbers(Counter(standings.values()), lost)}\n"


def _head(row: Row) -> Iterator[str]:
    yield f"\n## {text(' '.join(filter(None, (row['incident_id'], row['incident_title']))))}\n"
    if row["occurred"]:
        yield f"\nOccurred: {text(row['occurred'])}\n"
    for paragraph in (row["summary"] or "").splitlines():
        if shown := text(paragraph):
            yield f"\n{shown}\n"


def _citation(row: Row) -> Iterator[str]:
    yield f"\n### {row['position']}. {text(row['title'] or row['label'] or row['cited_as'])}\n\n"
    for name, value in _facts(row):
        yield f"- {name}: {value}\n"
    if row["text"]:
        yield f"\n{quotation(row['text'])}"


def _facts(row: Row) -> Iterator[tuple[str, str]]:
    """Iterate over names and values, the values in Markdown."""
    if row["source_id"] is None:
        yield "Link without a URL", text(row["cited_as"])
        return
    yield "Cited as", link(row["cited_as"])
    yield "Standing", f"{row['standing'].words} ({text(row['reason'])}). {text(row['explanation'])}"
    if row["last_look"]:
        yield "Since then", text(row["last_look"])
    if row["advice"]:
        yield "To do", text(row["advice"])
    for name, column in (("By", "byline"), ("Site", "site_name"), ("Published", "published_on")):
        if row[column]:
            yield name, text(row[column])
    if row["text"]:
        yield "Text", f"{count(row['words'], 'word')}, language {text(row['language'] or 'unknown')}"
    if row["stripped"]:
        yield "Stripped", ", ".join(f"{text(kind)} {number}" for kind, number in row["stripped"].items())
    yield from _provenance(row)


def _provenance(row: Row) -> Iterator[tuple[str, str]]:
    if row["record_id"]:
        yield "Captured", f"{when(row['best_captured_at'])} from {link(row['best_url'] or row['url'])}"
        place = f"{code(row['record_id'])} at {row['warc_offset']} of {code(row['warc_file'])}"
        yield "Record", f"{place}, payload {code(row['payload_digest'])}"
    elif row["capture_record_id"]:
        yield "Looked at", when(row["captured_at"])
        place = f"{code(row['capture_record_id'])} at {row['capture_warc_offset']}"
        yield "Record", f"{place} of {code(row['capture_warc_file'])}"


def _in_numbers(standings: Counter[Standing], lost: int) -> str:
    words = ", ".join(f"{standings[one]} {one.words}" for one in Standing if standings[one] or one is Standing.USABLE)
    without = f"; {count(lost, 'link')} without a URL" if lost else ""
    return f"{count(standings.total(), 'source')} cited: {words}{without}."
