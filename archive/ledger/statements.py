"""A statement: its record, and the rows that it tells of.

Without statements the catalogue could not be made anew from the WARC files alone: no server ever said who cites what.
The rows that a statement tells of are written by `take` and by nothing else, whether it was made just now, left by a
crash, or is read back to make a lost catalogue anew.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from archive.health_records import Pin
from archive.records import CitedLink, Incident, Quarantined, Statement
from archive.storable import storable
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id
from archive.words import Health, StatementKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from archive.catalogue import Catalogue
    from archive.warc_writer import WarcWriter

STATEMENT_URI = "urn:sourcekeep:"
"""What the target URI of each statement begins with; its kind and its subject follow."""

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What reading a statement or a metadata record raises that doesn't say what it should."""


def append_statement(
    warc: WarcWriter, kind: StatementKind, subject: str, about: Mapping[str, Any], stated_at: str
) -> Statement:
    """Append the `resource` record of a statement; its rows may be written once it is synced. Raises WarcWriteError."""
    said = {"kind": kind, "subject": subject, "stated_at": stated_at, **about}
    text = json.dumps(said, ensure_ascii=False, default=str)
    # Half a surrogate pair is no character: escaped, it comes back as it was.
    block = (text if storable(text) == text else json.dumps(said, default=str)).encode()
    place = warc.append(
        WarcRecord(
            RecordType.RESOURCE,
            new_record_id(),
            stated_at,
            io.BytesIO(block),
            len(block),
            digest_of([block]),
            f"{STATEMENT_URI}{kind}:{quote(storable(subject), safe='')}",
        )
    )
    return Statement(kind, subject, stated_at, place)


def take(catalogue: Catalogue, statement: Statement, about: Mapping[str, Any]) -> None:
    """Write the rows that *statement* tells of, and its own; the record is on disk.

    *about* is what its record says. Raises one of UNREADABLE, before any row, when it doesn't say what it should.
    """
    match statement.kind:
        case StatementKind.IMPORT:
            for url in about.get("sources", ()):
                catalogue.sources.put(url)
        case StatementKind.INCIDENT:
            incident = incident_of(about["incident"])
            catalogue.incidents.put(incident, statement.stated_at, imported_at=about.get("imported_at"))
        case StatementKind.QUARANTINED:
            catalogue.incidents.quarantine(Quarantined(**about["piece"]), statement.stated_at)
        case StatementKind.CRAWL_STARTED:
            crawl_id, started_at = int(statement.subject), about["started_at"]
            catalogue.crawls.put(crawl_id, started_at, about["trigger"], about["settings"], about["versions"])
        case StatementKind.CRAWL_FINISHED:
            crawl_id, finished_at = int(statement.subject), about["finished_at"]
            catalogue.crawls.end(crawl_id, finished_at, about["ended"], about["counts"])
        case StatementKind.PIN:
            _take_pin(catalogue, about["pin"], statement.stated_at)
    catalogue.ledger.put(statement)


def _take_pin(catalogue: Catalogue, said: Mapping[str, Any], at: str) -> None:
    source_id = catalogue.sources.put(said["source"])
    if said["health"] is None:
        catalogue.pins.drop(source_id)
    else:
        catalogue.pins.put(Pin(source_id, Health(said["health"]), said["reason"], said["by"], at))


def incident_of(said: dict[str, Any]) -> Incident:
    """Return the incident that a statement tells of. Raises one of UNREADABLE."""
    return Incident(**{**said, "links": tuple(CitedLink(**link) for link in said["links"])})
