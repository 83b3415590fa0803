"""From the rows of a source's captures to what each says of its link."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from archive.signals import Seen, Signal, directory_of, is_home, is_suspicious, last_part, signal_of
from archive.urls import url_key
from sourcekeep.audit.health import Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archive.catalogue.histories import Link, Look


class Observer:
    """Says what captures say; *has_company* tells whether several sources ended at a URL."""

    def __init__(self, has_company: Callable[[str], bool]) -> None:
        self._has_company = has_company
        # Most captures of an archive look like one of a few hundred.
        self._signal_of = lru_cache(maxsize=65536)(signal_of)

    def observe(self, link: Link, looks: Sequence[Look]) -> Iterator[Observed]:
        """Iterate over what the captures of a source say of its link."""
        where = _Where(link, self._has_company)
        for look in looks:
            signal, rule = self._signal_of(where.seen(look))
            yield Observed(look.capture_id, look.at, signal, rule)

    def suspicious(self, link: Link, looks: Sequence[Look]) -> Iterator[Look]:
        """Iterate over the captures of a source that a probe can say more about, whatever probes have said so far."""
        where = _Where(link, self._has_company)
        for look in looks:
            seen = where.seen(look._replace(finding=None))
            if is_suspicious(*self._signal_of(seen), seen):
                yield look

    def probe_wanted(self, link: Link, looks: Sequence[Look]) -> str | None:
        """Return the directory beside whose page a probe would say more about the last capture, or None."""
        if not looks or looks[-1].verdict is None:
            return None
        seen = _Where(link, self._has_company).seen(looks[-1])
        signal, rule = self._signal_of(seen)
        return directory_of(link.url) if signal is not Signal.SILENT and is_suspicious(signal, rule, seen) else None


class _Where:
    """Where the captures of one source ended, beside where they should have."""

    def __init__(self, link: Link, has_company: Callable[[str], bool]) -> None:
        self._link = link
        self._has_company = has_company
        self._is_deep = not is_home(link.url)
        self._known: dict[str, tuple[bool, bool, bool, bool]] = {}

    def seen(self, look: Look) -> Seen:
        elsewhere, at_home, keeps_name, in_company = self._ended(look.final_url)
        return Seen(
            look.outcome,
            look.http_status,
            look.verdict,
            self._is_deep,
            elsewhere,
            at_home,
            keeps_name,
            in_company,
            look.change,
            look.finding,
        )

    def _ended(self, final_url: str | None) -> tuple[bool, bool, bool, bool]:
        """Return whether a chain ended elsewhere, at a home, under the same name, and with others."""
        link = self._link
        if final_url is None or final_url == link.url:
            return False, False, False, False
        if final_url not in self._known:
            elsewhere = url_key(final_url) != link.url_key
            name = last_part(link.url)
            self._known[final_url] = (
                elsewhere,
                elsewhere and is_home(final_url),
                elsewhere and bool(name) and name == last_part(final_url),
                elsewhere and self._has_company(final_url),
            )
        return self._known[final_url]
