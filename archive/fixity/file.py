"""One WARC file from its first byte to its last: whole members, right records, each beside its row."""

from __future__ import annotations

import errno
import hashlib
import io
import tempfile
from typing import IO, TYPE_CHECKING

from archive.errors import ArchiveError
from archive.fixity.findings import FaultKind, FileFindings
from archive.fixity.record import problems_of, read_response_head
from archive.fixity.rows import RowChecker
from archive.warc_files import open_warc
from archive.warc_record import RecordType
from archive.warc_walk import Damage, walk_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.warc_member import WarcMember

_PIECE = 1024 * 1024
_MEMBER_HEAD = 10
# RFC 1952 2.3: magic, deflate, no flags, no time. What is left of the ten bytes is the same throughout a file.
_PLAIN_MEMBER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def check_file(
    warc_dir: Path,
    name: str,
    catalogue: Catalogue,
    *,
    unfinished: tuple[int, int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> FileFindings:
    """Check the WARC file *name*.

    One that is *unfinished* has two offsets: where the last record ends that a row names, and the file itself. What is
    between them may lack its rows yet, and the first damage there is the end. *progress* is told how many more bytes
    are done. A file that can't be read is a fault; raises sqlite3.Error when the catalogue can't be, and ArchiveError
    when there is no room for temporary files.
    """
    findings = FileFindings(name)
    try:
        with _HashedFile(open_warc(warc_dir, name), progress) as file:
            _FileChecker(file, findings, catalogue).run(unfinished)
            if unfinished is None:
                findings.sha256 = file.digest_to_end()
            findings.size = file.done
    except FileNotFoundError as error:
        if unfinished is None or unfinished[0]:  # without a row, a crawl may have taken it away since it was found
            findings.fault(FaultKind.DAMAGED, f"it can't be read: {error.strerror}")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # no reading does that: large blocks pass through the disk
            raise ArchiveError(
                f"temporary files cannot be written in {tempfile.gettempdir()}: {error.strerror}; "
                "make room there, or name another folder with TMPDIR"
            ) from error
        findings.fault(FaultKind.DAMAGED, f"it can't be read: {error.strerror or error}")
    return findings


class _HashedFile(io.BufferedReader):
    """A file whose bytes are hashed as they are read for the first time, in whatever steps."""

    def __init__(self, file: io.FileIO, progress: Callable[[int], None] | None) -> None:
        super().__init__(file, _PIECE)
        self._sha = hashlib.sha256()
        self._progress = progress
        self.done = 0
        """How many bytes from the start were read."""

    def read(self, size: int | None = -1, /) -> bytes:
        at = self.tell()
        data = super().read(size)
        if at <= self.done < at + len(data):
            new = memoryview(data)[self.done - at :]
            self._sha.update(new)
            self.done += len(new)
            if self._progress:
                self._progress(len(new))
        return data

    def digest_to_end(self) -> str:
        """Read what is left, and return the SHA-256 of all bytes in hexadecimal."""
        self.seek(self.done)
        while self.read(_PIECE):
            pass
        return self._sha.hexdigest()


class _FileChecker:
    """What has to be right of a file as a whole, and each record of it."""

    def __init__(self, file: IO[bytes], findings: FileFindings, catalogue: Catalogue) -> None:
        self._file = file
        self._findings = findings
        self._rows = RowChecker(catalogue, findings)
        self._warcinfo_id: str | None = None
        self._member_head: bytes | None = None

    def run(self, unfinished: tuple[int, int] | None) -> None:
        """Check all records."""
        at = 0
        for found in walk_stream(self._file, self._findings.name):
            at = found.offset if isinstance(found, Damage) else found.place.warc_offset
            self._rows.is_tail = unfinished is not None and at >= unfinished[0]
            if isinstance(found, Damage):
                if self._rows.is_tail:
                    break
                self._damage(found)
                at += found.length
            else:
                self._record(found)
                at += found.place.warc_length
            if unfinished and at >= unfinished[1]:
                break
        self._rows.end()
        if not at and unfinished is None:
            self._findings.fault(FaultKind.DAMAGED, "it is empty")
        self._join_if_no_row()

    def _damage(self, damage: Damage) -> None:
        reason = damage.problem.removeprefix(f"{damage.warc_file} at {damage.offset} ")
        problem = f"no record can be read in {damage.length} bytes from here: it {reason}"
        self._findings.fault(FaultKind.DAMAGED, problem, damage.offset)

    def _record(self, member: WarcMember) -> None:
        place = member.place
        self._findings.note(place.record_id, place.warc_offset)
        head = read_response_head(member)
        for kind, problem in problems_of(member, head):
            self._findings.fault(kind, problem, place.warc_offset, place.record_id)
        self._check_member_head(member)
        self._check_warcinfo(member)
        self._rows.check(member, head)

    def _check_member_head(self, member: WarcMember) -> None:
        """See that the member begins as all do: no checksum covers these bytes."""
        self._file.seek(member.place.warc_offset)
        head = self._file.read(_MEMBER_HEAD)
        if head.startswith(_PLAIN_MEMBER) and self._member_head in (None, head):
            self._member_head = head
            return
        problem = f"its gzip member begins with {head.hex()}, unlike those that are written here"
        self._fault(member, FaultKind.MALFORMED, problem)

    def _check_warcinfo(self, member: WarcMember) -> None:
        """See that a file begins with what describes it, and that all else refers to that (WARC 1.1, 6.2 and 5.17)."""
        if member.type == RecordType.WARCINFO:
            if member.place.warc_offset:
                self._fault(member, FaultKind.MALFORMED, "it is a warcinfo record, and not the first one")
                return
            self._warcinfo_id = member.place.record_id
            if (name := member.header("WARC-Filename")) != self._findings.name:
                self._fault(member, FaultKind.MALFORMED, f"it describes the file {name}")
            return
        if not member.place.warc_offset:
            self._fault(member, FaultKind.MALFORMED, "the file doesn't begin with a warcinfo record")
        said = member.header("WARC-Warcinfo-ID")
        if self._warcinfo_id is None:  # damaged, or not there: the others still agree on one
            self._warcinfo_id = said
        elif said != self._warcinfo_id:
            problem = f"its WARC-Warcinfo-ID {said} is not the one of this file, {self._warcinfo_id}"
            self._fault(member, FaultKind.REFERENCE, problem)

    def _fault(self, member: WarcMember, kind: FaultKind, problem: str) -> None:
        self._findings.fault(kind, problem, member.place.warc_offset, member.place.record_id)

    def _join_if_no_row(self) -> None:
        """Say once of a file that no row names what would else be said of each of its records."""
        found = self._findings
        lacking = [fault for fault in found.faults if fault.kind is FaultKind.NO_ROW]
        if len(lacking) > 1 and not any(found.rows.values()):
            found.faults = [fault for fault in found.faults if fault.kind is not FaultKind.NO_ROW]
            first = lacking[0]
            problem = (
                f"no row names any of its {found.records} records; {len(lacking)} rows are missing, "
                f"first that of {first.record_id} at {first.offset}"
            )
            found.fault(FaultKind.NO_ROW, problem)
