"""What one record must be by itself, whatever the catalogue says: named fields, digests, HTTP."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from archive.fixity.findings import FaultKind
from archive.http_message import payload_pieces, read_head
from archive.revisits import IDENTICAL_PAYLOAD, NOT_MODIFIED
from archive.warc_record import RecordType, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.http_message import ResponseHead
    from archive.warc_member import WarcMember

Problem = tuple[FaultKind, str]

_MANDATORY = ("WARC-Record-ID", "WARC-Date", "WARC-Type", "Content-Length")
_MAY_REPEAT = frozenset({"warc-concurrent-to"})
_CONTENT_TYPES: dict[str, str] = {
    RecordType.WARCINFO: "application/warc-fields",
    RecordType.REQUEST: "application/http; msgtype=request",
    RecordType.RESPONSE: "application/http; msgtype=response",
    RecordType.REVISIT: "application/http; msgtype=response",
    RecordType.METADATA: "application/json",
    RecordType.RESOURCE: "application/json",
}
"""Said here once more than where they are written: what is checked is the format, and not the writer."""
_RECORD_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:[^<>\s]+>")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^\r\n]+\r?\n")
_MAX_REQUEST_LINE = 4 * 1024 * 1024
_REFERS_TO = ("WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
_STATUS_NOT_MODIFIED = 304


def read_response_head(member: WarcMember) -> ResponseHead | None:
    """Return the head of the response in a `response` or `revisit` record; None for any other."""
    return read_head(member.block) if member.type in (RecordType.RESPONSE, RecordType.REVISIT) else None


def problems_of(member: WarcMember, head: ResponseHead | None) -> Iterator[Problem]:
    """Iterate over what is wrong with a record by itself; *head* is what `read_response_head` gave for it."""
    yield from _named_fields(member)
    said = member.header("WARC-Block-Digest")
    if said != member.block_digest:
        yield FaultKind.DIGEST, f"its block has the digest {member.block_digest}, and it says {said or 'none'}"
    if member.type == RecordType.RESPONSE and head:
        yield from _response(member, head)
    elif member.type == RecordType.REVISIT and head:
        yield from _revisit(member, head)
    elif member.type == RecordType.REQUEST:
        yield from _request(member)


def _named_fields(member: WarcMember) -> Iterator[Problem]:
    """WARC 1.1, clauses 4 and 5: what must be there, and what must not be there twice."""
    names = Counter(name.lower() for name, _ in member.headers)
    for name in _MANDATORY:
        if not names[name.lower()]:
            yield FaultKind.MALFORMED, f"it has no {name}"
    for name, count in names.items():
        if count > 1 and name not in _MAY_REPEAT:
            yield FaultKind.MALFORMED, f"it says {name} {count} times"
    if (record_id := member.place.record_id) and not _RECORD_ID.fullmatch(record_id):
        yield FaultKind.MALFORMED, f"its WARC-Record-ID {record_id!r} is no URI in angle brackets"
    if (date := member.header("WARC-Date")) and not _DATE.fullmatch(date):
        yield FaultKind.MALFORMED, f"its WARC-Date {date!r} is no time in UTC"
    if member.type in _CONTENT_TYPES:
        if member.type != RecordType.WARCINFO and not member.header("WARC-Target-URI"):
            yield FaultKind.MALFORMED, "it has no WARC-Target-URI"
        if (content_type := member.header("Content-Type")) != _CONTENT_TYPES[member.type]:
            yield FaultKind.MALFORMED, f"its Content-Type {content_type!r} is not that of a {member.type} record"


def _response(member: WarcMember, head: ResponseHead) -> Iterator[Problem]:
    said, found = member.header("WARC-Payload-Digest"), digest_of(payload_pieces(head, member.block))
    if said != found:
        yield FaultKind.DIGEST, f"its payload has the digest {found}, and it says {said or 'none'}"


def _revisit(member: WarcMember, head: ResponseHead) -> Iterator[Problem]:
    """Clause 6.7; that what it refers to is right is seen with its row."""
    for name in _REFERS_TO:
        if not member.header(name):
            yield FaultKind.MALFORMED, f"it has no {name}"
    profile = member.header("WARC-Profile")
    if profile == IDENTICAL_PAYLOAD:
        if not member.header("WARC-Payload-Digest"):
            yield FaultKind.MALFORMED, "it has no WARC-Payload-Digest"
        if head.length != member.length:
            yield (
                FaultKind.HTTP,
                f"it holds {member.length} bytes, and the head of a response has {head.length} of them",
            )
    elif profile != NOT_MODIFIED:
        yield FaultKind.MALFORMED, f"its WARC-Profile {profile!r} is none that is written here"
    elif head.status != _STATUS_NOT_MODIFIED:
        yield FaultKind.HTTP, f"it says that the server answered 304, and the status is {head.status}"


def _request(member: WarcMember) -> Iterator[Problem]:
    member.block.seek(0)
    line = member.block.readline(_MAX_REQUEST_LINE)
    if not _REQUEST_LINE.fullmatch(line):
        yield FaultKind.HTTP, f"its first line {line[:80]!r} is no request line"
