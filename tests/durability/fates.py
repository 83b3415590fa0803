"""Drawing how each crawl ends: by the clock at a random instant, or at a place, the least tried ones first.

At least half of the kills are the clock's, which knows nothing of what a crawl is doing; of those, a share is of a
process that fetches, and the others of the one that writes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from durability import LANES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from durability import Ended

_FETCHERS = 0.3
"""The share of a fetching process among the draws of the clock; some come when none is there, or none any more."""
_UNSEEN = 0.3
"""The hazard of a place that no crawl has told of yet."""
_HITS = 4.0
"""How many places would strike in a crawl that passes all, if it lived on; so most crawls die, early or late."""
_TEARING = "amid write"
"""Places of this kind are tried more often: without torn tails, salvage has little to do."""
_AHEAD = 4 * LANES
"""By how many kills the clock is ahead of the places: what is under way elsewhere, or follows a tear, is theirs."""


class Fates:
    """Draws ends, and learns from them how long a crawl takes, which places it has, and which were not tried yet."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._seconds = 0.0
        self._most = 0
        self._passes: dict[str, int] = {}
        self.struck: Counter[str] = Counter()
        """By place: how often a crawl died there."""
        self.by_clock = 0
        """How many were killed at a random instant."""
        self.fetchers = 0
        """In how many of these it was a fetching process."""

    def draw(self, synced: Mapping[str, int], *, torn: bool) -> dict[str, Any]:
        """Return what an order says of its end; *synced* as in `Faults`, *torn* whether there is a tail to be salvaged.

        A crawl that has a torn tail before it passes places that no other one does.
        """
        if self.by_clock < self.struck.total() + _AHEAD and not torn:
            fetcher = self._random.random() < _FETCHERS
            return {"kill_after": self._random.uniform(0, 1.15 * self._seconds), "kills_fetcher": fetcher}
        action = self._random.choice(("kill", "cut"))
        weights = {place: self._weight(place) for place in self._passes}
        share = _HITS / sum(weights.values()) if weights else 0.0
        hazards = {place: min(0.9, weight * share) / self._passes[place] for place, weight in weights.items()}
        seed = self._random.randrange(1 << 32)
        faults = {
            "seed": seed,
            "action": action,
            "otherwise": _UNSEEN,
            "hazards": hazards,
            "synced": self._random.choice((synced, {})),
        }
        return {"faults": faults}

    def _weight(self, place: str) -> float:
        tries = self.struck[place]
        return float((1 + tries // 10 if place.endswith(_TEARING) else 1 + tries) ** -1.5)

    def learn(self, ended: Ended) -> None:
        """Take note of how a crawl ended."""
        for place, count in ended.passed.items():
            self._passes[place] = max(count, self._passes.get(place, 0))
        if ended.status == 0 and len(ended.acknowledged) >= self._most:
            self._most = len(ended.acknowledged)
            self._seconds = (self._seconds + ended.seconds) / 2 if self._seconds else ended.seconds
        if ended.struck:
            self.struck[ended.struck] += 1
        elif ended.killed:
            self.by_clock += 1
            self.fetchers += ended.fetcher_killed

    @property
    def untried(self) -> list[str]:
        """Return the places that were passed, and where no crawl died."""
        return sorted(place for place in self._passes if not self.struck[place])
