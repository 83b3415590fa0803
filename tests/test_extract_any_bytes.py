"""Any bytes give an answer: pages and files with damage of many kinds, in worker processes within their limits."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from mutating_pages import MUTATIONS, Damaged, Recipe, bench_pages, check, damaged, extracted, make, starts, wrong_with

from extract.workers import Limits, Workers

if TYPE_CHECKING:
    from archive.text_records import Pending, Text

FEW = 400
MANY = 100_000
TOLD = 1000
"""How often `make soak` says how far it is: after so many."""
SEEDS = st.integers(0, 2**32 - 1)
CONTENT_TYPES = (
    "", "text/html; charset=utf-16", "text/html; charset=x-user-defined", "application/pdf", "text/plain", "image/png",
    "application/json", "application/xml", "text/csv", "application/octet-stream", "text/html; charset=\u0130", ";;=",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/rtf", "text/markdown",
)  # fmt: skip
URLS = ("http://[", "https://x.example/2031/04/02/a.pdf", "x", "http://a.example/%zz?\ud800", "data:,x", "//", "\0")


FILES = [name for name in starts() if name.startswith(("file/", "made/"))]
PAGES = [name for name in starts() if name not in FILES]


def recipes(further: list[str]) -> st.SearchStrategy[Recipe]:
    """Return recipes by which the tests' pages, their files, and *further* pages are damaged in one to four steps."""
    kinds = [PAGES, PAGES, PAGES, FILES, further]
    names = st.one_of(*[st.sampled_from(kind) for kind in kinds if kind])
    return st.builds(
        Recipe,
        page=names,
        other=names,
        steps=st.lists(st.tuples(st.sampled_from(sorted(MUTATIONS)), SEEDS), min_size=1, max_size=4).map(tuple),
        content_type=st.one_of(st.none(), st.none(), st.sampled_from(CONTENT_TYPES)),
        status=st.sampled_from((None, None, None, None, 404, 403, 500, 204, 0, 999)),
        url=st.one_of(st.none(), st.none(), st.sampled_from(URLS)),
        twice=st.sampled_from([False] * 9 + [True]),
    )


class Fuzzing:
    """Hands damaged pages to worker processes, and keeps what came of them."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.done = 0
        self.rules: Counter[str] = Counter()
        self.slowest = (0.0, "")
        self.failures: list[str] = []

    def take(self, recipe: Recipe) -> None:
        """Have *recipe* looked at, when a worker is free."""
        self._workers.submit(damaged(self.done + len(self._workers), recipe))
        while self._workers.room <= 0:
            self._look()

    def finish(self) -> None:
        """Wait for what is under way."""
        while len(self._workers):
            self._look()

    def _look(self) -> None:
        for item, text in self._workers.made(10):
            self._keep(item, text)

    def _keep(self, item: Pending, text: Text) -> None:
        assert isinstance(item, Damaged)
        self.done += 1
        self.rules[str(text.evidence["rule"])] += 1
        if wrong := text.evidence.get("wrong", [str(text.evidence)]):  # one that broke its worker has none
            self.failures.append(f"{item.recipe}: {'; '.join(wrong)}")
            sys.stdout.write(f"{self.failures[-1]}\n")
        if self.done % TOLD == 0:
            sys.stdout.write(f"{self.done:,} damaged pages, {len(self.failures)} failures\n")
            sys.stdout.flush()
        self.slowest = max(self.slowest, (text.evidence.get("seconds", 0.0), str(item.recipe)))


def fuzz(recipe: st.SearchStrategy[Recipe], number: int, started: int, workers: int) -> Fuzzing:
    """Look at *number* damaged pages; the same for the same seed *started*."""
    with Workers(workers, check, Path(), Limits()) as pool:
        fuzzing = Fuzzing(pool)

        # Failures are gathered and not raised: one would end the run, and each has its recipe.
        @seed(started)
        @settings(
            max_examples=number,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(recipe)
        def take(one: Recipe) -> None:
            fuzzing.take(one)

        take()
        fuzzing.finish()
    return fuzzing


def test_damaged_pages_have_an_answer_within_the_limits_of_a_page() -> None:
    fuzzing = fuzz(recipes([]), FEW, 7, 2)
    assert fuzzing.done == FEW
    assert not fuzzing.failures, "\n".join(fuzzing.failures)
    assert len(fuzzing.rules) > 20, "pages of many kinds were made"


def again(page: str, *steps: tuple[str, int], other: str | None = None, **more: Any) -> Recipe:
    plain: dict[str, Any] = {"content_type": None, "status": None, "url": None, "twice": False}
    return Recipe(page=page, other=other or page, steps=steps, **(plain | more))


ONCE_BROKEN = [
    again("file/browser-russian.pdf", ("entities", 1), ("entities", 63278), ("again", 1250465), ("controls", 242)),
    again("file/browser-hebrew.pdf", ("numbers", 1904), ("long", 328), ("meta", 640), other="made/pdf"),
    again("verdict/a/onetrust-only", ("entities", 900), ("flip", 900), ("entities", 900), ("entities", 75453)),
    again("verdict/a/essay-on-cookies", ("charset", 8038), ("controls", 1841840), ("within", 1841840)),
    again("verdict/a/french-404", ("long", 1175), ("controls", 83690), ("within", 411), content_type=CONTENT_TYPES[1]),
    again("verdict/a/wiki-disambiguation", ("again", 57), ("nest", 25), status=403, content_type="text/plain"),
    again("verdict/a/german-removed", ("again", 278), ("again", 278), other="verdict/a/datadome-json-shell"),
    again("verdict/a/yandex-smartcaptcha", ("charset", 514781030), ("again", 300), content_type="application/json"),
    again("verdict/a/forum-board", ("again", 32219), ("entities", 142103), ("again", 32219), ("tags", 1012)),
]  # fmt: skip


@pytest.mark.parametrize("recipe", ONCE_BROKEN, ids=lambda recipe: recipe.page)
def test_page_that_once_broke_the_extraction_has_an_answer_in_its_time(recipe: Recipe) -> None:
    began = time.process_time()
    made = extracted(make(recipe))
    assert list(wrong_with(made)) == []
    assert time.process_time() - began < 5


@pytest.mark.soak
def test_very_many_damaged_pages_have_an_answer_within_the_limits_of_a_page() -> None:
    bench = bench_pages()
    began = time.monotonic()
    fuzzing = fuzz(recipes(bench), MANY, 2031, os.cpu_count() or 1)
    took = time.monotonic() - began
    seconds, slowest = fuzzing.slowest
    sys.stdout.write(
        f"\n{fuzzing.done:,} damaged pages, made of {len(starts())} of the tests and {len(bench)} of the bench, in "
        f"{took:,.0f} s: {len(fuzzing.failures)} failures\n"
        f"the slowest took {seconds:.2f} s of processor time: {slowest}\nrules: {dict(fuzzing.rules.most_common())}\n"
    )
    assert fuzzing.done >= MANY
    assert not fuzzing.failures, "\n".join(fuzzing.failures)
