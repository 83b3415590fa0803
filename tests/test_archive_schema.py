from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from mockserver.crawling import ROOT

from archive.catalogue import Catalogue
from archive.errors import CatalogueError, SchemaTooNewError
from archive.schema import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    *("incidents", "sources", "citations", "quarantine", "crawls", "captures", "exchanges", "texts", "notices"),
    *("quotation_checks", "quotations", "copies", "signatures"),
}

OPEN_IN_ROUNDS = """
import pathlib, sys
from archive.catalogue import Catalogue
print("ready", flush=True)
for path in sys.argv[2:]:
    sys.stdin.readline()
    with Catalogue(pathlib.Path(path)) as catalogue, catalogue.transaction():
        catalogue.sources.put(f"http://{sys.argv[1]}.example/")
    print("done", flush=True)
"""

DIE_IN_MIGRATION = """
import os, pathlib, signal, sys
import archive.schema
from archive.catalogue import Catalogue
record = archive.schema.MIGRATIONS._record_applied
def die(db, name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
    record(db, name)
archive.schema.MIGRATIONS._record_applied = die
Catalogue(pathlib.Path(sys.argv[1]))
"""


def run_sql(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(sql).fetchall()
    finally:
        connection.close()


def tables(path: Path) -> set[str]:
    rows = run_sql(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {str(name) for (name,) in rows if not str(name).startswith(("texts_fts", "_sqlite", "sqlite"))}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.db"


def test_new_catalogue_has_every_table(path: Path) -> None:
    Catalogue(path).close()
    assert tables(path) >= TABLES


def test_opening_again_changes_nothing(path: Path) -> None:
    Catalogue(path).close()
    before = run_sql(path, "SELECT * FROM sqlite_master ORDER BY name")
    Catalogue(path).close()
    assert run_sql(path, "SELECT * FROM sqlite_master ORDER BY name") == before


def test_catalogue_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    Catalogue(path).close()
    run_sql(path, "CREATE TABLE of_the_future (x)")
    run_sql(
        path,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('sourcekeep', 'm999_later', 'now')",
    )
    with pytest.raises(SchemaTooNewError, match=r"m999_later.*update"):
        Catalogue(path)
    assert "of_the_future" in tables(path)


def test_catalogue_is_in_wal_mode_so_that_readers_never_wait(path: Path) -> None:
    with Catalogue(path) as writing, Catalogue(path) as reading, writing.transaction():
        writing.sources.put("http://a.example/")
        assert reading.sources.all() == []


def test_references_are_enforced(path: Path) -> None:
    with Catalogue(path) as catalogue, pytest.raises(sqlite3.IntegrityError):
        catalogue._connection.execute(
            "INSERT INTO citations (incident_id, position, cited_as) VALUES ('missing', 1, 'x')"
        )


@pytest.mark.parametrize(
    "content", [b"not a database, but text that is long enough to look at" * 10, b"SQLite format 3\x00"]
)
def test_file_that_is_no_catalogue_is_an_error_that_names_it(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"catalogue\.db"):
        Catalogue(path)
    assert path.read_bytes() == content


def test_catalogue_in_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="missing"):
        Catalogue(tmp_path / "missing" / "catalogue.db")


def _hear(processes: list[subprocess.Popen[str]]) -> list[str]:
    return [process.stdout.readline() if process.stdout else "" for process in processes]


def test_processes_that_open_a_fresh_catalogue_at_once_all_succeed(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(12)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_IN_ROUNDS, str(number), *paths],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    said = _hear(processes)
    for _ in paths:
        if "" in said:  # one has died
            break
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        said = _hear(processes)
    ends = [(process.communicate(timeout=30)[1][-200:], process.returncode) for process in processes]
    assert ends == [("", 0)] * len(processes)
    for path in paths:
        with Catalogue(path) as catalogue:
            for number in range(len(processes)):
                assert catalogue.sources.find(f"http://{number}.example/")


@pytest.mark.parametrize("name", [migration.name for migration in MIGRATIONS._migrations])
def test_migration_that_is_killed_is_done_again_whole(path: Path, name: str) -> None:
    process = subprocess.run([sys.executable, "-c", DIE_IN_MIGRATION, str(path), name], cwd=ROOT, check=False)
    assert process.returncode == -signal.SIGKILL
    Catalogue(path).close()
    assert tables(path) >= TABLES


def test_read_only_catalogue_is_a_clear_error(path: Path) -> None:
    """A folder that nothing can be made in, for root too."""
    link = path.parent / "link"
    link.symlink_to("/proc/self")
    with pytest.raises(CatalogueError, match=r"catalogue\.db"):
        Catalogue(link / "catalogue.db")
    assert os.path.lexists(link)
