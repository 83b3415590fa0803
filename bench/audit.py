"""How long an audit of a million captures takes, and how much memory: `make bench-audit`.

The catalogue is generated: sources of many sites, with captures over some years that live, flap, move, are walled and
die; one in ten is a revisit, and of every third the text was compared. The audit runs as a program of its own; its peak
is held against that of an audit of a tenth of the captures of the same sources, so that what grows with captures shows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archive.clock import as_timestamp
from archive.folder import ArchiveFolder
from extract import drift

if TYPE_CHECKING:
    from collections.abc import Iterator

    Answer = tuple[str, int | None, str | None, int]

SECONDS = 10.0
"""The target for a million captures of 100,000 sources."""
GROWTH = 1.2
"""How much more memory ten captures of each source may take than one."""
_FIRST = datetime(2022, 1, 3, 3, 15, tzinfo=UTC)
_GOOD: Answer = ("fetched", 200, "article", 100)
_COURSES: tuple[tuple[str, int, tuple[Answer, ...]], ...] = (
    # outcome, status, verdict; how many of a hundred captures of a source that is ... have it
    ("live", 68, (("fetched", 200, "article", 97), ("timeout", None, None, 3))),
    ("walled", 12, (("http-error", 403, "bot-wall", 90), ("fetched", 200, "article", 10))),
    ("paywalled", 4, (("fetched", 200, "paywalled", 100),)),
    ("flapping", 4, (("fetched", 200, "article", 60), ("http-error", 503, "unknown", 40))),
    ("dying", 10, (("http-error", 404, "unknown", 100),)),
    ("withdrawn", 2, (("http-error", 451, "removed", 100),)),
)


class Run(NamedTuple):
    """One run of the audit."""

    seconds: float
    cpu: float
    peak_mib: float


def make_catalogue(folder: Path, sources: int, captures: int) -> None:
    """Make an archive with so many *sources*, and so many *captures* of each."""
    archive = ArchiveFolder.create(folder)
    archive.catalogue().close()
    with closing(sqlite3.connect(archive.catalogue_path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.executemany("INSERT INTO incidents VALUES (?, 'csv', NULL, ?, NULL, '{}', '', '', '')", _incidents(sources))
        db.executemany("INSERT INTO sources (id, url, url_key, host, site) VALUES (?, ?, ?, ?, ?)", _sources(sources))
        db.executemany(
            "INSERT INTO citations (incident_id, source_id, position, cited_as) VALUES (?, ?, ?, ?)",
            ((f"I{number // 4}", number, number % 4, f"u{number}") for number in range(1, sources + 1)),
        )
        db.executemany(
            "INSERT INTO crawls (id, started_at, trigger, settings, versions) VALUES (?, '', 'due', '{}', '{}')",
            ((turn,) for turn in range(captures)),
        )
        db.executemany(
            """INSERT INTO captures (source_id, crawl_id, requested_at, finished_at, final_url, outcome, http_status,
                 bytes, via, verdict, evidence, record_id, warc_file, warc_offset, warc_length)
               VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'http', ?, '{"outcome": {"rule": "http-status"}}', ?, 'w', 0, 1)""",
            _captures(sources, captures),
        )
        db.execute(
            """UPDATE captures SET revisit_of = (SELECT MAX(id) FROM captures AS before
                 WHERE before.source_id = captures.source_id AND before.id < captures.id)
               WHERE (id + crawl_id) % 10 = 7 AND outcome = 'fetched'"""
        )
        _compare_texts(db)
        db.execute("UPDATE sources SET last_capture_id = (SELECT MAX(id) FROM captures WHERE source_id = sources.id)")
        db.commit()


def _compare_texts(db: sqlite3.Connection) -> None:
    """Let every third capture have a text, which was compared with its source's first; of one in 25 it gave way."""
    db.execute(
        """INSERT INTO texts (id, capture_id, extractor, made_at, text, words, verdict, evidence)
             SELECT id, id, '', '', 'words', 1, verdict, '{}' FROM captures
             WHERE id % 3 = 0 AND outcome = 'fetched' AND revisit_of IS NULL"""
    )
    db.execute(
        """INSERT INTO drifts
             SELECT id, id, first, ?, CASE WHEN source_id % 25 = 3 THEN 'rewritten' ELSE 'same' END, 1, 1, 0, 0
             FROM (SELECT id, source_id, MIN(id) OVER (PARTITION BY source_id) AS first FROM captures
                   WHERE id IN (SELECT capture_id FROM texts))
             WHERE id <> first""",
        (drift.RULES,),
    )


def _incidents(sources: int) -> Iterator[tuple[str, str]]:
    return ((f"I{number}", str(2010 + number % 16)) for number in range(sources // 4 + 1))


def _url(number: int) -> str:
    return f"https://www.site{number % 5000}.example/{number % 12}/story-{number}.html"


def _sources(sources: int) -> Iterator[tuple[int, str, str, str, str]]:
    for number in range(1, sources + 1):
        site = f"site{number % 5000}.example"
        yield number, _url(number), f"{site}/{number % 12}/story-{number}.html", f"www.{site}", site


def _captures(sources: int, captures: int) -> Iterator[tuple[object, ...]]:
    """Iterate over the captures, crawl by crawl, as an archive gets them."""
    chance = random.Random(7)
    kinds = [kind for _, share, kind in _COURSES for _ in range(share)]
    chosen = [chance.choice(kinds) for _ in range(sources)]
    dies = [chance.randrange(captures) if captures > 1 else 0 for _ in range(sources)]
    for turn in range(captures):
        at = as_timestamp(_FIRST + timedelta(days=30 * turn))
        for number in range(1, sources + 1):
            answers = chosen[number - 1]
            if len(answers) == 1 and turn < dies[number - 1]:
                outcome, status, verdict, _ = _GOOD
            else:
                outcome, status, verdict, _ = chance.choices(answers, [answer[3] for answer in answers])[0]
            moved = number % 20 == 0 and turn * 2 > captures
            final = f"https://www.site{number % 5000}.example/new/story-{number}.html" if moved else _url(number)
            yield number, turn, at, at, final, outcome, status, verdict, f"urn:{turn}:{number}"


def run_audit(folder: Path) -> Run:
    """Run `sourcekeep audit --format json` on *folder*, and return what it took."""
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(folder), "audit", "--format", "json"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the audit ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, usage.ru_maxrss / 1024)


def main() -> None:
    """Make both catalogues, audit them, and print what it took; exit with 3 when the target is not reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--sources", type=int, default=100_000)
    parser.add_argument("--captures", type=int, default=10, help="of each source")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = parser.parse_args()
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as directory:
        for name, captures in (("one capture each", 1), ("all", given.captures)):
            folder = Path(directory) / name
            make_catalogue(folder, given.sources, captures)
            run_audit(folder)  # judges what was never judged, and fills the disk's cache
            runs[name] = min(run_audit(folder) for _ in range(2))
    if given.json:
        print(json.dumps({name: run._asdict() for name, run in runs.items()}))
        return
    few, many = runs.values()
    total = given.sources * given.captures
    print(f"{total:,} captures of {given.sources:,} sources: {many.seconds:.1f} s ({many.cpu:.1f} s of processor time)")
    print(f"peak {many.peak_mib:.0f} MiB; with one capture of each source {few.peak_mib:.0f} MiB, {few.seconds:.1f} s")
    allowed = SECONDS * total / 1_000_000
    reached = many.seconds <= allowed and many.peak_mib <= GROWTH * few.peak_mib
    print(f"target {allowed:.1f} s, {GROWTH * few.peak_mib:.0f} MiB: {'reached' if reached else 'NOT reached'}")
    sys.exit(0 if reached else 3)


if __name__ == "__main__":
    main()
