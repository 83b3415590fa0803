"""Lines that recur across captures of one site: learned from the archive, taken out as notices, and put back."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from html import escape
from typing import TYPE_CHECKING

import pytest
from comparing_catalogues import differences
from extract_pages import MENU, page
from hypothesis import given
from hypothesis import strategies as st
from keeping_archive import Keeper, incident
from keeping_archive import Page as Kept
from reading_archive import Page, crawl, printed, put

from archive.folder import ArchiveFolder
from archive.rebuild import rebuilding
from archive.records import CitedLink, Incident
from archive.text_records import Notice, Text
from archive.words import NoticeKind, Verdict
from extract.recurring import Learned, Lines, restore, strip, taken_out
from extract.run import run
from extract.version import EXTRACTOR
from sourcekeep.quoting import of_incident

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archive.catalogue.recurrence import Recurrence

STORIES = [
    [
        "The ferry to the northern islands left without its passengers, since a camera had counted them twice.",
        "Forty people stood on the pier with tickets in their hands. The captain saw only a green light on the bridge.",
        "The harbour office has gone back to a man with a clicker. He counts aloud, and the captain can hear him.",
    ],
    [
        "A bakery in the old town threw away nine hundred loaves because a forecast took a marathon for a funeral.",
        "The program reads the street's cameras and orders flour by them. It had seen crowds that walked slowly.",
        "The baker now asks her neighbour what the week will bring, and buys the flour herself.",
    ],
    [
        "Pupils of the grammar school were marked absent for a month after new glasses had come into fashion.",
        "The gate knows faces. Behind round frames it knew none, and wrote to forty families of children in the park.",
        "Teachers call the register again each morning, which takes four minutes and wakes everybody up.",
    ],
    [
        "An orchard lost half of its pears when a robot took the wasps for fruit and the fruit for leaves.",
        "It had been trained in a greenhouse in winter. Nobody had thought of showing it a September afternoon.",
        "The growers pick by hand until the maker has been here for a summer. It says that it will come.",
    ],
    [
        "The swimming pool was closed on the hottest day of the year, by a sensor that believed in an ice age.",
        "A cable had been plugged in the wrong way round, so that every degree above nought was one below it.",
        "The attendants opened the doors with a key that has no battery. The water was warm.",
    ],
    [
        "A choir has been paid for a song that it never sang, and would like to give the money back.",
        "The listening service heard rain on a tin roof and took it for the second sopranos of the chapel.",
        "Its letter says that decisions are final. The choir has bought umbrellas of the fee.",
    ],
]
"""Articles in our own words that have nothing in common."""

GIVE = "This paper lives on what its readers give: help us to go on."
ABOUT = "The Elm Gazette is independent, and owned by its printers."


def url(number: int, site: str = "gazette.example") -> str:
    return f"https://www.{site}/story/{number}"


def html(lines: Sequence[str]) -> bytes:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    head = lines[0].split(",")[0]
    return page(f"{MENU}<main><article><h1>On {escape(head)}</h1>{paragraphs}</article></main>", title=f"On {head}")


def archive(path: Path, pages: Mapping[str, Sequence[str]]) -> ArchiveFolder:
    """Make an archive with a capture of each page; extract nothing."""
    folder = ArchiveFolder.create(path)
    put(folder, Incident("1", "test", links=tuple(CitedLink(one) for one in pages)))
    crawl(folder, [Page(one, body=html(lines)) for one, lines in pages.items()])
    return folder


def text(folder: ArchiveFolder, one: str) -> Text:
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find(one)
        assert source is not None
        made = catalogue.texts.latest(source.best_capture_id or 0)
        assert made is not None
        assert made.verdict == Verdict.ARTICLE, made.evidence
        return made


def recurring(made: Text) -> list[tuple[str, str, int]]:
    """Return what was taken out of a text as recurring: the line, its rule, its position."""
    return [(one.text, one.rule, one.position) for one in made.notices if one.rule.startswith("recurring:")]


def stories(count: int, *tail: str, site: str = "gazette.example") -> dict[str, Sequence[str]]:
    """Return *count* articles of a site, each with *tail* at its end."""
    return {url(number, site): [*STORIES[number], *tail] for number in range(count)}


def assert_consistent(folder: ArchiveFolder) -> None:
    """Check that what is derived of a text agrees with it."""
    with closing(sqlite3.connect(folder.catalogue_path)) as db:
        for said, words, digest in db.execute("SELECT text, words, text_digest FROM texts WHERE text IS NOT NULL"):
            assert digest == f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"
            assert words == len(said.replace("'", " ").replace("-", " ").split())
        db.execute("INSERT INTO texts_fts (texts_fts, rank) VALUES ('integrity-check', 1)")


def test_line_at_the_end_of_three_articles_is_a_notice_of_each(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", {**stories(3, ABOUT, GIVE), url(3): STORIES[3]})
    run(folder, workers=2)
    for number in range(4):
        made = text(folder, url(number))
        assert made.text == "\n".join(STORIES[number])
        assert recurring(made) == [
            (line, "recurring:gazette.example:3-of-4", 3) for line in (ABOUT, GIVE) if number != 3
        ]
    with folder.catalogue() as catalogue:
        assert catalogue.full_text.search("independent printers") == []
        assert len(catalogue.full_text.search("register")) == 1
    assert_consistent(folder)
    assert f"navigation (recurring:gazette.example:3-of-4): {GIVE}" in " ".join(printed(folder, "show", url(0)).split())
    assert GIVE not in printed(folder, "show", "--markdown", url(0))


def test_line_that_comes_to_recur_leaves_the_first_texts_and_returns_when_it_does_not_any_more(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", stories(2, GIVE))
    run(folder, workers=1)
    assert all(text(folder, url(number)).text == "\n".join([*STORIES[number], GIVE]) for number in range(2))
    put(folder, Incident("2", "test", links=tuple(CitedLink(url(number)) for number in range(2, 6))))
    crawl(folder, [Page(url(2), body=html([*STORIES[2], GIVE]))])
    run(folder, workers=1)
    assert [recurring(text(folder, url(number))) for number in range(3)] == [
        [(GIVE, "recurring:gazette.example:3-of-3", 3)]
    ] * 3
    crawl(folder, [Page(url(number), body=html(STORIES[number])) for number in (3, 4)])
    run(folder, workers=1)
    assert recurring(text(folder, url(0))) == [(GIVE, "recurring:gazette.example:3-of-5", 3)]
    # The page of one of them is seen again without the line: two articles have it now.
    crawl(folder, [Page(url(2), body=html(STORIES[2]), at="2099-12-24T10:00:00.000000Z")])
    run(folder, workers=1)
    assert [recurring(text(folder, url(number))) for number in range(5)] == [[]] * 5
    assert text(folder, url(0)).text == "\n".join([*STORIES[0], GIVE])
    assert_consistent(folder)


def test_result_is_the_same_whichever_came_first_and_after_a_rebuild(tmp_path: Path) -> None:
    pages = {**stories(6, ABOUT, GIVE), **stories(3, GIVE, site="other.example")}
    keeper = Keeper(tmp_path / "archive")
    keeper.imports(incident(1, *pages))
    for some in (list(pages)[:5], list(pages)[5:]):
        keeper.crawls(*(Kept(one, body=html(pages[one]), headers="Content-Type: text/html\r\n") for one in some))
        run(keeper.folder, workers=3)
    before = keeper.tables()
    assert [row["rule"] for row in before["notices"]].count("recurring:gazette.example:6-of-6") == 12
    keeper.remove_catalogue()
    with rebuilding(keeper.folder) as new:
        new.replay(lambda _: None)
        new.swap()
    run(keeper.folder, workers=1)
    assert differences(before, keeper.tables()) == []
    assert run(keeper.folder, workers=2, all_again=True).texts == 9
    assert differences(before, keeper.tables()) == []


def test_one_capture_after_the_other_comes_to_what_all_at_once_do(tmp_path: Path) -> None:
    pages = [Page(one, body=html(lines)) for one, lines in stories(6, ABOUT, GIVE).items()]
    found = []
    for name, crawls in (("each", [[one] for one in pages]), ("all", [pages])):
        folder = ArchiveFolder.create(tmp_path / name)
        put(folder, Incident("1", "test", links=tuple(CitedLink(one.url) for one in pages)))
        for some in crawls:
            crawl(folder, some)
            run(folder, workers=1)
        found.append([(text(folder, one.url).text, text(folder, one.url).notices) for one in pages])
    assert found[0] == found[1]
    assert all(notices[-1].rule == "recurring:gazette.example:6-of-6" for _, notices in found[0])


def test_only_sites_that_changed_are_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = archive(tmp_path / "archive", {**stories(3, GIVE), **stories(3, GIVE, site="other.example")})
    run(folder, workers=1)
    looked_at: list[str] = []
    with folder.catalogue() as catalogue:
        real = type(catalogue.recurrence).count_best

    def count_best(self: Recurrence, site: str, extractor: str) -> int:
        looked_at.append(site)
        return real(self, site, extractor)

    monkeypatch.setattr("archive.catalogue.recurrence.Recurrence.count_best", count_best)
    run(folder, workers=1)
    assert looked_at == []
    put(folder, Incident("2", "test", links=(CitedLink(url(4)),)))
    crawl(folder, [Page(url(4), body=html(STORIES[4]))])
    run(folder, workers=1)
    assert looked_at == ["gazette.example"]


def test_run_that_was_ended_before_it_looked_at_the_sites_is_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive(tmp_path / "archive", stories(3, GIVE))

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("archive.catalogue.recurrence.Recurrence.put", end)
        with pytest.raises(KeyboardInterrupt):
            run(folder, workers=1)
    assert recurring(text(folder, url(0))) == []
    assert printed(folder, "extract")
    assert recurring(text(folder, url(0)))


def test_quotations_are_found_in_the_text_as_it_is_now(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    pages = stories(3, GIVE)
    quoted = "saw only a green light on the bridge"
    summary = f'The captain "{quoted}". "{GIVE}"'
    put(folder, Incident("1", "test", summary=summary, links=tuple(CitedLink(one) for one in pages)))
    some = [Page(one, body=html(lines)) for one, lines in pages.items()]
    crawl(folder, some[:2])
    run(folder, workers=1)
    with folder.catalogue() as catalogue:
        incident = catalogue.incidents.get("1")
        assert incident is not None
        assert [one.match for one in of_incident(catalogue, incident).passages[1].rows] == ["exact"] * 2
        crawl(folder, some[2:])
        run(folder, workers=1)
        passages = of_incident(catalogue, incident).passages
        assert [one.match for one in passages[1].rows] == ["nowhere"]
        row = passages[0].rows[0]
        assert (text(folder, url(0)).text or "")[row.start : row.end] == quoted


NEAR_MISSES: dict[str, dict[str, Sequence[str]]] = {
    "the same article under four addresses": {url(number): [*STORIES[0], GIVE] for number in range(4)},
    "an article, its copies, and another with its last line": {
        **{url(number): [*STORIES[0], GIVE] for number in range(3)},
        url(4): [*STORIES[1], GIVE],
    },
    "a corrected re-publication": {
        url(0): [*STORIES[0], ABOUT],
        url(1): [*STORIES[0], "A word was put right on Tuesday.", ABOUT],
        url(2): [STORIES[0][0], STORIES[0][1].replace("Forty", "Fourteen"), STORIES[0][2], ABOUT],
        url(3): STORIES[1],
    },
    "a live blog at each stage, the newest first": {
        url(number): [line for story in reversed(STORIES[: number + 1]) for line in story] for number in range(5)
    },
    "only two articles": stories(2, GIVE),
    "a few of very many": {
        **{url(number): [*STORIES[number], GIVE] for number in range(3)},
        **{
            url(number): [
                f"{word} {' '.join(random.Random(f'{number}{word}').choices('abcdefghijklmnopqrstuvwxyz', k=60))}."
                for word in ("The first", "The second", "The third", "The last")
            ]
            for number in range(10, 22)
        },
    },
    "a lead of a series": {
        url(number): ["In spring the county gave its offices to machines. This series asks what came of it.", *lines]
        for number, lines in enumerate(STORIES[:4])
    },
    "what was said": stories(4, "“We take this very seriously and have told our people so,” the makers wrote."),
    "a heading within": {
        url(number): [lines[0], "What happened", *lines[1:], *STORIES[(number + 1) % 6][1:]]
        for number, lines in enumerate(STORIES)
    },
    "a text of which it is most": {
        url(number): [lines[0], "\u00a0".join([ABOUT] * 4), "\u00a0".join([GIVE] * 4)]
        for number, lines in enumerate(STORIES[:4])
    },
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_what_only_looks_like_it_stays(tmp_path: Path, name: str) -> None:
    pages = NEAR_MISSES[name]
    folder = archive(tmp_path / "archive", pages)
    run(folder, workers=2)
    with closing(sqlite3.connect(folder.catalogue_path)) as db:
        assert db.execute("SELECT COUNT(*) FROM notices WHERE rule LIKE 'recurring:%'").fetchone() == (0,)
        texts = db.execute("SELECT verdict, text FROM texts").fetchall()
    assert len(texts) == len(pages)
    for verdict, said in texts:
        assert (verdict, len(said.split("\n")) > 1) == (Verdict.ARTICLE, True)


BACKGROUND = "The county bought its camera from a maker of parking meters, whose passengers never walked a pier."


def test_background_that_stories_on_one_matter_tell_again_stays(tmp_path: Path) -> None:
    matters = [
        ["Passengers of the ferry asked the county about the parking camera that nobody walked past.", *STORIES[1]],
        ["The maker of the parking camera says that it never bought a ticket of the county's passengers.", *STORIES[2]],
        ["A camera that knows parking meters counts passengers for the county, who never asked.", *STORIES[3]],
    ]
    folder = archive(tmp_path / "archive", {url(number): [*lines, BACKGROUND] for number, lines in enumerate(matters)})
    run(folder, workers=1)
    assert [recurring(text(folder, url(number))) for number in range(3)] == [[]] * 3
    assert all((text(folder, url(number)).text or "").endswith(BACKGROUND) for number in range(3))


def test_call_in_the_middle_of_most_of_five_articles_is_taken_out_there(tmp_path: Path) -> None:
    call = "Get the week's best stories by letter on Fridays."
    pages = {
        url(number): [*lines[: 1 + number % 2], call, *lines[1 + number % 2 :], *STORIES[(number + 1) % 6][1:2]]
        for number, lines in enumerate(STORIES)
    }
    folder = archive(tmp_path / "archive", pages)
    run(folder, workers=1)
    for number, one in enumerate(pages):
        assert recurring(text(folder, one)) == [(call, "recurring:gazette.example:6-of-6", 1 + number % 2)]
        assert call not in (text(folder, one).text or "")


def test_captures_of_one_source_are_one_and_all_of_them_lose_the_line(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", stories(2, GIVE))
    for day in (1, 2, 3):
        again = [*STORIES[0], f"It is day {day}, and nothing new is known of it.", GIVE]
        crawl(folder, [Page(url(0), body=html(again), at=f"2099-12-0{day}T10:00:00.000000Z")])
    run(folder, workers=1)
    assert recurring(text(folder, url(0))) == []
    put(folder, Incident("2", "test", links=(CitedLink(url(2)),)))
    crawl(folder, [Page(url(2), body=html([*STORIES[2], GIVE]))])
    run(folder, workers=1)
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find(url(0))
        assert source is not None
        made = [catalogue.texts.latest(capture_id) for capture_id, _ in catalogue.captures.of_source(source.id)]
    assert [recurring(one)[0][0] for one in made if one] == [GIVE] * 4


@given(
    lines=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12),
    at=st.lists(st.integers(0, 12), max_size=4),
    learned=st.sets(st.sampled_from("abc")),
)
def test_what_was_taken_out_comes_back_to_its_place(lines: list[str], at: list[int], learned: set[str]) -> None:
    whole = "\n".join(f"{letter} is a line of words" for letter in lines)
    keys = {Lines(f"{letter} is a line of words").keys[0]: Learned(5, 6, at_end=False) for letter in learned}
    notices = tuple(Notice(NoticeKind.COOKIE, f"rule {place}", "x", min(place, len(lines))) for place in sorted(at))
    text, found = strip(whole, notices, keys, "a.example")
    assert restore(text, found) == (whole, notices)
    taken = [one for one in found if one.rule == "recurring:a.example:5-of-6"]
    assert [whole.split("\n")[number] for number in taken_out(found)] == list(taken_out(found).values())
    assert len(taken_out(found)) == len(taken)
    assert sum(len(one.text) for one in taken) <= 0.4 * len(whole)
    assert len(text.split("\n")) + len(taken) == len(lines)
    assert all(0 <= one.position <= len(text.split("\n")) for one in found)


MANY = 100_000


def put_many(folder: ArchiveFolder, number: int) -> None:
    """Write *number* articles of one site, of 360 words and a line that all of them have."""
    draw = random.Random(7)
    vocabulary = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 10))) for _ in range(20_000)]
    at = "2031-01-01T00:00:00.000000Z"
    with folder.catalogue() as catalogue, catalogue.transaction():
        crawl_id = catalogue.crawls.start("due", {}, {})
        for n in range(1, number + 1):
            lines = [" ".join(draw.choices(vocabulary, k=30)) for _ in range(12)]
            catalogue._connection.execute(
                """INSERT INTO sources (id, url, url_key, site, best_capture_id, last_capture_id)
                   VALUES (?, ?, ?, 'gazette.example', ?, ?)""",
                (n, f"u{n}", f"u{n}", n, n),
            )
            catalogue._connection.execute(
                """INSERT INTO captures (id, source_id, crawl_id, requested_at, finished_at, outcome, bytes, via,
                     evidence, record_id, warc_file, warc_offset, warc_length)
                   VALUES (?, ?, ?, ?, ?, 'fetched', 0, 'http', '{}', ?, 'f', 0, 0)""",
                (n, n, crawl_id, at, at, f"r{n}"),
            )
            catalogue._connection.execute(
                """INSERT INTO texts (capture_id, extractor, made_at, text, words, verdict, evidence)
                   VALUES (?, ?, ?, ?, 360, 'article', '{}')""",
                (n, EXTRACTOR, at, "\n".join([*lines, GIVE])),
            )


@pytest.mark.soak
def test_lines_of_a_hundred_thousand_texts_are_counted_within_memory(tmp_path: Path) -> None:
    folder = ArchiveFolder.create(tmp_path / "archive")
    put_many(folder, MANY)
    program = (
        "import re, sys, time; from pathlib import Path\n"
        "from archive.folder import ArchiveFolder; from extract.sites import strip_recurring\n"
        "with ArchiveFolder.open(Path(sys.argv[1])).catalogue() as catalogue: print(strip_recurring(catalogue))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1], time.process_time())"
    )
    for changed in (MANY, 0):
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder.path)], capture_output=True, text=True, check=True
        )
        number, peak, seconds = done.stdout.split()
        sys.stdout.write(
            f"\n{number} of {MANY:,} texts changed: {float(seconds):.0f} s of processor time, {int(peak) // 1024} MiB\n"
        )
        assert int(number) == changed
        assert int(peak) < 150_000  # kB
