"""How a process that crawls is set up."""

from __future__ import annotations

import gc
import logging
import resource
from contextlib import suppress


def tune() -> None:
    """Leave out work that nobody has anything of; called when everything is imported."""
    collect_seldom()
    # Scrapy writes a line for each request below the level of the log; it would be made, and thrown away.
    logging.disable(logging.DEBUG)
    logging.raiseExceptions = False  # a log that can't be written (full disk) must not hide what is said elsewhere


def collect_seldom() -> None:
    """Look for cycles among what comes from here on, and seldom.

    Scrapy and Twisted make many long-lived objects at start; looking through them again and again for cycles cost a
    sixth of a crawl's processor time (482 pages on 446 hosts).
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


_FILES = 10_240
"""More than a crawl opens, and not more than macOS lets a process ask for."""


def open_many_files() -> None:
    """Raise this process's limit of open files, as far as the system lets it: often it is 1,024, and on macOS 256.

    Each connection is one, and so is each large body that waits for the disk.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(OSError, ValueError):  # as far as it does
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
