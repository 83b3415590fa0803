"""`sourcekeep import`, from the command line to the rows of a real catalogue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click import Choice
from click.testing import CliRunner
from incident_files import written

from archive.errors import ArchiveError
from archive.folder import ArchiveFolder
from sourcekeep.__main__ import cli
from sourcekeep.commands import import_
from sourcekeep.incidents import FORMATS
from sourcekeep.invocation import with_archive

if TYPE_CHECKING:
    from pathlib import Path

    from archive.records import Incident

TABLE = """id,title,url
1,One,https://a.example/1
2,Two,"https://a.example/2, http://www.a.example/1?utm_source=x"
3,Three,hard::no-url
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def run(archive: Path, *arguments: object) -> str:
    """Run the command as a user does; an ArchiveError comes through, as `main` would print it."""
    result = CliRunner().invoke(cli, ["--archive", str(archive), "import", *map(str, arguments)])
    if isinstance(result.exception, ArchiveError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def report(archive: Path, *arguments: object) -> dict[str, Any]:
    answer = json.loads(run(archive, *arguments, "--json"))
    files: list[dict[str, Any]] = answer["files"]
    return files[0]


def incidents(archive: Path) -> list[Incident]:
    with ArchiveFolder.open(archive).catalogue() as catalogue:
        return list(catalogue.incidents.all())


def test_import_writes_incidents_sources_and_citations(archive: Path, tmp_path: Path) -> None:
    output = run(archive, written(tmp_path / "list.csv", TABLE))
    assert " ".join(output.split()) == (
        "list.csv (csv): 3 new, 0 changed, 0 unchanged, 0 quarantined; 4 URLs cited, 3 sources "
        'read column "url" as URLs and "id" as id (choose others with --url-column, --id-column) '
        f"next: {with_archive(archive)} crawl"
    )
    with ArchiveFolder.open(archive).catalogue() as catalogue:
        second = catalogue.incidents.get("2")
        assert second is not None
        assert [link.cited_as for link in second.links] == [
            "https://a.example/2",
            "http://www.a.example/1?utm_source=x",
        ]
        assert len(catalogue.sources.all()) == 3
        shared = catalogue.sources.find("https://a.example/1")
        assert shared is not None
        assert [incident for incident, _, _ in catalogue.incidents.citing(shared.id)] == ["1", "2"]


def test_same_file_again_changes_nothing(archive: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", TABLE + "4,Four,https://a.example,too much\n")
    run(archive, path)
    before = incidents(archive)
    again = report(archive, path)
    assert (again["new"], again["changed"], again["unchanged"], again["quarantined"]) == (0, 0, 3, 1)
    assert incidents(archive) == before
    with ArchiveFolder.open(archive).catalogue() as catalogue:
        assert [(one.file, one.line) for one in catalogue.incidents.quarantined()] == [("list.csv", 5)]


def test_changed_record_is_updated(archive: Path, tmp_path: Path) -> None:
    run(archive, written(tmp_path / "list.csv", TABLE))
    changed = report(archive, written(tmp_path / "list.csv", TABLE.replace("Two", "Deux").replace("hard::", "soft::")))
    assert (changed["new"], changed["changed"], changed["unchanged"]) == (0, 2, 1)
    assert [incident.title for incident in incidents(archive)] == ["One", "Deux", "Three"]


def test_ids_that_meet_are_told_apart_by_a_prefix(archive: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", TABLE)
    run(archive, path)
    run(archive, path, "--id-prefix", "other:")
    assert [incident.id for incident in incidents(archive)] == ["1", "2", "3", "other:1", "other:2", "other:3"]


def test_id_of_two_files_goes_to_the_first_each_time(archive: Path, tmp_path: Path) -> None:
    one = written(tmp_path / "one.csv", TABLE)
    other = written(tmp_path / "other.csv", "id,title,url\n1,Another,https://b.example\n9,Nine,https://c.example\n")
    for _ in range(2):
        output = run(archive, one, other)
        assert "the id 1 is already in one.csv" in " ".join(output.split())
    assert "0 new, 0 changed, 4 unchanged" in output
    assert [incident.title for incident in incidents(archive)] == ["One", "Two", "Three", "Nine"]
    with ArchiveFolder.open(archive).catalogue() as catalogue:
        (piece,) = catalogue.incidents.quarantined()
    assert (piece.file, piece.raw) == ("other.csv", "Another\nhttps://b.example")


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "id,url\n", "[1, 2", "\x00\x01\x02" * 50, "id,url\n,https://a.example\n,\n"]
)
def test_file_that_cannot_be_imported_leaves_no_trace(archive: Path, tmp_path: Path, content: str) -> None:
    good = written(tmp_path / "good.csv", TABLE)
    bad = written(tmp_path / ("bad.json" if content[:1] == "[" else "bad.csv"), content)
    with pytest.raises(ArchiveError, match=r"^bad\."):
        run(archive, good, bad, "--id-column", "id", *(["--url-column", "url"] if "url" in content else []))
    assert not archive.exists()


def test_error_in_the_middle_takes_everything_back(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(archive, written(tmp_path / "first.csv", "id,url\nx,https://x.example\n"))
    monkeypatch.setattr("sourcekeep.incidents.run._once", failing_at("3"))
    with pytest.raises(ArchiveError, match="disk"):
        run(archive, written(tmp_path / "list.csv", TABLE))
    assert [incident.id for incident in incidents(archive)] == ["x"]


def failing_at(incident_id: str) -> Any:
    def once(record: Any, *_: object) -> Any:
        if record.id == incident_id:
            raise ArchiveError("the disk is gone")
        return record

    return once


def test_dry_run_writes_nothing(archive: Path, tmp_path: Path) -> None:
    output = run(archive, written(tmp_path / "list.csv", TABLE), "--dry-run")
    assert output.startswith("list.csv (csv): 3 incidents, 0 quarantined; 4 URLs cited, 3 sources\n")
    assert output.endswith("dry run: nothing was written\n")
    assert not archive.exists()


def test_first_quarantined_are_named_and_the_rest_counted(archive: Path, tmp_path: Path) -> None:
    rows = "".join(f"{number},https://a.example/{number},too,much\n" for number in range(8))
    lines = run(archive, written(tmp_path / "list.csv", "id,url\nx,https://a.example\n" + rows)).splitlines()
    assert lines[0].startswith("list.csv (csv): 1 new, 0 changed, 0 unchanged, 8 quarantined; 1 URL cited, 1 source")
    assert sum(line.startswith("  quarantined list.csv line ") for line in lines) == 5
    assert "  and 3 more; all of them: sourcekeep status --quarantine" in lines


def test_names_in_a_file_cannot_command_the_terminal(archive: Path, tmp_path: Path) -> None:
    output = run(archive, written(tmp_path / "list.csv", "id\x1b[31m,url\n1,https://a.example\n"))
    assert "\x1b" not in output


def test_formats_of_the_command_are_those_there_are() -> None:
    (option,) = (one for one in import_.command.params if one.name == "format_name")
    assert isinstance(option.type, Choice)
    assert tuple(option.type.choices) == tuple(FORMATS)


def test_wrong_usage_is_told_as_such(archive: Path, tmp_path: Path) -> None:
    for arguments in ([], [tmp_path / "missing.csv"], [written(tmp_path / "a.csv", TABLE), "--format", "xml"]):
        result = CliRunner().invoke(cli, ["--archive", str(archive), "import", *map(str, arguments)])
        assert result.exit_code == 2
    assert not archive.exists()
