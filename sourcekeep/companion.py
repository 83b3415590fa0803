"""The extraction that runs beside a crawl, in processes of its own: the catalogue is its queue."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from archive.folder import ArchiveFolder


class ExtractionProcess:
    """`sourcekeep extract --follow`: it makes texts until its standard input ends, and then of what is left.

    The pipe is the leash: when the crawl ends, however it ends, the extraction finishes its queue and stops.
    """

    def __init__(self, folder: ArchiveFolder) -> None:
        self.log: Path = folder.reports_dir / "extract.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sourcekeep", "--archive", str(folder.path), "extract", "--follow"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the crawl
            )

    def close_input(self) -> None:
        """Tell it that no more captures come."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()

    def wait(self) -> int:
        """Return its exit code, when it has ended."""
        return self._process.wait()
