"""The AI Vulnerability Database: reports (and vulnerabilities) as JSON, one object, a list, or JSON lines."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from archive.records import Incident, Quarantined
from sourcekeep.incidents.generic import raw_json, text_of
from sourcekeep.incidents.json_text import Element, read_document, read_lines
from sourcekeep.incidents.links import Links
from sourcekeep.incidents.reading import ImportFormatError, Options, Reading, SeenIds, quarantined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sourcekeep.incidents.reading import Record
    from sourcekeep.incidents.textfile import TextFile

NAME = "avid"
_IDS = ("report_id", "vuln_id")


def recognises(elements: Iterable[Element | Quarantined]) -> bool:
    """Tell whether one of the first elements is a record of AVID."""
    values = (element.value for element in islice(elements, 10) if isinstance(element, Element))
    return any(
        isinstance(value, dict) and (value.get("data_type") == "AVID" or _id(value) is not None) for value in values
    )


def read(file: TextFile, options: Options, *, lines: bool) -> Reading:
    """Read *file*, JSON lines or one document; raises ImportFormatError if it has no record of AVID."""
    document = [] if lines else read_document(file)

    def elements() -> Iterable[Element | Quarantined]:
        return read_lines(file) if lines else document

    if not recognises(elements()):
        raise ImportFormatError(f"{file.name} is no AVID export: no record has a metadata.report_id")
    return Reading(file.name, NAME, lambda: _records(file.name, elements(), options.id_prefix))


def _records(name: str, elements: Iterable[Element | Quarantined], prefix: str) -> Iterator[Record]:
    seen = SeenIds()
    for element in elements:
        if isinstance(element, Quarantined):
            yield element
        elif not isinstance(element.value, dict):
            yield quarantined(name, element.line, "no object", raw_json(element.value))
        elif (report_id := _id(element.value)) is None:
            yield quarantined(name, element.line, "metadata.report_id is missing", raw_json(element.value))
        elif clash := seen.clash(report_id, element.line):
            yield quarantined(name, element.line, clash, raw_json(element.value))
        else:
            yield _incident(prefix + report_id, element.value)


def _incident(incident_id: str, report: dict[str, Any]) -> Incident:
    links = Links()
    references = report.get("references")
    links.add_value(references if isinstance(references, list) else [references])
    summary = _described(report)
    if summary:
        links.add_prose(summary)
    # AVID doesn't say when a thing happened; the day it was reported is the nearest that it has.
    occurred = text_of(report.get("reported_date")) or text_of(report.get("published_date"))
    return Incident(incident_id, NAME, _described(report.get("problemtype")), occurred, summary, report, tuple(links))


def _id(report: dict[str, Any]) -> str | None:
    metadata = report.get("metadata")
    if not isinstance(metadata, dict):
        return None
    return next((found for name in _IDS if (found := text_of(metadata.get(name)))), None)


def _described(part: Any) -> str | None:
    description = part.get("description") if isinstance(part, dict) else None
    return text_of(description.get("value") if isinstance(description, dict) else description)
