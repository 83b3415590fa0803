"""An audit as plain values: what JSON holds, and what the other reports are made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archive.words import Health
from sourcekeep.audit.wording import rule_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archive.catalogue import Catalogue
    from archive.records import RecordPlace
    from sourcekeep.audit.auditing import Audit, AuditedLink

LINK_COLUMNS = (
    *("url", "site", "health", "measured", "since", "rule", "why", "last_good_at", "first_failed_at", "failures"),
    *("captured_at", "captures", "is_kept", "pin_health", "pin_reason", "pinned_by", "pinned_at"),
    *("replacement", "replacement_kind", "replacement_at"),
    *("source_id", "capture_id", "record_id", "warc_file", "warc_offset"),
)
"""What stands in a link's row, in this order."""

_BATCH = 500


def as_values(found: Audit) -> dict[str, Any]:
    """Return all that an audit found, but for the links."""
    rates = found.tally.rates()
    return {
        "made_at": found.made_at,
        "scope": found.scope.words,
        "sources": found.tally.health.total(),
        "health": {health: found.tally.health[health] for health in Health},
        "pins": found.pins,
        "rates": {
            **asdict(rates),
            "rot_lower": rates.share(rates.rotten),
            "rot_upper": rates.share(rates.rotten + rates.in_doubt),
            "drift": rates.share(rates.drifted),
            "pew_share": rates.share(rates.pew),
        },
        "over_time": [{"month": month, **counts} for month, counts in found.tally.over_time(found.made_at[:7])],
        "by_site": _by(found.tally.by_site),
        "by_year": _by(found.tally.by_year),
        "survival": [{"days": days, "share": share, "at_risk": n} for days, share, n in found.tally.survival()],
        "incidents_at_risk": [asdict(risk) for risk in found.risks],
    }


def _by(counts: Mapping[Any, Mapping[Health, int]]) -> dict[str, dict[str, int]]:
    most_first = sorted(counts.items(), key=lambda pair: (-sum(pair[1].values()), str(pair[0])))
    return {str(name): {health: number for health, number in one.items() if number} for name, one in most_first}


def link_values(links: Iterable[AuditedLink], catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Iterate over the links as LINK_COLUMNS, each with the place of the record that proves its health."""
    batch: list[AuditedLink] = []
    for link in links:
        batch.append(link)
        if len(batch) == _BATCH:
            yield from _placed(batch, catalogue)
            batch.clear()
    yield from _placed(batch, catalogue)


def _placed(batch: list[AuditedLink], catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    places = catalogue.histories.places([link.capture_id for link in batch if link.capture_id])
    for link in batch:
        yield _row(link, places.get(link.capture_id or 0))


def _row(link: AuditedLink, place: RecordPlace | None) -> dict[str, Any]:
    pin, instead = link.pin, link.replacement
    values = {
        "why": rule_in_words(link.rule),
        "pin_health": pin and pin.health,
        "pin_reason": pin and pin.reason,
        "pinned_by": pin and pin.pinned_by,
        "pinned_at": pin and pin.pinned_at,
        "replacement": instead and instead.url,
        "replacement_kind": instead and instead.kind,
        "replacement_at": instead and instead.at,
        "record_id": place and place.record_id,
        "warc_file": place and place.warc_file,
        "warc_offset": place and place.warc_offset,
    }
    return {name: values[name] if name in values else getattr(link, name) for name in LINK_COLUMNS}
