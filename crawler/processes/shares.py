"""What several fetching processes divide among themselves: sites, each of which belongs to one of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.errands import Errand

LEAST_ERRANDS = 25
"""For each process: with fewer, one more costs more time than it saves."""
MOST_PROCESSES = 4
"""By default: a crawl waits for servers more than for processors, and each process takes some 100 MB."""


def processes_for(errands: int, wanted: int, processors: int | None) -> int:
    """Return how many processes are to run so many *errands*; *wanted* is 0 for one a processor."""
    most = wanted or min(processors or 1, MOST_PROCESSES)
    return max(1, min(most, errands // LEAST_ERRANDS))


def divide(errands: Sequence[Errand], count: int) -> list[list[Errand]]:
    """Divide *errands* into *count* lists, all that ask a site in one of them, each in the given order.

    Sites with the most errands are dealt out first, each to the list that has the fewest: a crawl lasts as long as its
    longest list.
    """
    sizes = [0] * count
    owner: dict[str, int] = {}
    for site, size in Counter(map(_site, errands)).most_common():
        owner[site] = sizes.index(min(sizes))
        sizes[owner[site]] += size
    divided: list[list[Errand]] = [[] for _ in range(count)]
    for errand in errands:
        divided[owner[_site(errand)]].append(errand)
    return divided


def _site(errand: Errand) -> str:
    """Return what keeps errands together; one that names no host asks nobody, and can go anywhere."""
    return errand.site or errand.host or errand.url
