"""Seals: manifests of all finished WARC files, each chained to the one before, so that later tampering shows.

A manifest is `seals/00001.json` and so on in the archive's folder: one JSON object, its keys in order of the alphabet,
indented by one blank, in UTF-8, with a line end behind it. `previous` has the name and the SHA-256 of the manifest
before. The files' digests are plain SHA-256 of all their bytes, as `sha256sum` prints them.

Who can write to the archive can write all seals anew as well. A copy of the newest manifest (or of its digest) in
other hands, or a time-stamp of it, is what they can't.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from archive.clock import utc_now
from archive.errors import ArchiveError
from archive.fixity.findings import Fault, FaultKind
from archive.warc_files import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from archive.fixity.run import FileDigest
    from archive.folder import ArchiveFolder

FORMAT = "sourcekeep-seal/1"
SEALS = "seals"
_NAME = re.compile(r"(\d{5,})\.json")
_PART_SUFFIX = ".part"


@dataclass(frozen=True, slots=True)
class Claim:
    """What seals say of one file."""

    bytes: int
    sha256: str
    """In hexadecimal."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A manifest as it stands in its file."""

    number: int
    name: str
    made_at: str
    sha256: str
    """Of the manifest itself, in hexadecimal."""
    previous: Mapping[str, str] | None
    files: Mapping[str, Claim]
    """By name."""


@dataclass(slots=True)
class Seals:
    """The chain as it was found. Of all seals but the newest only what they say together is kept."""

    names: list[str] = field(default_factory=list)
    """Of the manifests that can be read, in their order."""
    newest: Seal | None = None
    claims: dict[str, dict[Claim, list[str]]] = field(default_factory=dict)
    """By file: what is said of it, and the names of the first and the last seal that say so."""
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, seal: Seal) -> None:
        """Take the next seal, and see that it holds on to the one before."""
        self.faults += [_fault(seal.name, problem) for problem in _chain_problems(self.newest, seal)]
        if self.newest and seal.made_at < self.newest.made_at:
            self.notes.append(f"{seal.name} says that it is older than {self.newest.name}: was a clock wrong?")
        for name, claim in seal.files.items():
            by = self.claims.setdefault(name, {}).setdefault(claim, [seal.name])
            by[1:] = [seal.name]
        self.names.append(seal.name)
        self.newest = seal


def seals_dir(folder: ArchiveFolder) -> Path:
    """Return the folder of an archive's seals, which needn't be there."""
    return folder.path / SEALS


def read_seals(folder: ArchiveFolder) -> Seals:
    """Read all seals of an archive, and check that each holds on to the one before."""
    seals = Seals()
    for path in _manifests(seals_dir(folder)):
        try:
            seals.add(_read(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            seals.faults.append(_fault(path.name, f"it is no seal as they are written here: {error}"))
    return seals


def _manifests(directory: Path) -> list[Path]:
    found = [(match, path) for path in directory.glob("*.json") if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found, key=lambda each: int(each[0][1]))]


def _read(path: Path) -> Seal:
    data = path.read_bytes()
    said = json.loads(data)
    if said["format"] != FORMAT:
        raise ValueError(f"its format is {said['format']!r}, and {FORMAT!r} is known here")
    if data != _as_bytes(said):
        raise ValueError("its bytes are not those that its contents are written as")
    number = int(path.name.removesuffix(".json"))
    if said["number"] != number or path.name != _name(number):
        raise ValueError(f"it is called {path.name} and says that its number is {said['number']}")
    files = {file["name"]: Claim(int(file["bytes"]), str(file["sha256"])) for file in said["files"]}
    return Seal(number, path.name, str(said["made_at"]), hashlib.sha256(data).hexdigest(), said["previous"], files)


def _chain_problems(before: Seal | None, seal: Seal) -> Iterator[str]:
    expected = before.number + 1 if before else 1
    if seal.number != expected:
        missing = _name(expected) if seal.number == expected + 1 else f"{_name(expected)} to {_name(seal.number - 1)}"
        yield f"the seals before it are not all there: {missing} can't be read or is missing"
    elif seal.previous != (_reference(before) if before else None):
        yield f"{before.name if before else 'what stands before it'} is not what it was when this seal was made"


def check_files(seals: Seals, digests: Mapping[str, FileDigest], warc_dir: Path) -> list[Fault]:
    """Hold the *digests* of the files of *warc_dir* that were read against all seals; return what is wrong."""
    faults = []
    for name, claims in seals.claims.items():
        found = digests.get(name)
        for claim, by in claims.items():
            if not (found or (warc_dir / name).exists()):
                faults.append(Fault(FaultKind.SEAL, f"it is sealed by {_span(by)}, and it is not there", name))
            elif found and claim != Claim(found.bytes, found.sha256):
                problem = (
                    f"it has {found.bytes} bytes with the SHA-256 {found.sha256}, and {_span(by)} says {claim.bytes} "
                    f"bytes with {claim.sha256}"
                )
                faults.append(Fault(FaultKind.SEAL, problem, name))
    return faults


def unsealed(seals: Seals, digests: Mapping[str, FileDigest]) -> list[str]:
    """Return the names of the files with *digests* that no seal is of."""
    return sorted(digests.keys() - seals.claims.keys())


def write_seal(folder: ArchiveFolder, seals: Seals, digests: Mapping[str, FileDigest], software: str) -> Seal | None:
    """Write the next seal, over the files with these *digests*; None when the newest seals just these already.

    The caller has verified the files and the chain, and holds the archive's `seal` lock. Raises ArchiveError.
    """
    newest = seals.newest
    claims = {name: Claim(file.bytes, file.sha256) for name, file in digests.items()}
    if not digests or (newest and newest.files == claims):
        return None
    number = newest.number + 1 if newest else 1
    manifest = {
        "format": FORMAT,
        "number": number,
        "made_at": utc_now(),
        "software": software,
        "previous": _reference(newest) if newest else None,
        "files": [asdict(digests[name]) for name in sorted(digests)],
    }
    path = seals_dir(folder) / _name(number)
    try:
        seals_dir(folder).mkdir(exist_ok=True)
        sync_directory(folder.path)
        write_durably(path, _as_bytes(manifest))
    except OSError as error:
        raise ArchiveError(f"the seal {path} cannot be written: {error}") from error
    return _read(path)


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file that is whole or not there, whatever happens, and is on disk; raises OSError."""
    part = path.with_name(path.name + _PART_SUFFIX)
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    part.rename(path)
    sync_directory(path.parent)


def _reference(seal: Seal) -> dict[str, str]:
    return {"name": seal.name, "sha256": seal.sha256}


def _name(number: int) -> str:
    return f"{number:05d}.json"


def _as_bytes(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _span(first_and_last: Sequence[str]) -> str:
    return " to ".join(dict.fromkeys(first_and_last))


def _fault(name: str, problem: str) -> Fault:
    return Fault(FaultKind.SEAL, problem, f"{SEALS}/{name}")
