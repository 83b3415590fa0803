"""One archive through many ends: after each, what must be true is looked for, and what is not is found.

What must be true (issue 3): nothing acknowledged is lost, nothing is doubled, every WARC reads to its end.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from comparing_catalogues import differences, tables_of

from archive.settings import Settings
from archive.standing import failures_after, next_due
from archive.words import Outcome
from durability import Order
from durability.crawls import SITES
from durability.evidence import OPEN, Evidence, faults_by_fastwarc, members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.folder import ArchiveFolder
    from durability import Ended, Lane
    from durability.evidence import Record

LOST = "acknowledged or whole, and lost"
DOUBLED = "doubled"
UNREADABLE = "not readable to its end"
LEFT_OVER = "left over"
WITHOUT_ROW = "a whole record without its row"
UNTRUE = "a row that says something else than its record"
BROKEN_OFF = "an undisturbed crawl that does not get to its end"
CATALOGUE = "a catalogue that is not sound"
UNPROVEN = "not proven by verify, or rebuilt otherwise than it was"
KINDS = (LOST, DOUBLED, UNREADABLE, LEFT_OVER, WITHOUT_ROW, UNTRUE, BROKEN_OFF, CATALOGUE, UNPROVEN)

Findings = dict[str, list[str]]
"""By kind: what is wrong, and after which ends."""


class Trial:
    """An archive, what is known of it, and what was found wrong with it."""

    def __init__(self, folder: ArchiveFolder, outcomes: Mapping[str, str]) -> None:
        self.folder = folder
        self._outcomes = outcomes
        """By cited URL: what an undisturbed capture comes to."""
        self.findings: Findings = defaultdict(list)
        self.now = Evidence.of(folder.path)
        self._found: set[tuple[str, str]] = set()
        self._history: list[str] = []
        self._acknowledged: dict[int, str] = {}
        self._known: dict[str, tuple[tuple[str, int, int], str]] = {}
        self._finished: dict[str, str] = {}
        self._tails: set[tuple[str, bytes]] = set()
        self._remember()

    def look(self, ended: Ended) -> None:
        """Look at what a process left that has just ended, however it ended."""
        before, self.now = self.now, Evidence.of(self.folder.path)
        self._history.append(_in_words(ended))
        self._acknowledged |= ended.acknowledged
        self._find(CATALOGUE, self.now.problems)
        self._forget(ended, before)
        self._find(LEFT_OVER, [f"{ended.orphans} processes"] if ended.orphans else [])
        if ended.fetcher_killed:
            self._look_behind_a_dead_fetcher(ended)
        self._look_for_lost()
        self._look_for_doubled(ended, before)
        self._look_at_files()
        if ended.planned is not None or ended.status == 0:
            self._look_behind_a_start(before)
        self._remember()

    def look_at_the_end(self, ended: Ended) -> None:
        """Look at everything, behind an undisturbed crawl of all sources."""
        self.look(ended)
        self._find(LEFT_OVER, sorted(self.now.open_files() | self.now.parts()))
        captured = {
            self.now.sources[row["source_id"]]["url"]: row["outcome"].replace("not-modified", "fetched")
            for row in self._captures_of(ended)
        }
        if ended.status != 0 or "Traceback" in ended.output:
            self._find(BROKEN_OFF, [f"status {ended.status}: {ended.output}"])
        self._find(BROKEN_OFF, _differences(captured, self._outcomes))
        self._look_for_untrue_rows()
        self._look_at_the_order()
        self._look_at_standings()
        self._look_at_indexes()
        paths = [self.folder.warc_dir / name for name in self.now.files]
        for path in paths:
            self._find(UNREADABLE, faults_by_fastwarc(path))
        tested = subprocess.run(["gzip", "-t", *paths], capture_output=True, text=True, check=False)
        self._find(UNREADABLE, [tested.stderr] if tested.returncode else [])

    def prove(self, lane: Lane) -> None:
        """Let `verify` look at the archive, and `rebuild` make its catalogue anew."""
        verified = lane.run(Order(str(self.folder.path), ["verify"]))
        self._find(UNPROVEN, [verified.output] if verified.status else [])
        before = tables_of(self.folder.catalogue_path)
        self.folder.catalogue_path.unlink()
        rebuilt = lane.run(Order(str(self.folder.path), ["rebuild", "--no-extract"]))
        self._find(UNPROVEN, [rebuilt.output] if rebuilt.status else [])
        self._find(UNPROVEN, differences(before, tables_of(self.folder.catalogue_path)))

    def _forget(self, ended: Ended, before: Evidence) -> None:
        """Forget what a power cut may take: what a killed process left unsynced, and no row tells of."""
        faults = ended.order.faults or {}
        if not ended.struck or faults["action"] != "cut":
            return
        for name, end in (faults.get("synced") or {}).items():
            self._tails -= {tail for tail in self._tails if tail[0] == name.removesuffix(OPEN)}
            for record in before.files[name].records:
                if record.offset >= end:
                    self._known.pop(record.id, None)

    def synced(self) -> dict[str, int]:
        """Return how much of each open file is surely on disk, of its bytes: what rows tell of was synced."""
        places = {record_id: place for _, record_id, place in self.now.places()}
        for record, about in self.now.told():
            if any(exchange["request"] in places for exchange in about.get("exchanges", ())):
                places[record.id] = record.place
        ends = dict.fromkeys(self.now.open_files(), 0)
        for name, offset, length in places.values():
            if name + OPEN in ends:
                ends[name + OPEN] = max(ends[name + OPEN], offset + length)
        return ends

    def is_torn(self) -> bool:
        """Tell whether a file ends with bytes that are no whole member."""
        return any(self.now.files[name].tail for name in self.now.open_files())

    def _find(self, kind: str, wrong: Any) -> None:
        after = " | ".join(self._history[-4:])
        for each in wrong:
            if (kind, each) not in self._found:  # it stays wrong, and once is enough
                self._found.add((kind, each))
                self.findings[kind].append(f"{self.folder.path.name}: {each} [after {after}]")

    def _captures_of(self, ended: Ended) -> list[Mapping[str, Any]]:
        return [row for row in self.now.captures.values() if row["crawl_id"] == ended.planned]

    def _look_for_lost(self) -> None:
        now = self.now
        for number, url in self._acknowledged.items():
            row = now.captures.get(number)
            if row is None or now.sources[row["source_id"]]["url"] != url:
                self._find(LOST, [f"the acknowledged capture {number} of {url} has no row"])
        for row_name, record_id, place in now.places():
            if place not in [record.place for record in now.records.get(record_id, ())]:
                self._find(LOST, [f"{row_name} points at {record_id}, which isn't at {place}"])
        for record_id, (record, *_) in now.records.items():
            if record.type == "revisit" and not self._leads_to_its_original(record):
                self._find(LOST, [f"the original of {record_id}, to which it refers"])
        self._look_for_changed()

    def _leads_to_its_original(self, revisit: Record) -> bool:
        """Tell whether a response is where a revisit record says that it is, in all that it says of it."""
        (original, *_) = self.now.records.get(revisit.headers["warc-refers-to"], (None,))
        if original is None or original.type != "response":
            return False
        digests = {each.headers.get("warc-payload-digest") for each in (revisit, original)} - {None}
        return len(digests) == 1 and all(
            revisit.headers[f"warc-refers-to-{name}"] == original.headers[f"warc-{name}"]
            for name in ("target-uri", "date")
        )

    def _look_for_changed(self) -> None:
        """Look for what was whole or finished, and isn't what it was."""
        now = self.now
        for record_id, known in self._known.items():
            if known not in [(record.place, record.member_digest) for record in now.records.get(record_id, ())]:
                self._find(LOST, [f"{record_id} was whole at {known[0]}, and isn't any more"])
        for name, digest in self._finished.items():
            if name not in now.files or now.files[name].digest != digest:
                self._find(LOST, [f"the finished {name} has changed or gone"])
        torn = [name for name, contents in now.torn if any(members(contents))]
        self._find(LOST, [f"a whole member is among the torn bytes of {name}" for name in torn])

    def _look_for_doubled(self, ended: Ended, before: Evidence) -> None:
        now = self.now
        self._find(DOUBLED, [f"{key} is there {len(each)} times" for key, each in now.records.items() if len(each) > 1])
        once = Counter((about["crawl"], about["source"], about["via"]) for _, about in now.capture_records())
        self._find(DOUBLED, [f"{key} has {count} metadata records" for key, count in once.items() if count > 1])
        rows = Counter((row["crawl_id"], row["source_id"], row["via"]) for row in now.captures.values())
        self._find(DOUBLED, [f"{key} has {count} rows" for key, count in rows.items() if count > 1])
        self._find(DOUBLED, [f"torn bytes of {name}" for (name, _), n in Counter(now.torn).items() if n > 1])
        if "--all" not in ended.order.arguments:
            had = {about["source"] for _, about in before.capture_records()}
            again = [now.sources[row["source_id"]]["url"] for row in self._captures_of(ended)]
            self._find(DOUBLED, [f"{url} was there, not due, and fetched again" for url in again if url in had])

    def _look_at_files(self) -> None:
        for name, file in self.now.files.items():
            if not file.is_open and file.tail:
                self._find(UNREADABLE, [f"{name} ends with {len(file.tail)} bytes that are no gzip member"])
            if not file.is_open and not file.records:
                self._find(UNREADABLE, [f"{name} is finished and empty"])
            if file.records and file.records[0].type != "warcinfo":
                self._find(UNREADABLE, [f"{name} doesn't begin with a warcinfo record"])

    def _look_behind_a_start(self, before: Evidence) -> None:
        """Look at what a start must have put right of what there was before it."""
        now = self.now
        # One without a record is removed, and a new one may have its name.
        stale = [name for name in before.open_files() & now.open_files() if before.files[name].records]
        self._find(LEFT_OVER, [f"{name}, from before the last start" for name in stale])
        self._find(LEFT_OVER, sorted(before.parts() & now.parts()))
        self._look_for_rows(before)
        for name, tail in self._tails:
            if (name, tail) not in now.torn:
                self._find(LOST, [f"the torn tail of {name}, {len(tail)} bytes"])

    def _look_behind_a_dead_fetcher(self, ended: Ended) -> None:
        """Look whether a crawl came to an orderly end without one of its processes, and what the others fetch is there.

        One that had said its last word before it was killed had handed over all.
        """
        said = "a fetching process died (signal SIGKILL)" in ended.output
        if "Traceback" in ended.output or (ended.status, said) not in {(0, False), (1, True)}:
            self._find(BROKEN_OFF, [f"status {ended.status}: {ended.output}"])
        self._find(LEFT_OVER, sorted(self.now.open_files() | self.now.parts()))
        if ended.planned is None or "--all" not in ended.order.arguments:
            return
        captured = {row["source_id"] for row in self._captures_of(ended)}
        lacking = {source["site"] for number, source in self.now.sources.items() if number not in captured}
        if lacking.issuperset(SITES) or (lacking and not said):
            self._find(BROKEN_OFF, [f"sources of {sorted(map(str, lacking))} have no capture: more than one fetches"])

    def _look_for_rows(self, before: Evidence) -> None:
        """Look for the rows of what was recorded whole before a start."""
        now = self.now
        rows = {record_id for _, record_id, _ in now.places()}
        for record, about in before.told():
            if about["kind"] != "exchanges":
                if record.id not in rows:
                    what = about.get("source") or about.get("subject")
                    self._find(WITHOUT_ROW, [f"{about['kind']} {what}, {record.id} at {record.place}"])
                continue
            for exchange in about["exchanges"]:
                lacking = [each for each in (exchange["response"], exchange["request"]) if each and each not in rows]
                self._find(WITHOUT_ROW, [f"{exchange['purpose']} {exchange['url']}, {each}" for each in lacking])

    def _look_for_untrue_rows(self) -> None:
        """Compare each row of a capture with the `metadata` record that it names."""
        for number, row in self.now.captures.items():
            (record, *_) = self.now.records.get(row["record_id"], (None,))
            about = record.capture() if record else None
            if about is None:
                self._find(UNTRUE, [f"capture {number} names no metadata record of a capture"])
                continue
            again = self.now.captures.get(row["revisit_of"], {})
            has = {
                **row,
                "source": self.now.sources[row["source_id"]]["url"],
                "crawl": row["crawl_id"],
                "evidence": json.loads(row["evidence"])["outcome"],
                "revisit_of": again.get("record_id"),
            }
            wrong = [*_untrue(has, about), *self._untrue_exchanges(number, about)]
            self._find(UNTRUE, [f"capture {number}: {each}" for each in wrong])

    def _untrue_exchanges(self, number: int, about: Mapping[str, Any]) -> list[str]:
        rows = [row for row in self.now.exchanges.values() if row["capture_id"] == number]
        has = [{**row, "response": row["record_id"], "request": row["request_record_id"]} for row in rows]
        has.sort(key=lambda row: row["seq"])
        if len(has) != len(about["exchanges"]):
            return [f"{len(has)} exchanges, of {len(about['exchanges'])}"]
        wrong = []
        for row, says in zip(has, about["exchanges"], strict=True):
            wrong += _untrue(row, says)
            for record in self.now.records.get(row["record_id"], ()):
                digest = record.headers.get("warc-payload-digest", row["payload_digest"])
                wrong += _differences({"payload_digest": digest}, {"payload_digest": row["payload_digest"]})
        return wrong

    def _look_at_the_order(self) -> None:
        """Compare the order of the rows with that of their records: it is all that tells what came after what."""
        rows = self.now.captures.values()
        written = sorted(rows, key=lambda row: (row["crawl_id"], row["warc_file"], row["warc_offset"]))
        if [row["id"] for row in written] != sorted(self.now.captures):
            self._find(UNTRUE, ["the order of the captures is not that of their records"])

    def _look_at_indexes(self) -> None:
        """Look whether each finished file has an index, of every answer in it and of nothing else."""
        for name, file in self.now.files.items():
            index = name.removesuffix(".warc.gz") + ".cdxj"
            if index not in self.now.others:
                self._find(UNREADABLE, [f"{name} has no index"])
                continue
            lines = (self.folder.warc_dir / index).read_text(encoding="ascii").splitlines()
            fields = [json.loads(line[line.index("{") :]) for line in lines]
            listed = {(int(each["offset"]), int(each["length"])) for each in fields}
            there = {(each.offset, each.length) for each in file.records}
            answers = {(each.offset, each.length) for each in file.records if each.is_answer}
            self._find(UNREADABLE, [f"{index}: nothing is at {place}" for place in listed - there])
            self._find(UNREADABLE, [f"{index} leaves out {place}" for place in answers - listed])

    def _look_at_standings(self) -> None:
        """Fold the captures of each source, in order: its failures, its last capture, when it is due."""
        settings = Settings()
        for number, source in self.now.sources.items():
            failures, last = 0, None
            for capture_id, row in sorted(self.now.captures.items()):
                if row["source_id"] == number:
                    failures, last = failures_after(Outcome(row["outcome"]), failures), (capture_id, row)
            if last is None:
                self._find(BROKEN_OFF, [f"{source['url']} has no outcome"])
                continue
            finished = datetime.fromisoformat(last[1]["finished_at"])
            due = next_due(Outcome(last[1]["outcome"]), failures, finished, settings)
            expected = {"failures": failures, "last_capture_id": last[0], "next_due_at": due}
            self._find(
                UNTRUE, [f"{source['url']}: {text}" for text in _differences(_only(source, *expected), expected)]
            )

    def _remember(self) -> None:
        for record_id, records in self.now.records.items():
            self._known.setdefault(record_id, (records[0].place, records[0].member_digest))
        for name, file in self.now.files.items():
            if not file.is_open:
                self._finished.setdefault(name, file.digest)
            elif file.tail:
                self._tails.add((name.removesuffix(OPEN), file.tail))


def _in_words(ended: Ended) -> str:
    how = ended.struck or (f"killed after {ended.seconds:.3f} s" if ended.killed else f"ended with {ended.status}")
    how = f"a fetching process {how}" if ended.fetcher_killed else how
    action = (ended.order.faults or {}).get("action", "")
    seed = (ended.order.faults or {}).get("seed", "")
    return f"crawl {ended.planned} {'--all' if '--all' in ended.order.arguments else ''}: {action} {how} (seed {seed})"


def _untrue(row: Mapping[str, Any], says: Mapping[str, Any]) -> list[str]:
    """Return where a row and its record have the same name for something and say different things."""
    names = [name for name in says if name in row and name != "exchanges"]
    return _differences(_only(row, *names), _only(says, *names))


def _only(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _differences(has: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    keys = [*expected, *(key for key in has if key not in expected)]
    return [
        f"{key} is {has.get(key)!r}, not {expected.get(key)!r}" for key in keys if has.get(key) != expected.get(key)
    ]
