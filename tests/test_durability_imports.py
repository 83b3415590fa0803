"""Imports and rebuildings that die at any of their steps: the archive is what it was, or what it was to be."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from comparing_catalogues import differences, tables_of
from durability import Lane, Lanes, Order
from durability.crawls import FEW, crawl
from durability.trial import Trial
from durability.web import Web
from mockserver.crawling import make_archive

from archive.folder import ArchiveFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from durability import Ended

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and waits on pidfds")

FIRST = "id,url\n1,http://a.example/1\n2,http://a.example/2\n"
SECOND = "id,url\n1,http://a.example/1\n2,http://b.example/2\n3,http://c.example/3\n,http://nobody.example/\n"
"""One record is as it was, one has changed, one is new, and one has no id."""
ENDS = ["kill", "cut"]


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with Lanes() as lanes:
        yield lanes


def importing(folder: Path, file: Path, **circumstances: Any) -> Order:
    return Order(str(folder), ["import", str(file)], **circumstances)


def rebuilding(folder: Path, **circumstances: Any) -> Order:
    return Order(str(folder), ["rebuild", "--no-extract"], **circumstances)


def run_well(lane: Lane, order: Order) -> Ended:
    ended = lane.run(order)
    assert ended.status == 0, ended.output
    return ended


def contents(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the catalogue says of incidents, without times and numbers."""
    columns = {
        "incidents": "id, digest",
        "citations": "incident_id, position, cited_as",
        "quarantine": "line, reason",
        "ledger": "kind, subject",
    }
    with closing(sqlite3.connect(folder / "catalogue.db")) as connection:
        return {
            table: connection.execute(f"SELECT {names} FROM {table} ORDER BY {names}").fetchall()
            for table, names in columns.items()
        }


@pytest.mark.parametrize(
    "ends", [ENDS, *(pytest.param([end], marks=pytest.mark.soak) for end in ENDS)], ids=" or ".join
)
def test_import_that_dies_at_any_of_its_steps_is_whole_or_not_at_all(
    lanes: Lanes, tmp_path: Path, ends: list[str]
) -> None:
    first, second, template = (tmp_path / name for name in ("first.csv", "second.csv", "template"))
    first.write_text(FIRST, encoding="utf-8")
    second.write_text(SECOND, encoding="utf-8")
    lanes.map(run_well, [importing(template, first)])
    shutil.copytree(template, tmp_path / "lived")
    (lived,) = lanes.map(run_well, [importing(tmp_path / "lived", second, faults={"action": "kill"})])
    before, after = contents(template), contents(tmp_path / "lived")
    assert before != after

    def die_and_repeat(lane: Lane, step: int) -> None:
        path = tmp_path / f"step {step}"
        shutil.copytree(template, path)
        trial = Trial(ArchiveFolder(path), {})
        faults = {"action": ends[step % len(ends)], "seed": step, "nth": step}
        ended = lane.run(importing(path, second, faults=faults))
        assert ended.killed or ended.status == 0, ended
        trial.look(ended)
        assert contents(path) in (before, after), ended.struck
        trial.look(run_well(lane, importing(path, second)))
        assert contents(path) == after, ended.struck
        assert not trial.now.open_files(), ended.struck
        assert {kind: wrong for kind, wrong in trial.findings.items() if wrong} == {}

    lanes.map(die_and_repeat, range(1, sum(lived.passed.values()) + 1))


def test_first_import_that_dies_at_any_of_its_steps_is_done_by_the_next(lanes: Lanes, tmp_path: Path) -> None:
    """The catalogue is made in it."""
    file = tmp_path / "first.csv"
    file.write_text(FIRST, encoding="utf-8")
    (lived,) = lanes.map(run_well, [importing(tmp_path / "lived", file, faults={"action": "kill"})])

    def die_and_repeat(lane: Lane, step: int) -> None:
        path = tmp_path / f"step {step}"
        ended = lane.run(importing(path, file, faults={"action": ENDS[step % 2], "seed": step, "nth": step}))
        assert ended.killed or ended.status == 0, ended
        run_well(lane, importing(path, file))
        assert contents(path) == contents(tmp_path / "lived"), ended.struck

    lanes.map(die_and_repeat, range(1, sum(lived.passed.values()) + 1))


def test_rebuilding_that_dies_at_any_of_its_steps_leaves_a_whole_catalogue(lanes: Lanes, tmp_path: Path) -> None:
    template = make_archive(tmp_path / "template", FEW)
    with Web(tmp_path) as web:
        lanes.map(run_well, [crawl(template, web)])
    before = tables_of(template.catalogue_path)
    shutil.copytree(template.path, tmp_path / "lived")
    (lived,) = lanes.map(run_well, [rebuilding(tmp_path / "lived", faults={"action": "kill"})])

    def die_and_repeat(lane: Lane, step: int) -> None:
        path = tmp_path / f"step {step}"
        shutil.copytree(template.path, path)
        ended = lane.run(rebuilding(path, faults={"action": ENDS[step % 2], "seed": step, "nth": step}))
        assert ended.killed or ended.status == 0, ended
        assert differences(before, tables_of(path / "catalogue.db")) == [], ended.struck
        run_well(lane, rebuilding(path))
        assert differences(before, tables_of(path / "catalogue.db")) == [], ended.struck
        assert not list(path.glob("*.new*")), ended.struck

    steps = sum(lived.passed.values())
    # All rows are written in one way; what is done with the catalogues comes at the end.
    lanes.map(die_and_repeat, {*Random(steps).sample(range(1, steps), 15), *range(steps - 25, steps + 1)})
