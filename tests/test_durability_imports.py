"""Imports that die at any of their steps: all of an import counts, or nothing of it, and the next one does the rest."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from durability import Lane, Order
from durability.trial import Trial

from archive.folder import ArchiveFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = "id,url\n1,http://a.example/1\n2,http://a.example/2\n"
SECOND = "id,url\n1,http://a.example/1\n2,http://b.example/2\n3,http://c.example/3\n,http://nobody.example/\n"
"""One record is as it was, one has changed, one is new, and one has no id."""
ENDS = ["kill", "cut"]


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    with Lane() as lane:
        yield lane


def importing(folder: Path, file: Path, **circumstances: Any) -> Order:
    return Order(str(folder), ["import", str(file)], **circumstances)


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
    lane: Lane, tmp_path: Path, ends: list[str]
) -> None:
    for name, text in (("first.csv", FIRST), ("second.csv", SECOND)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    template = tmp_path / "template"
    assert lane.run(importing(template, tmp_path / "first.csv")).status == 0
    before = contents(template)
    after: dict[str, list[tuple[Any, ...]]] = {}
    step, steps = 0, 1
    while step < steps:
        path = tmp_path / str(step)
        shutil.copytree(template, path)
        trial = Trial(ArchiveFolder(path), {})
        # The first one is let live, and tells how many steps there are.
        faults = {"action": ends[step % len(ends)], "seed": step, "nth": step or None}
        ended = lane.run(importing(path, tmp_path / "second.csv", faults=faults))
        if not step:
            after, steps = contents(path), sum(ended.passed.values())
        assert ended.killed or ended.status == 0, ended
        trial.look(ended)
        assert contents(path) in (before, after), ended.struck
        again = lane.run(importing(path, tmp_path / "second.csv"))
        assert again.status == 0, (ended.struck, again.output)
        trial.look(again)
        assert contents(path) == after, ended.struck
        assert not trial.now.open_files(), ended.struck
        assert {kind: wrong for kind, wrong in trial.findings.items() if wrong} == {}
        step += 1
    assert before != after
    assert steps > 20
