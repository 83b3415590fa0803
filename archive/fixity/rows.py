"""A record beside the row that belongs to it: what each says must be the same.

A record is looked up in the catalogue by its id, and its row is ticked off; rows that are left over in the end have
no record. What a record refers to is looked for in the catalogue too, and not in its file: each row there is held
against its own record in turn.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from archive.fixity.findings import FaultKind, Role
from archive.fixity.incident import contradictions
from archive.ledger.statements import STATEMENT_URI
from archive.revisits import NOT_MODIFIED
from archive.storable import storable
from archive.urls import url_key
from archive.warc_record import RecordType, target_uri

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from archive.catalogue import Catalogue
    from archive.fixity.findings import FileFindings
    from archive.http_message import ResponseHead
    from archive.warc_member import WarcMember

_MAX_JSON = 64 * 1024 * 1024
_SHOWN = 120

# By what a `metadata` record says: the column that must say the same. A record that an older version wrote lacks some.
_CAPTURE = {
    **{name: name for name in ("requested_at", "finished_at", "final_url", "outcome", "http_status", "error")},
    **{
        name: name
        for name in ("media_type", "bytes", "payload_digest", "etag", "last_modified", "via", "asked_url", "memento_at")
    },
    "crawl": "crawl_id",
    "revisit_of": "revisit_record_id",
}
_EXCHANGE = {
    **{name: name for name in ("url", "purpose", "requested_at", "http_status", "error", "ip", "proxy")},
    **{name: name for name in ("elapsed_ms", "truncated", "payload_digest", "refers_to")},
    "response": "record_id",
    "request": "request_record_id",
}
_STATEMENT = ("kind", "subject", "stated_at")


class RowChecker:
    """Holds the records of one file, in their order, against the rows that belong to them."""

    def __init__(self, catalogue: Catalogue, findings: FileFindings) -> None:
        self._catalogue = catalogue
        self._fixity = catalogue.fixity
        self._findings = findings
        self._recent: dict[str, int | None] = {}
        """Since the last `metadata` record: by id, how many bytes of the response it has; None for a head alone."""
        self._unclaimed: set[str] = set()
        """Records that neither a row nor, so far, a `metadata` record names."""
        self.is_tail = False
        """Whether the records are behind those of an unfinished file that rows name: theirs may be on their way."""

    def check(self, member: WarcMember, head: ResponseHead | None) -> None:
        """Check the next record; *head* is that of the response in it, if it has one."""
        match member.type:
            case RecordType.RESPONSE | RecordType.REVISIT:
                self._message(member, Role.RESPONSE, self._fixity.response(member.place.record_id), head)
            case RecordType.REQUEST:
                self._message(member, Role.REQUEST, self._fixity.request(member.place.record_id), None)
            case RecordType.METADATA:
                self._metadata(member)
            case RecordType.RESOURCE if (member.header("WARC-Target-URI") or "").startswith(STATEMENT_URI):
                self._statement(member)
            case RecordType.WARCINFO:
                pass
            case _:
                self._findings.unknown += 1

    def end(self) -> None:
        """Count what is left of captures that were never finished."""
        self._findings.interrupted = len(self._unclaimed)

    def _fault(self, member: WarcMember, kind: FaultKind, problem: str) -> None:
        self._findings.fault(kind, problem, member.place.warc_offset, member.place.record_id)

    def _no_row(self, member: WarcMember, problem: str) -> None:
        if not self.is_tail:
            self._fault(member, FaultKind.NO_ROW, problem)

    def _contradicts(self, member: WarcMember, contradictions: Iterable[str]) -> None:
        if problem := "; ".join(contradictions):
            self._fault(member, FaultKind.CONTRADICTION, problem)

    def _found(self, member: WarcMember, role: Role, row: sqlite3.Row) -> None:
        """Tick off *row*, and see that it knows where its record lies."""
        self._findings.rows[role].append(row["id"])
        prefix = "request_" if role is Role.REQUEST else ""
        said = tuple(row[f"{prefix}warc_{name}"] for name in ("file", "offset", "length"))
        place = member.place
        if said != (place.warc_file, place.warc_offset, place.warc_length):
            lies = "its row says that it lies in {} at {} with {} bytes".format(*said)
            self._contradicts(member, [f"{lies}, and it has {place.warc_length}"])

    def _message(self, member: WarcMember, role: Role, row: sqlite3.Row | None, head: ResponseHead | None) -> None:
        record_id = member.place.record_id
        head_alone = member.type == RecordType.REVISIT and member.header("WARC-Profile") != NOT_MODIFIED
        self._recent[record_id] = None if head_alone else member.length
        if row is None:
            self._unclaimed |= set() if self.is_tail else {record_id}
        else:
            self._found(member, role, row)
            self._contradicts(member, _differences(_named_fields(member, role, row)))
            if head and (problem := _status_problem(head.status, row)):
                self._fault(member, FaultKind.HTTP, problem)
        self._concurrent_to(member)
        if member.type == RecordType.REVISIT:
            self._original(member)

    def _concurrent_to(self, member: WarcMember) -> None:
        for name, target in member.headers:
            if name.lower() == "warc-concurrent-to" and not self._exists(target):
                self._fault(member, FaultKind.REFERENCE, f"its WARC-Concurrent-To {target} is nowhere")

    def _exists(self, record_id: str) -> bool:
        known = record_id in self._recent or self._fixity.response(record_id) or self._fixity.request(record_id)
        return bool(known)

    def _original(self, member: WarcMember) -> None:
        """See that a revisit record refers to a response record, rightly (WARC 1.1, clause 6.7)."""
        refers_to = member.header("WARC-Refers-To")
        original = self._fixity.response(refers_to) if refers_to else None
        if original is None:
            if refers_to:
                self._fault(member, FaultKind.REFERENCE, f"it refers to {refers_to}, which no row names")
            return
        if original["refers_to"] is not None:
            self._fault(member, FaultKind.REFERENCE, f"it refers to {refers_to}, which is a revisit record itself")
        pairs = [
            ("WARC-Refers-To-Target-URI", target_uri(str(original["url"]))),
            ("WARC-Refers-To-Date", original["requested_at"]),
        ]
        if member.header("WARC-Payload-Digest"):
            pairs.append(("WARC-Payload-Digest", original["payload_digest"]))
        for name, value in pairs:
            if (said := member.header(name)) != value:
                self._fault(
                    member,
                    FaultKind.REFERENCE,
                    f"its {name} is {_shown(said)}, and {refers_to}, which it refers to, has {_shown(value)}",
                )

    def _metadata(self, member: WarcMember) -> None:
        about = self._json(member)
        if about is None:
            return
        exchanges = [each for each in about["exchanges"] if isinstance(each, dict)] if _has_exchanges(about) else []
        self._concurrent_to(member)
        if (last := _last_record(exchanges)) != member.header("WARC-Concurrent-To"):
            problem = f"its WARC-Concurrent-To should be the last record of its exchanges, {last}"
            self._fault(member, FaultKind.REFERENCE, problem)
        match about.get("kind"):
            case "capture":
                self._capture(member, about, exchanges)
            case "exchanges":
                self._exchanges(member, about, exchanges)
            case _:
                self._findings.unknown += 1
        for exchange in exchanges:
            self._unclaimed -= {_text(exchange.get("response")), _text(exchange.get("request"))}
        self._recent.clear()

    def _json(self, member: WarcMember) -> dict[str, Any] | None:
        try:
            member.block.seek(0)
            about = json.loads(member.block.read(_MAX_JSON))
        except (ValueError, RecursionError):
            about = None
        if not isinstance(about, dict):
            self._fault(member, FaultKind.MALFORMED, "its block is no JSON object")
            return None
        return about

    def _capture(self, member: WarcMember, about: dict[str, Any], said: list[dict[str, Any]]) -> None:
        row = self._fixity.capture(member.place.record_id)
        if row is None:
            what = f"no row belongs to this capture of {_shown(about.get('source'))}"
            self._no_row(member, what)
            return
        self._found(member, Role.CAPTURE, row)
        self._contradicts(member, _differences(_capture_pairs(member, about, row)))
        rows = {each["seq"]: each for each in self._fixity.exchanges_of(row["id"])}
        for seq, exchange in enumerate(said, start=1):
            self._exchange(member, seq, exchange, rows.pop(seq, None))
        for seq in rows:
            self._fault(member, FaultKind.CONTRADICTION, f"its row has an exchange {seq}, and the record has none")

    def _exchanges(self, member: WarcMember, about: dict[str, Any], said: list[dict[str, Any]]) -> None:
        for seq, exchange in enumerate(said, start=1):
            row = self._exchange_row(about, seq, exchange)
            if row and row["capture_id"] is None:
                self._findings.rows[Role.DESCRIBED].append(row["id"])
                pairs = [("crawl", about.get("crawl"), row["crawl_id"]), ("seq", seq, row["seq"])]
                self._contradicts(member, _differences(pairs))
            self._exchange(member, seq, exchange, row)

    def _exchange_row(self, about: dict[str, Any], seq: int, said: dict[str, Any]) -> sqlite3.Row | None:
        if response := _text(said.get("response")):
            return self._fixity.response(response)
        if request := _text(said.get("request")):
            return self._fixity.request(request)
        crawl = about.get("crawl")
        crawl_id = crawl if isinstance(crawl, int) and abs(crawl) < 1 << 63 else 0
        return self._fixity.loose(crawl_id, seq, _text(said.get("url")), _text(said.get("requested_at")))

    def _exchange(self, member: WarcMember, seq: int, said: dict[str, Any], row: sqlite3.Row | None) -> None:
        if row is None:
            self._no_row(member, f"no row belongs to its exchange {seq}, {_shown(said.get('url'))}")
            return
        pairs = [
            (f"{name} of exchange {seq}", said[name], row[column]) for name, column in _EXCHANGE.items() if name in said
        ]
        received = self._recent.get(_text(said.get("response")))
        if received is not None and "bytes" in said:
            pairs.append((f"bytes of exchange {seq}", said["bytes"], received))
        self._contradicts(member, _differences(pairs))

    def _statement(self, member: WarcMember) -> None:
        about = self._json(member)
        if about is None:
            return
        row = self._fixity.statement(member.place.record_id)
        if row is None:
            what = f"no row belongs to this statement ({_shown(about.get('kind'))}, {_shown(about.get('subject'))})"
            self._no_row(member, what)
            return
        self._found(member, Role.STATEMENT, row)
        pairs: list[Pair] = [(name, _text(about.get(name)), row[name]) for name in _STATEMENT]
        uri = f"{STATEMENT_URI}{row['kind']}:{quote(str(row['subject']), safe='')}"
        pairs.append(("WARC-Target-URI", member.header("WARC-Target-URI"), uri))
        pairs.append(("WARC-Date", member.header("WARC-Date"), row["stated_at"]))
        self._contradicts(member, [*_differences(pairs), *contradictions(self._catalogue, row, about)])


Pair = tuple[str, Any, Any]
"""A name, what the record says, and what the row says."""


def _differences(pairs: Iterable[Pair]) -> Iterator[str]:
    for name, said, kept in pairs:
        if said != kept:
            yield f"{name} is {_shown(said)} in the record and {_shown(kept)} in its row"


def _named_fields(member: WarcMember, role: Role, row: sqlite3.Row) -> Iterator[Pair]:
    yield "WARC-Target-URI", member.header("WARC-Target-URI"), target_uri(str(row["url"]))
    yield "WARC-Date", member.header("WARC-Date"), row["requested_at"]
    if role is Role.REQUEST:
        yield "WARC-Concurrent-To", member.header("WARC-Concurrent-To"), row["record_id"]
        return
    yield "WARC-Type", member.type, RecordType.REVISIT if row["refers_to"] else RecordType.RESPONSE
    yield "WARC-IP-Address", member.header("WARC-IP-Address"), row["ip"]
    yield "WARC-Payload-Digest", member.header("WARC-Payload-Digest"), row["payload_digest"]
    yield "WARC-Refers-To", member.header("WARC-Refers-To"), row["refers_to"]
    # A row from before the column was there has None; its `metadata` record is held against it as far as it says.
    if row["truncated"] is not None:
        yield "WARC-Truncated", member.header("WARC-Truncated"), row["truncated"]


def _status_problem(status: int, row: sqlite3.Row) -> str | None:
    """Say what is wrong with the status of a response; none is right only where the row says why there is none."""
    if row["http_status"] is None:
        return None if row["error"] else "its row has neither a status nor an error"
    if row["http_status"] == status:
        return None
    return f"its status is {status or 'no number'}, and {row['http_status']} in its row"


def _capture_pairs(member: WarcMember, about: Mapping[str, Any], row: sqlite3.Row) -> Iterator[Pair]:
    source = _text(about.get("source"))
    yield "WARC-Target-URI", member.header("WARC-Target-URI"), target_uri(source)
    yield "WARC-Date", member.header("WARC-Date"), row["finished_at"]
    if url_key(source) != url_key(str(row["source_url"])):
        yield "source", source, row["source_url"]
    for name, column in _CAPTURE.items():
        if name in about:
            yield name, about[name], row[column]
    yield "evidence", about.get("evidence"), _outcome_evidence(row["evidence"])


def _outcome_evidence(evidence: Any) -> Any:
    try:
        return json.loads(evidence)["outcome"]
    except (TypeError, ValueError, KeyError):
        return evidence


def _has_exchanges(about: Mapping[str, Any]) -> bool:
    return isinstance(about.get("exchanges"), list)


def _last_record(exchanges: list[dict[str, Any]]) -> str | None:
    """Return the id of the last record of exchanges that a `metadata` record tells of, if they have any."""
    ids = (_text(each.get("response")) or _text(each.get("request")) for each in reversed(exchanges))
    return next((record_id for record_id in ids if record_id), None)


def _text(value: Any) -> str:
    """Return *value* if it is text that can be looked for, else nothing."""
    return storable(value) if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
