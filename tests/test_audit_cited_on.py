"""About when a source was cited."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from reading_archive import Page, article, crawl, put

from archive.folder import ArchiveFolder
from archive.records import CitedLink, Incident
from sourcekeep.audit.cited_on import cited_on, day_of_words

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2023-02-14", date(2023, 2, 14)),
        ("14 February 2023", date(2023, 2, 14)),
        ("February 2023", date(2023, 2, 15)),
        ("Février 2023", date(2023, 2, 15)),
        ("2023", date(2023, 7, 1)),
        ("2021-2023", date(2021, 7, 1)),
        ("", None),
        ("unknown", None),
        ("case 120234", None),
    ],
)
def test_day_of_a_record_s_words(words: str, day: date | None) -> None:
    assert day_of_words(words) == day


@pytest.mark.parametrize(
    ("url", "occurred", "text", "day"),
    [
        ("https://a.example/2022/03/04/lift", "2019", {"published_on": "2018-01-02"}, "2022-03-04"),
        ("https://a.example/lift", "2019", {"published_on": "2018-01-02"}, "2018-01-02"),
        ("https://a.example/lift", "May 2019", {}, "2019-05-15"),
        ("https://a.example/lift", None, {}, "2026-01-05"),
    ],
)
def test_nearest_to_the_citation_is_the_page_s_day_then_the_incident_s_then_our_first_look(
    tmp_path: Path, url: str, occurred: str | None, text: dict[str, Any], day: str
) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put(folder, Incident("1", "t.csv", occurred=occurred, links=(CitedLink(url),)))
    crawl(folder, [Page(url, text=article("Lift", "It fell.", **text), at="2026-01-05T03:15:00.000000Z")])
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find(url)
        assert source
        assert cited_on(catalogue, source) == day


def test_nothing_is_known_of_a_source_that_was_never_looked_at(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put(folder, Incident("1", "t.csv", links=(CitedLink("https://a.example/lift"),)))
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find("https://a.example/lift")
        assert source
        assert cited_on(catalogue, source) is None
