"""The versions of what a crawl is made with."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def version_of(distribution: str) -> str:
    """Return the version of an installed *distribution*, `sourcekeep` for one."""
    return version(distribution)
