"""Crawls killed at random instants, and at the places where it hurts most; then what is left is looked through.

200 kills in the ordinary run, 1,000 in `make soak` (`pytest -m soak`), where a summary is printed. SOURCEKEEP_SEED
draws other ends; which crawl meets which is up to the machine as well.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import pytest
from durability import LANES, Ended, Lane, Lanes
from durability.crawls import LARGE, OUTCOMES, crawl
from durability.fates import Fates
from durability.trial import KINDS, Findings, Trial
from durability.web import Web
from mockserver.crawling import make_archive

from archive.folder import ArchiveFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from durability.evidence import Record

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and waits on pidfds")

SEED = int(os.environ.get("SOURCEKEEP_SEED", "3"))
ENDS = ["kill", "cut", "cut of what a kill left unsynced"]
KILLS_OF_ONE_ARCHIVE = (6, 24)
ROTATE_AT = 60_000


@dataclass
class Campaign:
    """Archives taken through kills, by several lanes at once."""

    kills: int
    web: Web
    directory: Path
    fates: Fates = field(default_factory=lambda: Fates(Random(SEED)))
    findings: Findings = field(default_factory=lambda: defaultdict(list))
    responses: dict[str, Record] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    captures: int = 0
    archives: int = 0
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, lanes: Lanes) -> None:
        """Kill, in every lane, until there were enough."""
        started = time.monotonic()
        lanes.map(self._rehearse, [self.directory / "rehearsal"])
        lanes.map(self._archives, [Random(f"{SEED} {number}") for number in range(LANES)])
        self.seconds = time.monotonic() - started

    def _archives(self, lane: Lane, random: Random) -> None:
        while self.ends["killed"] < self.kills:
            self._archive(lane, random)

    def _rehearse(self, lane: Lane, path: Path) -> None:
        """Let a crawl live, to learn how long it takes and which places it passes."""
        folder = make_archive(path, OUTCOMES)
        ended = lane.run(crawl(folder, self.web, "--all", processes=2, rotate_at=ROTATE_AT, faults={"action": "kill"}))
        assert ended.status == 0, ended.output
        self.fates.learn(ended)

    def _archive(self, lane: Lane, random: Random) -> None:
        with self.lock:
            self.archives += 1
            outcomes = OUTCOMES | (LARGE if self.archives % 5 == 0 else {})
            folder = make_archive(self.directory / f"archive-{self.archives}", outcomes)
        trial = Trial(folder, outcomes)
        wanted = random.randint(*KILLS_OF_ONE_ARCHIVE)
        while wanted and self.ends["killed"] < self.kills:
            with self.lock:
                end = self.fates.draw(trial.synced(), torn=trial.is_torn())
            which = ["--all"] if random.random() < 0.85 else []
            ended = lane.run(crawl(folder, self.web, *which, processes=2, rotate_at=ROTATE_AT, **end))
            trial.look(ended)
            wanted -= ended.killed
            self._count(ended)
        trial.look_at_the_end(lane.run(crawl(folder, self.web, "--all")))
        trial.prove(lane)
        self._gather(trial)

    def _count(self, ended: Ended) -> None:
        with self.lock:
            self.fates.learn(ended)
            self.ends["killed" if ended.killed else f"ended with {ended.status}"] += 1
        assert self.ends.total() < 3 * self.kills, "most crawls are not killed"

    def _gather(self, trial: Trial) -> None:
        with self.lock:
            self.captures += len(trial.now.captures)
            self.responses |= {key: each[0] for key, each in trial.now.records.items() if each[0].type == "response"}
            for kind, wrong in trial.findings.items():
                self.findings[kind] += wrong

    def summary(self) -> str:
        """Return what the campaign came to, in lines."""
        places, others = self.fates.struck, {end: count for end, count in self.ends.items() if end != "killed"}
        crawls = f"{self.ends['killed']} kills of crawls of {self.archives} archives with {self.captures} captures"
        lines = [
            f"{crawls} in {self.seconds:.0f} s (seed {SEED}; other crawls: {others})",
            f"{self.fates.by_clock} at a random instant, in {self.fates.fetchers} of them of a fetching process;",
            f"{places.total()} at {len(places)} places:",
            *(f"{count:6} {place}" for place, count in sorted(places.items())),
            f"passed, and nobody was killed there: {', '.join(self.fates.untried) or 'none'}",
            *(f"{len(self.findings[kind]):6} found: {kind}" for kind in KINDS),
        ]
        return "\n".join(lines)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with Web(tmp_path_factory.mktemp("web")) as web:
        yield web


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with Lanes() as lanes:
        yield lanes


@pytest.fixture(scope="module", params=[200, pytest.param(1000, marks=pytest.mark.soak)])
def campaign(
    request: pytest.FixtureRequest, lanes: Lanes, web: Web, tmp_path_factory: pytest.TempPathFactory
) -> Campaign:
    campaign = Campaign(request.param, web, tmp_path_factory.mktemp("kills"))
    campaign.run(lanes)
    return campaign


def assert_none(wrong: list[str], what: str = "") -> None:
    assert not wrong, "\n".join([f"{what}: {len(wrong)} found, seed {SEED}", *wrong[:10]])


@pytest.mark.parametrize("kind", KINDS)
def test_after_all_kills_there_is_nothing(campaign: Campaign, kind: str) -> None:
    assert_none(campaign.findings[kind], kind)


def test_responses_are_what_the_server_sent(campaign: Campaign) -> None:
    assert len(campaign.responses) > campaign.kills
    assert_none(campaign.web.not_as_sent(campaign.responses.values()), "not as the server sent it")


def test_kills_fall_at_most_places(campaign: Campaign) -> None:
    sys.stdout.write(f"\n{campaign.summary()}\n")  # `make soak` shows it
    assert campaign.ends["killed"] >= campaign.kills
    assert campaign.fates.by_clock >= campaign.kills / 2
    assert campaign.fates.fetchers >= campaign.kills / 20
    assert len(campaign.fates.struck) >= 40
    if campaign.kills >= 1000:
        assert len(campaign.fates.untried) < 0.1 * len(campaign.fates.struck)


def crawl_that_tore(lane: Lane, directory: Path, web: Web) -> Trial:
    """Make an archive whose crawl died before a commit, and with half a record at the end of its file."""
    rehearsed = lane.run(crawl(make_archive(directory / "rehearsal", OUTCOMES), web, faults={"action": "kill"}))
    (commits, place) = max((n, place) for place, n in rehearsed.passed.items() if place.endswith("before commit"))
    for seed in range(20):
        trial = Trial(make_archive(directory / str(seed), OUTCOMES), OUTCOMES)
        faults = {"action": "kill", "seed": seed, "hazards": {place: 1 / commits}}
        trial.look(lane.run(crawl(trial.folder, web, faults=faults)))
        rows = {row["record_id"] for row in trial.now.captures.values()}
        if rows and any(record.id not in rows for record, _ in trial.now.capture_records()):
            break
    assert rows
    (left,) = trial.now.open_files()
    with (trial.folder.warc_dir / left).open("ab") as file:
        file.write(b"\x1f\x8b\x08 half a record")
    return Trial(trial.folder, OUTCOMES)


@pytest.mark.parametrize(
    "ends", [ENDS, *(pytest.param([end], marks=pytest.mark.soak) for end in ENDS)], ids=" or ".join
)
def test_start_that_dies_at_any_of_its_steps_is_done_again(
    lanes: Lanes, web: Web, tmp_path: Path, ends: list[str]
) -> None:
    (torn,) = lanes.map(lambda lane, path: crawl_that_tore(lane, path, web), [tmp_path])

    def start(lane: Lane, step: int) -> tuple[Ended, Findings]:
        """Let a start die at one of its steps, and then another one live; 0 is no step."""
        shutil.copytree(torn.folder.path, tmp_path / f"step {step}")
        trial = Trial(ArchiveFolder(tmp_path / f"step {step}"), OUTCOMES)
        end = ends[step % len(ends)]
        faults = {"action": end.split()[0], "seed": SEED + step, "nth": step or None}
        faults["synced"] = torn.synced() if "unsynced" in end else {}
        ended = lane.run(crawl(trial.folder, web, "--all", faults=faults, ends_when_open=True))
        trial.look(ended)
        trial.look(lane.run(crawl(trial.folder, web, "--all", ends_when_open=True)))
        return ended, trial.findings

    ((lived, _),) = lanes.map(start, [0])
    assert lived.passed_before
    assert lived.passed_before > 20
    ended = lanes.map(start, range(1, lived.passed_before + 1))
    for kind in KINDS:
        assert_none([wrong for _, findings in ended for wrong in findings[kind]], kind)
