"""When a passing failure is tried again: back-off, and Retry-After."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and after how long, a crawl tries a passing failure again."""

    most: int
    """How many times."""
    first_wait: float
    """Seconds before the first, as `back_off` takes them."""
    retry_after_limit: float
    """The longest Retry-After, in seconds, that is waited for."""

    def wait(self, attempts: int, asked: float | None) -> float | None:
        """Return the seconds to wait after so many *attempts*, when the host *asked* for some; None to leave it."""
        asked = asked or 0.0
        if attempts > self.most or asked > self.retry_after_limit:
            return None
        return max(back_off(attempts, self.first_wait), asked)


def back_off(attempt: int, first_wait: float) -> float:
    """Return the seconds before the *attempt*-th retry: *first_wait*, doubled each time, at most an hour.

    A quarter is given or taken: the spread keeps sources that failed together from coming back together.
    """
    wait = min(first_wait * 2 ** (attempt - 1), _LONGEST_WAIT)
    return float(wait * random.uniform(0.75, 1.25))  # noqa: S311  # no secret


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a `Retry-After` asks for (RFC 9110 10.2.3): a number or a date; None if neither."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), 10**9))
    moment = http_date(value)
    return None if moment is None else max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def http_date(value: str) -> datetime | None:
    """Return the date of a header field (RFC 9110 5.6.7), None where it is none."""
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the second for a zone of many digits
        return None
