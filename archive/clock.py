"""The time, as the catalogue and the WARC files write it: UTC in ISO 8601 with microseconds and `Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """Return the time in UTC as the catalogue and WARC 1.1 write it, with microseconds."""
    return as_timestamp(datetime.now(UTC))


def as_timestamp(moment: datetime) -> str:
    """Return an aware *moment* as UTC ISO 8601 with microseconds and `Z` (W3CDTF, WARC 1.1 clause 5.4)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
