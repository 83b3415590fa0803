"""The WARC files of an archive in the order in which they were written: imports, then crawls.

Names have the time in them, and clocks jump back; what was stated in the files has numbers, and those never do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.ledger.file import LEDGER_SERIES
from archive.recorded import crawl_of, import_of
from archive.warc_files import warc_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

CRAWL_SERIES = "sourcekeep"
"""What the names of the files of crawls begin with."""


def import_files(warc_dir: Path) -> list[tuple[int, Path]]:
    """Return the finished files of imports with their numbers, in this order; 0 where no number can be read."""
    return _in_order(import_of, warc_files(warc_dir, f"{LEDGER_SERIES}-"))


def crawl_files(warc_dir: Path) -> list[tuple[int, Path]]:
    """Return the finished files of crawls with their crawls, in the order of writing; 0 where no crawl is named."""
    imports = set(warc_files(warc_dir, f"{LEDGER_SERIES}-"))
    return _in_order(crawl_of, [path for path in warc_files(warc_dir) if path not in imports])


def _in_order(number_of: Callable[[Path], int | None], paths: Iterable[Path]) -> list[tuple[int, Path]]:
    """Sort files by number, and within it by name: the writer counts up there."""
    return sorted(((number_of(path) or 0, path) for path in paths), key=lambda each: (each[0], each[1].name))
