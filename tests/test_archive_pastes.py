"""Pasted page text in the archive: read from the import's statement, made to a text, and never a capture."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from extract_pages import ARTICLES, article_page
from reading_archive import Page, crawl, run

from archive.catalogue import Catalogue
from archive.errors import RecordDamagedError, RecordMissingError
from archive.folder import ArchiveFolder
from archive.ledger.imports import importing
from archive.ledger.pastes import read_paste
from archive.records import CitedLink, Incident
from archive.schema import MIGRATIONS
from archive.text_records import Text
from archive.words import Verdict
from extract.run import run as make_texts
from extract.run import run_pastes
from extract.version import EXTRACTOR

if TYPE_CHECKING:
    from pathlib import Path

    from archive.text_records import Paste

URL = "https://paper.example/lift"
PASTED = "\n".join(f"- {paragraph}" for paragraph in ARTICLES["en"][1])
INCIDENT = Incident("1", "test", links=(CitedLink(URL, pasted_text=PASTED), CitedLink("https://other.example/")))


@pytest.fixture
def folder(tmp_path: Path) -> ArchiveFolder:
    made = ArchiveFolder.create(tmp_path / "archive")
    import_(made, INCIDENT)
    return made


def import_(folder: ArchiveFolder, *incidents: Incident) -> None:
    with importing(folder) as writer:
        for incident in incidents:
            writer.put(incident)
        writer.close({"files": []})


def pastes(folder: ArchiveFolder) -> list[tuple[Paste, Text | None]]:
    with folder.catalogue() as catalogue:
        return catalogue.texts.pastes(incident_id="1")


def test_paste_is_read_from_the_statement_of_its_import(folder: ArchiveFolder) -> None:
    [(paste, text)] = pastes(folder)
    assert (paste.incident_id, paste.position, paste.url, text) == ("1", 1, URL, None)
    assert read_paste(folder.warc_dir, paste) == PASTED


def test_statement_that_says_nothing_of_the_link_is_refused(folder: ArchiveFolder) -> None:
    [(paste, _)] = pastes(folder)
    for other in (replace(paste, position=2), replace(paste, position=9), replace(paste, incident_id="2")):
        with pytest.raises(RecordDamagedError, match="says nothing of text pasted at link"):
            read_paste(folder.warc_dir, other)


def test_statement_that_is_damaged_is_a_row_that_says_so_until_it_can_be_read(folder: ArchiveFolder) -> None:
    [path] = folder.warc_dir.glob("ledger-*.warc.gz")
    whole = path.read_bytes()
    [(paste, _)] = pastes(folder)
    middle = paste.statement.warc_offset + paste.statement.warc_length // 2
    path.write_bytes(whole[:middle] + bytes(9) + whole[middle + 9 :])
    totals = run_pastes(folder)
    assert (totals.texts, totals.unreadable) == (1, 1)
    [(_, text)] = pastes(folder)
    assert text is not None
    assert (text.verdict, text.evidence["rule"]) == (Verdict.UNKNOWN, "record-unreadable")
    path.unlink()
    with pytest.raises(RecordMissingError):
        read_paste(folder.warc_dir, paste)
    path.write_bytes(whole)
    make_texts(folder, workers=1, all_again=True)
    [(_, text)] = pastes(folder)
    assert text is not None
    assert text.verdict == Verdict.ARTICLE


def test_text_that_was_good_is_not_lost_when_its_statement_cannot_be_read(folder: ArchiveFolder) -> None:
    run_pastes(folder)
    [path] = folder.warc_dir.glob("ledger-*.warc.gz")
    path.write_bytes(b"")
    totals = make_texts(folder, workers=1, all_again=True)
    assert (totals.texts, totals.unreadable) == (0, 1)
    [(_, text)] = pastes(folder)
    assert text is not None
    assert text.verdict == Verdict.ARTICLE


def test_text_of_a_paste_is_linked_to_its_citation_and_to_no_capture(folder: ArchiveFolder) -> None:
    assert run_pastes(folder).verdicts == {"article": 1}
    assert run_pastes(folder).texts == 0
    [(paste, text)] = pastes(folder)
    assert text is not None
    assert (text.capture_id, text.citation_id, text.extractor) == (None, paste.citation_id, EXTRACTOR)
    assert text.text == "\n".join(ARTICLES["en"][1])
    with folder.catalogue() as catalogue:
        assert [line.captures for line in catalogue.reports.source_lines()] == [0, 0]
        assert catalogue.reports.overview("2000").with_text == 0
        source = catalogue.sources.find(URL)
        assert source is not None
        assert (source.best_capture_id, source.last_capture_id) == (None, None)
        assert catalogue.texts.pastes(source_id=source.id) == [(paste, text)]


def test_changed_paste_is_made_anew_and_a_changed_incident_leaves_no_stale_text(folder: ArchiveFolder) -> None:
    run_pastes(folder)
    import_(folder, replace(INCIDENT, title="A title", links=(CitedLink(URL, pasted_text="- Short."),)))
    assert [text for _, text in pastes(folder)] == [None]
    assert run_pastes(folder).verdicts == {"empty": 1}
    import_(folder, replace(INCIDENT, links=(CitedLink(URL),)))
    assert pastes(folder) == []
    with folder.catalogue() as catalogue:
        assert catalogue.known.counts()["texts"] == 0
        assert catalogue.known.counts()["notices"] == 0


def test_text_whose_citation_went_meanwhile_is_left_out(folder: ArchiveFolder) -> None:
    with folder.catalogue() as catalogue:
        catalogue.texts.put([Text(None, EXTRACTOR, Verdict.EMPTY, {}, citation_id=999)])
        assert catalogue.known.counts()["texts"] == 0


def test_link_whose_url_was_lost_has_its_pasted_text_too(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    import_(folder, Incident("1", "test", links=(CitedLink("a report", has_url=False, pasted_text=PASTED),)))
    assert run_pastes(folder).verdicts == {"article": 1}
    [(paste, _)] = pastes(folder)
    assert paste.url is None
    assert "verdict article" in run(folder, "show", "1").stdout


def test_fetched_copy_goes_before_a_pasted_one(folder: ArchiveFolder) -> None:
    run_pastes(folder)
    [before] = json.loads(run(folder, "search", "lifts", "--json").stdout)["hits"]
    assert (before["url"], before["captured_at"]) == (URL, None)
    crawl(folder, [Page(URL, body=article_page())])
    make_texts(folder, workers=1)
    [after] = json.loads(run(folder, "search", "lifts", "--json").stdout)["hits"]
    assert after["captured_at"] is not None
    shown = run(folder, "show", URL).stdout
    assert shown.index("\nText\n") < shown.index("Pasted in 1, and not fetched")


def test_paste_is_found_beside_a_capture_that_brought_nothing(folder: ArchiveFolder) -> None:
    crawl(folder, [Page(URL, body=b"")])
    make_texts(folder, workers=1)
    [hit] = json.loads(run(folder, "search", "lifts", "--json").stdout)["hits"]
    assert (hit["url"], hit["captured_at"]) == (URL, None)


def test_text_of_one_citation_is_found_where_a_later_one_was_pasted_without_any(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    import_(
        folder,
        Incident("1", "test", links=(CitedLink(URL, pasted_text=PASTED),)),
        Incident("2", "test", links=(CitedLink(URL, pasted_text="Subscribe to read the full story."),)),
    )
    run_pastes(folder)
    with folder.catalogue() as catalogue:
        texts = [text for number in "12" for _, text in catalogue.texts.pastes(incident_id=number)]
        assert [text and text.text is not None for text in texts] == [True, False]
        [hit] = catalogue.full_text.search(f'"{" ".join(PASTED.split()[3:6])}"')
    assert hit.url == URL


def test_text_belongs_to_a_capture_or_to_a_citation(folder: ArchiveFolder) -> None:
    with folder.catalogue() as catalogue, pytest.raises(sqlite3.IntegrityError):
        catalogue.texts.put([Text(None, EXTRACTOR, Verdict.EMPTY, {})])


def test_texts_of_an_older_catalogue_keep_their_numbers_notices_and_index(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    from sqlite_utils import Database

    old = Database(path, execute_plugins=False)
    MIGRATIONS.apply(old, stop_before="m005_pasted_texts")
    old.executescript("""
        INSERT INTO sources (id, url, url_key) VALUES (1, 'http://a.example/', 'a');
        INSERT INTO crawls (id, started_at, trigger, settings, versions) VALUES (1, '', '', '{}', '{}');
        INSERT INTO captures (id, source_id, crawl_id, requested_at, finished_at, outcome, bytes, via, evidence,
            record_id, warc_file, warc_offset, warc_length)
            VALUES (7, 1, 1, 'then', '', 'fetched', 0, 'http', '{}', 'r', '', 0, 0);
        UPDATE sources SET best_capture_id = 7;
        INSERT INTO texts (id, capture_id, extractor, made_at, title, text, words, verdict, evidence)
            VALUES (41, 7, 'old/1', '', 'Lifts', 'The lifts of the hospital', 5, 'article', '{}');
        INSERT INTO notices (id, text_id, kind, rule, text, position) VALUES (3, 41, 'cookie', 'r', 'We bake', 0);
    """)
    old.conn.commit()
    old.close()
    with Catalogue(path) as catalogue:
        text = catalogue.texts.latest(7)
        assert text is not None
        assert (text.title, [notice.text for notice in text.notices]) == ("Lifts", ["We bake"])
        assert catalogue._connection.execute("SELECT id FROM texts").fetchall()[0]["id"] == 41
        assert [hit.url for hit in catalogue.full_text.search("hospital")] == ["http://a.example/"]
        catalogue.texts.put([replace(text, extractor="new/1", text="The lifts of the tower")])
        assert catalogue.full_text.search("hospital") == []
        assert len(catalogue.full_text.search("tower")) == 1
