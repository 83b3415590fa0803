"""The contenders as processes that are asked for some pages at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, cast

from bench.extract.extractors import APART, EXTRACTORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.extract.corpus import Page
    from bench.extract.extractors import Found

ROOT = Path(__file__).resolve().parents[2]
APART_PYTHON = ROOT / ".venv-contenders" / "bin" / "python"
"""What `make contenders` makes."""


class ContenderError(Exception):
    """A contender could not be started, or ended before it had answered."""


@dataclass(slots=True)
class Answer:
    """What a contender made of some pages."""

    cpu_seconds: float = 0.0
    found: dict[tuple[str, str], Found] = field(default_factory=dict)
    """By part and page."""
    failed: dict[tuple[str, str], str] = field(default_factory=dict)
    """The error on each page that it failed on."""

    def add(self, other: Answer) -> None:
        """Count *other* in."""
        self.cpu_seconds += other.cpu_seconds
        self.found |= other.found
        self.failed |= other.failed


class Runner:
    """A process of one contender, ready to be asked; a new one has met no page yet."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [_python(name), "-m", "bench.extract.runner", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            text=True,
            encoding="utf-8",
        )
        self._read()

    def ask(self, pages: Sequence[Page], *, keep: bool = True) -> Answer:
        """Let it read *pages*; without *keep* it says only how long that took. Raises ContenderError when it ends."""
        by_name = {f"{page.part}/{page.id}": page for page in pages}
        listed = [{"id": name, "file": str(page.file), "url": page.url} for name, page in by_name.items()]
        stdin = cast("IO[str]", self._process.stdin)
        with suppress(BrokenPipeError):  # it has ended: then there is no answer either
            stdin.write(json.dumps({"pages": listed, "keep": keep}) + "\n")
            stdin.flush()
        answer = self._read()
        keys = {name: (page.part, page.id) for name, page in by_name.items()}
        return Answer(
            answer["cpu"],
            {keys[name]: found for name, found in answer["found"].items()},
            {keys[name]: error for name, error in answer["failed"].items()},
        )

    def _read(self) -> dict[str, Any]:
        line = cast("IO[str]", self._process.stdout).readline()
        if not line:
            code = self._close()
            command = f"{_python(self.name)} -m bench.extract.runner '{self.name}'"
            raise ContenderError(f"{self.name} ended with exit code {code}; to see why: {command}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> int:
        """End its input, wait for its end, close what is left open; return its exit code."""
        with self._process as process, suppress(BrokenPipeError):
            cast("IO[str]", process.stdin).close()
        return self._process.returncode


def _python(name: str) -> str:
    return str(APART_PYTHON) if name in APART else sys.executable


def at_hand() -> list[str]:
    """Return the names of the contenders whose environment is there."""
    return [name for name in EXTRACTORS if name not in APART or APART_PYTHON.exists()]
