"""What a verification found, for people and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sourcekeep import screen
from sourcekeep.invocation import as_typed

if TYPE_CHECKING:
    from archive.folder import ArchiveFolder
    from archive.seal import Seal
    from sourcekeep.verifying import Outcome, Wish

_MOST_LINES = 200


def print_text(outcome: Outcome, wish: Wish) -> None:
    """Print the first faults of each kind and file, what else is worth knowing, and the verdict in the last line."""
    found = outcome.verification
    _print_faults(outcome)
    for note in found.notes:
        click.echo(f"note: {as_typed(screen.line(note))}")
    _print_seals(outcome)
    if wish.seal:
        click.echo(_said_of_sealing(outcome))
    faults = screen.count(len(found.faults), "fault") if found.faults else "nothing is wrong"
    click.echo(f"{_looked_at(outcome)}: {screen.styled(faults, bold=True, fg='red' if found.faults else 'green')}")


def _print_faults(outcome: Outcome) -> None:
    faults = outcome.verification.faults
    printed = 0
    for first, more in faults.groups():
        for fault in first[: _MOST_LINES - printed]:
            click.echo(as_typed(screen.line(fault)))
        printed += len(first)
        if printed >= _MOST_LINES:
            break
        if more:
            where = f"{first[0].file}: " if first[0].file else ""
            click.echo(f"{screen.line(where)} and {more:,} more faults of this kind ({first[0].kind})")
    if printed < len(faults):
        click.echo(as_typed(f"`sourcekeep verify --json` has all {len(faults):,} faults"))


def _print_seals(outcome: Outcome) -> None:
    stamped = [name for name in outcome.seals.names if name in outcome.attested]
    if stamped:
        click.echo(f"{stamped[-1]} {screen.line(outcome.attested[stamped[-1]])}")


def _said_of_sealing(outcome: Outcome) -> str:
    if outcome.verification.faults:
        return "not sealed: an archive with faults is not"
    if seal := outcome.sealed:
        stamp = f"; it {outcome.attested[seal.name]}" if seal.name in outcome.attested else ""
        return (
            f"sealed by seals/{seal.name}{screen.line(stamp)}\nits SHA-256, worth keeping elsewhere too: {seal.sha256}"
        )
    if newest := outcome.seals.newest:
        return f"sealed already: {newest.name} is of just these files"
    return "not sealed: there is no finished WARC file yet"


def _looked_at(outcome: Outcome) -> str:
    found = outcome.verification
    seals = len(outcome.seals.names) + bool(outcome.sealed)
    contents = f"{screen.count(found.records, 'record')}, {screen.size(found.bytes)}"
    parts = [
        f"{screen.count(found.files, 'WARC file')} ({contents})",
        screen.count(found.rows, "row"),
        *([screen.count(found.texts, "text")] if found.whole else []),
        *([screen.count(seals, "seal")] if seals else []),
    ]
    return f"checked {', '.join(parts)}"


def print_json(folder: ArchiveFolder, outcome: Outcome) -> None:
    """Print one JSON object with everything; the faults, of which there may be many, are written as they are read."""
    found = outcome.verification
    click.echo('{"faults": [', nl=False)
    for number, fault in enumerate(found.faults):
        click.echo(("," if number else "") + "\n" + screen.as_json(fault.as_dict()), nl=False)
    rest = {
        "archive": str(folder.path),
        "ok": not found.faults,
        "checked": {name: getattr(found, name) for name in ("files", "records", "bytes", "rows", "texts")},
        "notes": found.notes,
        "seals": [_seal(name, outcome) for name in outcome.seals.names],
        "sealed": outcome.sealed and _new_seal(outcome.sealed, outcome),
        "timestamp_error": str(outcome.refused) if outcome.refused else None,
    }
    click.echo("],\n" + screen.as_json(rest, indent=2)[1:].lstrip("\n"))


def _seal(name: str, outcome: Outcome) -> dict[str, object]:
    attested = outcome.attested.get(name)
    stamp = {**asdict(attested), "time": attested.time.isoformat()} if attested else None
    return {"name": name, "timestamp": stamp}


def _new_seal(seal: Seal, outcome: Outcome) -> dict[str, object]:
    return {**_seal(seal.name, outcome), "sha256": seal.sha256, "files": len(seal.files)}
