"""`sourcekeep verify`: what is said of an archive that is right or wrong, seals, time-stamps, and exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from tampering import PAGE, Sample, exchange, make_sample, pick, sql, warcs
from timestamp_authority import Authority

from archive.errors import ArchiveBusyError, ArchiveError
from archive.folder import ArchiveFolder
from archive.timestamp import TimestampError
from archive.words import Purpose
from sourcekeep import byte_progress, screen
from sourcekeep.__main__ import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("verify") / "archive").path


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> ArchiveFolder:
    return ArchiveFolder(shutil.copytree(template, tmp_path / "archive"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with Authority(tmp_path_factory.mktemp("authority")) as made:
        yield made


def run(folder: ArchiveFolder, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--archive", str(folder.path), "verify", *arguments])


def told(folder: ArchiveFolder, *arguments: str, code: int = 0) -> list[str]:
    result = run(folder, *arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout.splitlines()


def told_json(folder: ArchiveFolder, *arguments: str, code: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = json.loads("\n".join(told(folder, "--json", *arguments, code=code)))
    return made


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def test_right_archive_exits_with_0_and_says_what_was_looked_at(archive: ArchiveFolder) -> None:
    note, last = told(archive)
    assert note.startswith("note: 2 finished files are not sealed")
    assert last.startswith("checked 2 WARC files (29 records, ")
    assert last.endswith("), 19 rows, 1 text: nothing is wrong")


def test_fault_is_said_with_file_offset_and_record_id_and_exits_with_3(archive: ArchiveFolder) -> None:
    record = pick(archive, "response")
    sql(archive, "UPDATE exchanges SET payload_digest = 'sha256:X' WHERE record_id = ?", record.id)
    lines = told(archive, code=3)
    assert lines[0].startswith(f"{record.file} at {record.offset} ({record.id}): WARC-Payload-Digest is sha256:")
    assert lines[-1].endswith(": 2 faults")  # the metadata record says the digest too


def test_faults_as_json(archive: ArchiveFolder) -> None:
    record = pick(archive, "metadata", holding=b'"refused"')
    sql(archive, "UPDATE captures SET outcome = 'timeout' WHERE record_id = ?", record.id)
    made = told_json(archive, code=3)
    assert made["ok"] is False
    assert made["faults"] == [
        {
            "kind": "contradiction",
            "problem": "outcome is refused in the record and timeout in its row",
            "file": record.file,
            "offset": record.offset,
            "record_id": record.id,
        }
    ]
    assert made["checked"]["files"] == 2
    assert made["checked"]["rows"] == 19


def test_json_of_a_right_archive(archive: ArchiveFolder) -> None:
    made = told_json(archive)
    assert (made["ok"], made["faults"], made["seals"], made["sealed"]) == (True, [], [], None)


def test_many_faults_are_cut_for_people_and_whole_in_json(archive: ArchiveFolder) -> None:
    sql(archive, "UPDATE exchanges SET ip = '192.0.2.99' WHERE ip IS NOT NULL")
    lines = told(archive, code=3)
    made = told_json(archive, code=3)
    assert len(made["faults"]) > 10
    assert sum(" at " in line for line in lines) == 10
    assert any("more faults of this kind (contradiction)" in line for line in lines)
    assert "verify --json` has all" in "\n".join(lines)
    assert lines[-1].endswith(f": {len(made['faults'])} faults")


def test_escape_sequences_of_others_never_reach_the_terminal(archive: ArchiveFolder) -> None:
    record = pick(archive, "metadata", holding=b'"refused"')
    sql(archive, "UPDATE captures SET error = ? WHERE record_id = ?", "\x1b[31mred\u202e\nline", record.id)
    output = run(archive).stdout
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert "error is said in the record and red line in its row" in output


def test_seal_is_written_and_its_digest_printed(archive: ArchiveFolder) -> None:
    lines = told(archive, "--seal")
    path = archive.path / "seals" / "00001.json"
    assert "sealed by seals/00001.json" in lines
    assert any(hashlib.sha256(path.read_bytes()).hexdigest() in line for line in lines)
    assert not any("not sealed" in line for line in lines)
    assert lines[-1].endswith("1 text, 1 seal: nothing is wrong")
    assert told(archive)[-1] == lines[-1]
    assert "sealed already: 00001.json is of just these files" in told(archive, "--seal")


def test_archive_with_faults_is_not_sealed(archive: ArchiveFolder) -> None:
    flip(warcs(archive)[0], 500)
    lines = told(archive, "--seal", code=3)
    assert "not sealed: an archive with faults is not" in lines
    assert not (archive.path / "seals").exists()


def test_file_that_was_changed_behind_a_seal_is_found_though_all_else_agrees(
    archive: ArchiveFolder, tmp_path: Path
) -> None:
    """Who changes the WARC files and the catalogue together can only be found by the seal."""
    told(archive, "--seal")
    forged = Sample(tmp_path / "forged")
    forged.first_crawl()
    shutil.rmtree(archive.warc_dir)
    shutil.copytree(forged.folder.warc_dir, archive.warc_dir)
    for path in archive.path.glob("catalogue.db*"):
        path.unlink()
    shutil.copy(forged.folder.catalogue_path, archive.catalogue_path)
    made = told_json(archive, code=3)
    assert {fault["kind"] for fault in made["faults"]} == {"seal"}


def test_nothing_to_seal_is_no_error(tmp_path: Path) -> None:
    assert "not sealed: there is no finished WARC file yet" in told(Sample(tmp_path / "archive").folder, "--seal")


def test_two_seals_at_once_are_refused(archive: ArchiveFolder) -> None:
    with archive.lock("seal"):
        assert isinstance(run(archive, "--seal").exception, ArchiveBusyError)
        told(archive)  # looking needs no lock


def test_time_stamp_of_a_seal(archive: ArchiveFolder, authority: Authority) -> None:
    root = str(authority.root)
    lines = told(archive, "--seal", "--timestamp", authority.url, "--tsa-certificate", root)
    assert any(
        line.startswith("sealed by seals/00001.json; it existed at 20") and "holds for CN=Root" in line
        for line in lines
    )
    made = told_json(archive, "--tsa-certificate", root)
    (seal,) = made["seals"]
    assert (seal["timestamp"]["signed_by"], seal["timestamp"]["trusted"]) == ("CN=Root", True)
    assert any("whose signature was not checked" in line for line in told(archive))


def test_manifest_that_was_changed_behind_its_time_stamp_is_found(archive: ArchiveFolder, authority: Authority) -> None:
    """Of the newest seal, nothing else tells."""
    told(archive, "--seal", "--timestamp", authority.url)
    path = archive.path / "seals" / "00001.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"made_at": "20', '"made_at": "19'), encoding="utf-8")
    (fault,) = told_json(archive, code=3)["faults"]
    assert (fault["kind"], fault["file"]) == ("timestamp", "seals/00001.tsr")
    assert "it is of other bytes than these" in fault["problem"]


def test_authority_of_the_settings_is_asked_for_each_seal(archive: ArchiveFolder, authority: Authority) -> None:
    archive.settings_path.write_text(f'timestamp_authority = "{authority.url}"\n', encoding="utf-8")
    asked = len(authority.queries)
    told(archive)
    assert len(authority.queries) == asked
    told(archive, "--seal")
    assert len(authority.queries) == asked + 1
    assert (archive.path / "seals" / "00001.tsr").exists()


def test_seal_whose_time_stamp_could_not_be_had_stands_and_gets_one_later(
    archive: ArchiveFolder, authority: Authority
) -> None:
    authority.status = 500
    result = run(archive, "--seal", "--timestamp", authority.url)
    authority.status = 200
    assert isinstance(result.exception, TimestampError)
    assert "`sourcekeep verify --timestamp` asks again" in str(result.exception)
    assert "sealed by seals/00001.json" in result.stdout
    assert sorted(path.name for path in (archive.path / "seals").iterdir()) == ["00001.json"]
    archive.settings_path.write_text(f'timestamp_authority = "{authority.url}"\n', encoding="utf-8")
    assert any("00001.json existed at" in line for line in told(archive, "--timestamp"))
    asked = len(authority.queries)
    told(archive, "--timestamp")
    assert len(authority.queries) == asked  # it has one


def test_time_stamp_without_a_seal_or_an_authority_says_what_to_do(archive: ArchiveFolder) -> None:
    assert "no authority is named" in str(run(archive, "--timestamp").exception)
    assert "`sourcekeep verify --seal` makes one" in str(run(archive, "--timestamp", "http://127.0.0.1:9/").exception)
    assert "http or https" in str(run(archive, "--seal", "--timestamp", "tsa.example").exception)


def test_missing_package_is_said_before_the_work_begins(
    archive: ArchiveFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.timestamp._PACKAGE", "nobody_has_this")
    result = run(archive, "--seal", "--timestamp", "http://127.0.0.1:9/")
    assert "pip install rfc3161-client" in str(result.exception)
    assert result.stdout == ""
    assert not (archive.path / "seals").exists()


def test_time_stamps_that_cannot_be_checked_are_a_note(
    archive: ArchiveFolder, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(archive, "--seal", "--timestamp", authority.url)
    monkeypatch.setattr("archive.timestamp._PACKAGE", "nobody_has_this")
    assert any("time-stamps of seals were not checked" in line for line in told(archive))


def test_one_file_alone(archive: ArchiveFolder) -> None:
    first, second = warcs(archive)
    flip(first, 500)
    assert told(archive, "--file", second.name)[-1].startswith("checked 1 WARC file (10 records")
    assert told(archive, "--file", str(first), code=3)
    assert isinstance(run(archive, "--file", "nonsense").exception, ArchiveError)
    assert run(archive, "--file", first.name, "--seal").exit_code == 2


def test_no_archive_is_an_error(tmp_path: Path) -> None:
    result = run(ArchiveFolder(tmp_path / "nowhere"))
    assert "there is no archive at" in str(result.exception)


def test_catalogue_that_is_none_is_an_error(archive: ArchiveFolder) -> None:
    archive.catalogue_path.write_bytes(b"no database" * 1000)
    assert "catalogue.db" in str(run(archive).exception)


def test_lines_of_progress_come_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 1.0, 6.0, 7.0])
    monkeypatch.setattr("sourcekeep.byte_progress.time.monotonic", lambda: next(now))
    progress = byte_progress.for_stderr("verifying")
    progress.plan(12_000_000)
    for _ in range(3):
        progress.advance(3_000_000)
    progress.close()
    assert capsys.readouterr().err == "verifying: 6.0 MB of 12.0 MB, 1.0 MB/s, 6 s left\n"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_command_says_how_far_it_is_where_nobody_sees_a_bar(
    archive: ArchiveFolder, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setattr(byte_progress, "_LINE_SECONDS", 0.0)
    total = screen.size(sum(path.stat().st_size for path in warcs(archive)))
    lines = run(archive, "--workers", workers).stderr.splitlines()
    assert len(lines) > 1
    assert all(re.fullmatch(rf"verifying: .+ of {total}, .+/s, \d+ s left", line) for line in lines)
    assert lines[-1].startswith(f"verifying: {total} of {total}, ")


def test_command_shows_a_bar_on_a_terminal_and_takes_it_away(archive: ArchiveFolder) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive.path), "verify"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=60
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    total = f"{sum(path.stat().st_size for path in warcs(archive)) / 1000:.1f}"
    first, *_, last = re.findall(r"verifying ━+ [^\r]+", re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown))
    assert " 0/? bytes" in first
    assert f" {total}/{total} kB " in last
    assert shown.endswith("\x1b[1A\x1b[2K"), "the line is cleared"
    assert done.stdout.decode().endswith("nothing is wrong\n")


@pytest.fixture(scope="module")
def large_archive(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    """An archive with two files of 24 MB, which take a while and several processes; to be looked at only."""
    sample = Sample(tmp_path_factory.mktemp("large") / "archive")
    for _ in range(2):
        writer = sample.writer()
        body = os.urandom(100_000)
        for number in range(240):
            given = b"HTTP/1.1 200 OK\r\n\r\n%d" % number + body
            writer.submit_exchanges([exchange(given, "http://a.example/", purpose=Purpose.ROBOTS)])
        writer.submit_exchanges([exchange(PAGE, "http://a.example/", purpose=Purpose.ROBOTS)]).result(60)
        writer.close()
    return sample.folder


def processes_of(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="latin-1").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_the_command(large_archive: ArchiveFolder, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(large_archive.path), "verify"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 20
        while len(children := processes_of(process.pid)) < 3 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(how)
        _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Traceback" not in errors, errors
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < until:
        time.sleep(0.01)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def test_large_archive_is_checked_by_several_processes_within_memory(large_archive: ArchiveFolder) -> None:
    program = (  # ru_maxrss of the process itself would be that of the one that started it, where that is larger
        "import re, resource; from pathlib import Path; from sourcekeep.__main__ import main\n"
        "try: main()\n"
        "finally:\n"
        " own = int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        " print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
    )
    command = [sys.executable, "-c", program, "--archive", str(large_archive.path), "verify", "--workers", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    *_, last, peak = done.stdout.splitlines()
    assert last.endswith("nothing is wrong")
    assert int(peak) < 150_000  # kB
