"""`python -m bench.extract` on a small corpus of this file's own: what it prints, writes, and exits with."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from extract_pages import ARTICLES, article, page

from bench.extract import contenders
from bench.extract.contenders import ContenderError, Runner
from bench.extract.corpus import CorpusError, load_corpus
from bench.extract.extractors import EXTRACTORS
from bench.extract.quality import called
from bench.extract.targets import Target

if TYPE_CHECKING:
    from pathlib import Path

PROSE = ARTICLES["en"][1]

REFEREE = """
def score_articles(truth, texts):
    right = [texts[name] is not None and truth[name] in texts[name] for name in truth]
    return {"pages": len(truth), "f1": sum(right) / len(right), "precision": 1.0, "recall": 1.0, "exact": 0.5}


def score_segments(truth, texts):
    leaked = sum(phrase in (texts[name] or "") for name in truth for phrase in truth[name]["without"])
    return {"pages": len(truth), "f1": 1.0, "precision": 1.0, "recall": 1.0, "leaked": leaked, "missed": 0}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of two pages."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "score.py").write_text(REFEREE, encoding="utf-8")
    _write(folder / "articles", {"one": PROSE[0]})
    _write(folder / "segments", {"two": {"url": "hard::none", "with": [], "without": ["We use cookies"]}})
    return folder


def _write(part: Path, truth: dict[str, Any]) -> None:
    part.mkdir()
    (part / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    body = page(article(before="<div class='cookie-banner'>We use cookies</div>"))
    for name in truth:
        (part / f"{name}.html.gz").write_bytes(gzip.compress(body))


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.extract", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_figures_of_all_who_run_are_printed_and_written(folder: Path, tmp_path: Path) -> None:
    only = ("--only", "sourcekeep,", "--only", "sourcekeep", "--only", "trafilatura")
    done = _run("--rounds", "1", *only, "--json", tmp_path / "out", folder)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    by_name = {run["who"]: run for run in figures["runs"]}
    assert list(by_name) == ["sourcekeep", "sourcekeep, article alone", "trafilatura"]
    ours = by_name["sourcekeep"]["scores"]
    assert (ours["articles"]["f1"], ours["segments"]["leaked"]) == (1.0, 0)
    assert figures["verdicts"]["verdicts"] == {"article": 2}
    assert figures["corpus"] == load_corpus(folder).digest()
    reached = {target["what"]: target["reached"] for target in figures["targets"]}
    assert reached["segments, unwanted phrases leaked"] is True
    assert None not in reached.values()
    assert "articles, F1: reached" in done.stdout


def test_gate_exits_with_3_when_a_target_is_not_measured_or_missed(folder: Path) -> None:
    done = _run("--rounds", "1", "--only", "sourcekeep, article", "--gate", folder)
    assert done.returncode == 3
    assert "by trafilatura.extract: not measured" in done.stdout


def test_folder_without_pages_is_named(tmp_path: Path) -> None:
    done = _run(tmp_path)
    assert done.returncode == 1
    assert f"error: {tmp_path} is no folder of annotated pages" in done.stderr


def test_help_ends_with_an_example() -> None:
    assert _run("--help").stdout.strip().splitlines()[-1].strip().startswith("Example: python -m bench.extract")


def test_unknown_contender_is_wrong_usage(folder: Path) -> None:
    done = _run("--only", "nobody", folder)
    assert done.returncode == 2
    assert "no contender is called nobody; there are sourcekeep," in done.stderr


def test_contender_that_cannot_start_says_how_to_see_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contenders, "APART_PYTHON", sys.executable)  # where newspaper is not installed
    with pytest.raises(ContenderError, match=r"newspaper4k ended with exit code 1; to see why: .* 'newspaper4k'"):
        Runner("newspaper4k")


@pytest.mark.parametrize("name", EXTRACTORS)
def test_contender_finds_the_article_of_a_page(name: str, folder: Path) -> None:
    if name not in contenders.at_hand():
        pytest.skip("there is no .venv-contenders here (make contenders)")
    with Runner(name) as runner:
        answer = runner.ask(load_corpus(folder).pages)
    assert not answer.failed
    assert {part for part, _ in answer.found} == {"articles", "segments"}
    assert all(PROSE[0] in found["text"] for found in answer.found.values())


@pytest.mark.parametrize("name", ["lingua", "py3langid", "langdetect", "cld2", "sourcekeep"])
def test_detector_of_languages_answers_wherever_it_lives(name: str, tmp_path: Path) -> None:
    if name in {"lingua", "py3langid"} and not contenders.APART_PYTHON.exists():
        pytest.skip("there is no .venv-contenders here (make contenders)")
    (tmp_path / "declaration").mkdir()
    for tag in ("de", "fr"):
        paragraphs = "".join(f"<p>{text}</p>" for text in ARTICLES[tag][1])
        (tmp_path / "declaration" / f"{tag}.html").write_text(f"<html lang={tag}>{paragraphs}", encoding="utf-8")
    command = [sys.executable, "-m", "bench.language_score", str(tmp_path), name, "langdetect"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith(f"{name} ")]
    assert [line[1:3] for line in lines[:3]] == [["60", "1.000"], ["200", "1.000"], ["1000", "1.000"]]
    assert "on the 2 texts whose language all of them know" in done.stdout


def test_contender_may_not_speak_to_a_network() -> None:
    said = "import socket, sys; from bench.extract.runner import _forbid_network, run; "
    said += "sys.addaudithook(_forbid_network); socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=False)
    assert "NetworkError" in done.stderr


def test_digest_changes_with_a_page_with_the_truth_and_with_the_referee(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(REFEREE, encoding="utf-8")
    _write(tmp_path / "articles", {"one": PROSE[0]})
    _write(tmp_path / "segments", {"two": {"url": None, "with": [], "without": []}})
    digests = {load_corpus(tmp_path).digest()}
    (tmp_path / "articles" / "one.html.gz").write_bytes(gzip.compress(b"<p>another page"))
    digests.add(load_corpus(tmp_path).digest())
    (tmp_path / "articles" / "truth.json").write_text('{"one": "another truth"}', encoding="utf-8")
    digests.add(load_corpus(tmp_path).digest())
    (tmp_path / "score.py").write_text(REFEREE + "\n", encoding="utf-8")
    digests.add(load_corpus(tmp_path).digest())
    assert len(digests) == 4


def test_damaged_truth_is_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "truth.json").write_text("{", encoding="utf-8")
    with pytest.raises(CorpusError):
        load_corpus(tmp_path)


def test_page_that_its_publisher_cut_off_is_no_wrong_wall() -> None:
    def found_as(verdict: str, **evidence: Any) -> dict[str, Any]:
        return {"verdict": verdict, "title": "T", "evidence": evidence}

    found = called(
        {
            ("segments", "a"): found_as("article"),
            ("segments", "b"): found_as("paywalled", is_accessible_for_free=False),
            ("segments", "c"): found_as("paywalled"),
            ("segments", "d"): found_as("login-wall", is_accessible_for_free=False),
        }
    )
    assert [line.split()[1] for line in found.walls] == ["segments/c", "segments/d"]
    assert [line.split()[1] for line in found.cut_off] == ["segments/b"]


@pytest.mark.parametrize(
    ("value", "at_most", "reached"), [(1, False, True), (0, False, False), (1, True, True), (2, True, False)]
)
def test_target_is_a_floor_or_a_ceiling(value: float, *, at_most: bool, reached: bool) -> None:
    assert Target("x", value, 1, at_most=at_most).reached is reached
