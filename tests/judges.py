"""The programs that judge what Sourcekeep writes: pywb, surt and wacz, in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

BIN = Path(__file__).parent.parent / ".venv-judges" / "bin"
WAYBACK = BIN / "wayback"

# Where CI is set they must be there: a judge that is not asked agrees with everything.
needs_judges = pytest.mark.skipif(
    not WAYBACK.exists() and not os.environ.get("CI"),
    reason="pywb and wacz are not there; `make judges` installs them into .venv-judges",
)

_SURTS = """
import json, sys, surt
for url in json.load(sys.stdin):
    try:
        print(json.dumps(surt.surt(url)))
    except Exception as error:
        print(json.dumps(None))
"""


def their_surts(urls: list[str]) -> list[str | None]:
    """Return the SURT of each URL by the program that pywb uses; None where it fails."""
    result = ask("python", "-W", "ignore", "-c", _SURTS, given=json.dumps(urls))
    return [json.loads(line) for line in result.stdout.splitlines()]


def ask(
    program: str, *arguments: str | Path, given: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of the judges, which must end well, in *folder*."""
    command = [BIN / program, *arguments]
    return subprocess.run(command, input=given, cwd=folder, capture_output=True, text=True, check=True, timeout=120)
