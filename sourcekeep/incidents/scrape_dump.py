"""A record page and the scraped text of what it cites, as one text file: the format `scrape-dump`.

    - Occurred: November 2022                    the record's own lines: labels with values, narrative,
    - An artist found that ...                   and titles of links whose URL was lost
    URL: https://example.org/story               a section: one cited URL, and the page text pasted for it,
    - First paragraph ...                        up to the next line with nothing at all in it

    - Page infoType: IncidentPublished: 2023     the record's own lines again

Labels are read in the record's own lines alone, since articles contain `Word:` too. A line of blanks ends no
section. The words stay as they are, misspelt or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from archive.records import CitedLink, Incident
from archive.url_text import find_urls
from sourcekeep.incidents import names
from sourcekeep.incidents.labels import is_paragraph, is_reference, labelled_values
from sourcekeep.incidents.links import Links
from sourcekeep.incidents.reading import ImportFormatError, Options, Reading, quarantined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sourcekeep.incidents.reading import Record
    from sourcekeep.incidents.textfile import TextFile

NAME = "scrape-dump"
FURNITURE = "page furniture"
"""Field with the words of the record page that belong to the page and not to the record."""
RELATED = "related links"
"""Field with the titles that stand after the sources: the page's pointers to other records."""

_SECTION = re.compile(r"URL:(?P<url>.*)", re.IGNORECASE)
_URL_LIKE = re.compile(r"[a-z][a-z0-9+.-]*:|www\.|//", re.IGNORECASE)
_BULLET = re.compile(r"\s*[-*\u2022\u2013](?:\s+|$)")


@dataclass(slots=True)
class _Section:
    line: int
    url: str
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Page:
    """The lines of a dump, by what they belong to."""

    before: list[str] = field(default_factory=list)
    """The record's own lines ahead of the first section."""
    after: list[str] = field(default_factory=list)
    sections: list[_Section] = field(default_factory=list)


def recognises(file: TextFile) -> bool:
    """Tell whether a line of *file* opens a section."""
    return bool(re.search(r"^URL:[ \t]*(?:https?:|www\.)", file.head, re.MULTILINE | re.IGNORECASE))


def read(file: TextFile, options: Options) -> Reading:
    """Read *file* as one incident, known by the file's name; raises ImportFormatError if nothing is cited."""
    page = _parted(file)
    if not page.sections:
        raise ImportFormatError(f'{file.name} is no scrape-dump: no line begins with "URL: "')
    return Reading(file.name, NAME, partial(_records, file, page, options.id_prefix))


def _records(file: TextFile, page: _Page, prefix: str) -> Iterator[Record]:
    links = Links()
    fields: dict[str, Any] = {}
    narrative = _read_before(page.before, fields, links)
    for section in page.sections:
        text = "\n".join(section.lines)
        if section.url:
            links.add(CitedLink(section.url, pasted_text=text))
        else:
            yield quarantined(file.name, section.line, "a section without a URL", text)
    _read_after(page.after, fields, links)
    labels = {names.fold(name): value for name, value in fields.items() if isinstance(value, str)}
    summary = "\n\n".join(narrative) or _first(labels, names.SUMMARY)
    title, occurred = _first(labels, names.TITLE), _first(labels, names.OCCURRED)
    incident_id = _first(labels, ("aiaaicid", *names.ID[:4])) or file.path.stem
    yield Incident(prefix + incident_id, NAME, title, occurred, summary, fields, tuple(links))


def _parted(file: TextFile) -> _Page:
    page = _Page()
    section: _Section | None = None
    for number, ended in enumerate(file.lines(), 1):
        line = ended.rstrip("\r\n").removeprefix("\ufeff")
        opens = _SECTION.fullmatch(line)
        url = opens["url"].strip() if opens else ""
        if opens and (section is None or _URL_LIKE.match(url)):
            section = _Section(number, url)
            page.sections.append(section)
        elif section is None:
            (page.after if page.sections else page.before).append(line)
        elif line:
            section.lines.append(line)
        else:
            section = None
    return page


def _items(lines: list[str]) -> list[str]:
    """Return the bulleted items, each with the lines that go on with it; without bullets, the lines."""
    bulleted = any(_BULLET.match(line) for line in lines)
    items: list[str] = []
    for line in lines:
        bullet = _BULLET.match(line)
        text = (line[bullet.end() :] if bullet else line).strip()
        if text and bulleted and not bullet and items:
            items[-1] += "\n" + text
        elif text:
            items.append(text)
    return items


def _read_before(lines: list[str], fields: dict[str, Any], links: Links) -> list[str]:
    """Sort the lines ahead of the sections into *fields* and *links*, and return the narrative."""
    items = _items(lines)
    values = [labelled_values(item) for item in items]
    last_label = max((index for index, found in enumerate(values) if found), default=-1)
    narrative: list[str] = []
    for index, (item, found) in enumerate(zip(items, values, strict=True)):
        links.add_prose(item)
        if found:
            _put(fields, found)
        elif is_paragraph(item) and (index < last_label or not is_reference(item)):
            narrative.append(item)
        elif index < last_label:
            fields.setdefault(FURNITURE, []).append(item)
        elif not find_urls(item):
            links.add(CitedLink(item, has_url=False))
    return narrative


def _read_after(lines: list[str], fields: dict[str, Any], links: Links) -> None:
    for item in _items(lines):
        links.add_prose(item)
        if found := labelled_values(item):
            _put(fields, found)
        else:
            fields.setdefault(RELATED, []).append(item)


def _put(fields: dict[str, Any], found: list[tuple[str, str]]) -> None:
    for label, value in found:
        if not value:
            fields.setdefault(FURNITURE, []).append(label)
        elif label not in fields:
            fields[label] = value
        elif isinstance(fields[label], list):
            fields[label].append(value)
        else:
            fields[label] = [fields[label], value]


def _first(labels: dict[str, str], usual: tuple[str, ...]) -> str | None:
    return next((labels[name] for name in usual if name in labels), None)
