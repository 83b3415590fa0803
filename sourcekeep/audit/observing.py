"""From the rows of a source's captures to what each says of its link."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archive.signals import FOUND, Seen, Signal, directory_of, is_home, is_suspicious, own_name, signal_of
from archive.urls import url_key
from sourcekeep.audit.health import Course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archive.catalogue.histories import Link, Look


class _Ended(NamedTuple):
    """Where a chain of redirects ended, beside where it should have."""

    elsewhere: bool = False
    at_home: bool = False
    keeps_name: bool = False
    in_company: bool = False
    from_home: bool = False
    """Whether the source is a home itself; looked at only where the chain ended elsewhere."""


_WHERE_ASKED = _Ended()


class Observer:
    """Says what captures say; *has_company* tells whether several sources ended at a URL."""

    def __init__(self, has_company: Callable[[str], bool]) -> None:
        self._has_company = has_company
        # Most captures of an archive look like one of a few hundred.
        self._known: dict[tuple[object, ...], tuple[Signal, str]] = {}

    def fold(self, link: Link, looks: Sequence[Look]) -> Course:
        """Return what the link of a source has been, by its captures in their order."""
        course = Course()
        known, take = self._known, course.take
        ends: dict[str, _Ended] = {}
        for look in looks:
            _, capture_id, at, outcome, http_status, verdict, final_url, change, finding = look
            ended = _WHERE_ASKED
            if final_url is not None:
                ended = ends.get(final_url) or ends.setdefault(final_url, self._ended(link, final_url))
            had = course.first_good is not None
            if finding:  # rare, and what it says depends on more
                said = signal_of(self.seen(link, look, had=had))
            else:
                key = (outcome, http_status, verdict, ended, change if had else None)
                said = known.get(key) or known.setdefault(key, signal_of(self.seen(link, look, had=had)))
            take(capture_id, at, *said)
        return course

    def suspicious(self, link: Link, looks: Sequence[Look]) -> Iterator[Look]:
        """Iterate over the captures of a source that a probe can say more about, whatever probes have said so far."""
        for look in looks:
            unprobed = look._replace(finding=None)
            if any(_is_suspicious(self.seen(link, unprobed, had=had)) for had in (False, True)):
                yield look

    def probe_wanted(self, link: Link, looks: Sequence[Look]) -> str | None:
        """Return the directory beside whose page a probe would say more about the last capture, or None."""
        if not looks or looks[-1].verdict is None:
            return None
        had = any(signal in FOUND for signal, _ in self.said(link, looks[:-1]))
        return directory_of(link.url) if _is_suspicious(self.seen(link, looks[-1], had=had)) else None

    def said(self, link: Link, looks: Sequence[Look]) -> Iterator[tuple[Signal, str]]:
        """Iterate over what each capture of a source says of its link, and by which rule."""
        had = False
        for look in looks:
            signal, rule = signal_of(self.seen(link, look, had=had))
            had = had or signal in FOUND
            yield signal, rule

    def seen(self, link: Link, look: Look, *, had: bool) -> Seen:
        """Return one capture of a source, as far as its link goes; *had* is whether one before it found a page.

        Where none did, the text that was kept first may be what the site gives for all that it hasn't got, and that it
        is still there says nothing.
        """
        ended = self._ended(link, look.final_url) if look.final_url is not None else _WHERE_ASKED
        return Seen(
            look.outcome,
            look.http_status,
            look.verdict,
            not is_home(link.url),
            *ended[:4],
            look.change if had else None,
            look.finding,
        )

    def _ended(self, link: Link, final_url: str) -> _Ended:
        if url_key(final_url) == link.url_key:
            return _WHERE_ASKED
        name = own_name(link.url)
        return _Ended(
            elsewhere=True,
            at_home=is_home(final_url),
            keeps_name=bool(name) and name == own_name(final_url),
            in_company=self._has_company(final_url),
            from_home=is_home(link.url),
        )


def _is_suspicious(seen: Seen) -> bool:
    return is_suspicious(*signal_of(seen), seen)
