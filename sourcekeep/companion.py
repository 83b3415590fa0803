"""The extraction that runs beside a crawl, in processes of its own: the catalogue is its queue."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from sourcekeep.invocation import own_process

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
                own_process("--archive", str(folder.path), "extract", "--follow"),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the crawl
            )

    def close_input(self) -> None:
        """Tell it that no more captures come."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End it before its queue is empty; what it wrote stays."""
        self._process.terminate()
