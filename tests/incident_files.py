"""What the tests of the importers share: write a file, read it, take the two kinds of record apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.records import Incident, Quarantined
from sourcekeep.incidents import Options, read_incidents

if TYPE_CHECKING:
    from pathlib import Path

    from sourcekeep.incidents import Reading


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def reading_of(path: Path, format_name: str | None = None, options: Options | None = None) -> Reading:
    (reading,) = read_incidents([path], format_name, options)
    return reading


def parts(reading: Reading) -> tuple[list[Incident], list[Quarantined]]:
    records = list(reading)
    incidents = [record for record in records if isinstance(record, Incident)]
    return incidents, [record for record in records if isinstance(record, Quarantined)]


def read(path: Path, content: str | bytes, format_name: str | None = None, **options: object) -> list[Incident]:
    """Write and read a file in which nothing may be quarantined."""
    reading = reading_of(written(path, content), format_name, Options(**options))  # type: ignore[arg-type]
    incidents, quarantined = parts(reading)
    assert quarantined == []
    return incidents


def cited(incident: Incident) -> list[str]:
    return [link.cited_as for link in incident.links if link.has_url]
