"""Where a crawl's log is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.folder import ArchiveFolder


def log_file(folder: ArchiveFolder) -> Path:
    """Return the log of a crawl that begins now, which can be written; raises ArchiveError when it can't."""
    path = folder.reports_dir / f"crawl-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    except OSError as error:
        raise ArchiveError(f"the log of the crawl cannot be written: {error}; a crawl has to write there") from error
    return path
