"""Verifying from the command line: the evidence, the seals and their time-stamps; and sealing."""

from __future__ import annotations

import importlib.metadata
import sys
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive import timestamp
from archive.fixity.findings import Fault, FaultKind
from archive.fixity.run import verify
from archive.folder import ArchiveFolder
from archive.seal import SEALS, check_files, read_seals, seals_dir, unsealed, write_seal
from archive.timestamp import TimestampError
from archive.warc_files import OPEN_SUFFIX
from sourcekeep import byte_progress, screen, verify_print

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.x509 import Certificate

    from archive.fixity.run import Verification
    from archive.seal import Seal, Seals
    from archive.timestamp import Attested

FOUND = 3
"""The exit code when something is wrong with the archive."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done beside looking."""

    seal: bool = False
    authority: str | None = None
    """The URL of a time-stamping authority; empty for the one of the settings, None for no time-stamp."""
    certificates: Path | None = None


@dataclass(slots=True)
class Outcome:
    """What came of one run."""

    verification: Verification
    seals: Seals
    attested: dict[str, Attested] = field(default_factory=dict)
    """By name of the seal: what its time-stamp says."""
    sealed: Seal | None = None
    """The seal that was written now."""
    refused: TimestampError | None = None
    """Why the time-stamp that was asked for could not be had."""


def run(
    archive_dir: Path, wish: Wish, *, files: Sequence[str] = (), workers: int | None = None, as_json: bool = False
) -> None:
    """Verify, seal if *wish* says so, and say what came of it; exit with 3 if anything is wrong.

    Raises ArchiveError, also when a time-stamp could not be had: its seal is there then, without one.
    """
    folder = ArchiveFolder.open(archive_dir)
    authority = _authority(folder, wish)
    roots = timestamp.load_certificates(wish.certificates) if wish.certificates else []
    with folder.lock("seal") if wish.seal or authority else nullcontext():
        outcome = _look(folder, roots, [name.removesuffix(OPEN_SUFFIX) for name in files], workers)
        if not outcome.verification.faults:
            _write(folder, outcome, roots, seal=wish.seal, authority=authority)
    _note_unsealed(outcome)
    with screen.printing():
        if as_json:
            verify_print.print_json(folder, outcome)
        else:
            verify_print.print_text(outcome, wish)
    if outcome.verification.faults:
        sys.exit(FOUND)
    if outcome.refused:
        raise outcome.refused


def _authority(folder: ArchiveFolder, wish: Wish) -> str | None:
    """Return the URL to ask for a time-stamp, None where none is wanted; raises TimestampError when it can't work."""
    settled = folder.settings().timestamp_authority
    if wish.authority is None and not (wish.seal and settled):
        return None
    url = wish.authority or settled
    if not url:
        raise TimestampError("no authority is named: --timestamp URL, or timestamp_authority in sourcekeep.toml")
    timestamp.check_url(url)
    timestamp.require()
    return url


def _look(folder: ArchiveFolder, roots: list[Certificate], files: list[str], workers: int | None) -> Outcome:
    with closing(byte_progress.for_stderr("verifying")) as progress:
        found = verify(folder, progress, files=files, workers=workers)
    outcome = Outcome(found, read_seals(folder))
    for fault in (*outcome.seals.faults, *check_files(outcome.seals, found.digests, folder.warc_dir)):
        found.faults.add(fault)
    found.notes += outcome.seals.notes
    _check_timestamps(folder, outcome, roots)
    return outcome


def _note_unsealed(outcome: Outcome) -> None:
    found = outcome.verification
    if outcome.sealed is None and found.whole and (names := unsealed(outcome.seals, found.digests)):
        files = "1 finished file is" if len(names) == 1 else f"{len(names)} finished files are"
        behind = f" since {outcome.seals.newest.name}" if outcome.seals.newest else ""
        found.notes.append(f"{files} not sealed{behind}: `sourcekeep verify --seal` seals all")


def _check_timestamps(folder: ArchiveFolder, outcome: Outcome, roots: list[Certificate]) -> None:
    found = outcome.verification
    stamped = [name for name in outcome.seals.names if timestamp.has_timestamp(seals_dir(folder) / name)]
    if stamped and not timestamp.is_available():
        found.notes.append("the time-stamps of seals were not checked: the extra `timestamp` is not installed")
        return
    for name in stamped:
        manifest = seals_dir(folder) / name
        try:
            outcome.attested[name] = timestamp.check(manifest, roots)
        except TimestampError as error:
            reply = manifest.with_suffix(timestamp.REPLY_SUFFIX).name
            found.faults.add(Fault(FaultKind.TIMESTAMP, str(error), f"{SEALS}/{reply}"))


def _write(
    folder: ArchiveFolder, outcome: Outcome, roots: list[Certificate], *, seal: bool, authority: str | None
) -> None:
    """Write a seal over all that was read, and have the newest time-stamped."""
    if seal:
        software = f"Sourcekeep/{importlib.metadata.version('sourcekeep')}"
        outcome.sealed = write_seal(folder, outcome.seals, outcome.verification.digests, software)
    newest = outcome.sealed or outcome.seals.newest
    if authority is None:
        return
    if newest is None:
        outcome.refused = TimestampError("there is no seal to be time-stamped: `sourcekeep verify --seal` makes one")
    elif newest.name not in outcome.attested:
        try:
            outcome.attested[newest.name] = timestamp.obtain(seals_dir(folder) / newest.name, authority, roots)
        except TimestampError as error:
            outcome.refused = TimestampError(f"{error}; `sourcekeep verify --timestamp` asks again")
