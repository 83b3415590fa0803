"""A capture under way: it gathers the exchanges of its chain, and becomes one draft with one outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from archive.clock import utc_now
from archive.drafts import CaptureDraft, RecordedExchange
from archive.standing import SUCCESSES
from archive.words import Evidence, Outcome
from crawler.outcomes import (
    HostClosedError,
    RobotsError,
    fetchable,
    outcome_of_error,
    outcome_of_status,
)
from crawler.validators import confirms
from crawler.wire import EXCHANGES, describe

if TYPE_CHECKING:
    from scrapy.http import Response

    from archive.records import Validators
    from crawler.errands import Errand

CAPTURE = "capture"
"""Key in `Request.meta`: the capture that a request belongs to."""


@dataclass(slots=True)
class CaptureUnderWay:
    """One attempt at one errand."""

    errand: Errand
    validators: Validators | None = None
    """What its page can be asked for with, if it is in the archive."""
    requested_at: str = field(default_factory=utc_now)
    exchanges: list[RecordedExchange] = field(default_factory=list)
    attempts: int = 1
    paused: Request | None = None
    """What it goes on with, where a host of its chain wants to be left alone for a while."""
    holds_host: bool = True
    """Whether the next errand of its host waits for it."""
    _is_conditional: bool = False
    """Whether the last request was."""

    def request(self) -> Request | CaptureDraft:
        """Return the request to make now, or what the capture ends with when its URL is none that can be fetched."""
        if paused := self.paused:
            self.paused = None
            return paused
        url, problem = fetchable(self.errand.url)
        if isinstance(url, Outcome):
            return self._draft(url, error=problem, evidence={"rule": "url"})
        try:
            return Request(
                url,
                # Cookies live as long as a capture: no page sees what another one was given.
                headers=dict(self.errand.headers),
                meta={CAPTURE: self, EXCHANGES: self.exchanges, "cookiejar": self.errand.key},
            )
        except ValueError as error:  # w3lib refuses what urlsplit let pass
            return self._draft(Outcome.INVALID_URL, error=str(error), evidence={"rule": "url"})

    def give_up(self) -> list[RecordedExchange]:
        """Return the exchanges that are over; there will be no capture of them, and its source stays due."""
        over = [exchange for exchange in self.exchanges if exchange.is_over and exchange.proof()]
        for exchange in self.exchanges:
            if exchange not in over:
                exchange.close()
        return over

    def is_in_doubt(self, draft: CaptureDraft) -> bool:
        """Tell whether *draft* is a failure that may come of the request having been conditional; the next is plain.

        Servers answer conditional requests with 400, 412, 431, 500, or with a 304 about another page.
        """
        in_doubt = self.validators is not None and self._is_conditional and draft.outcome not in SUCCESSES
        if in_doubt:
            self.validators = None
        return in_doubt

    def arrived(self, response: Response) -> CaptureDraft:
        """Return the draft for a response that ended the chain."""
        exchange = self.exchanges[-1]
        self._is_conditional = exchange.validators is not None
        if exchange.validators and not confirms(exchange.validators, response):
            exchange.validators = None
        outcome = outcome_of_status(response.status, conditional=exchange.validators is not None)
        if exchange.truncated:
            outcome = Outcome.TRUNCATED
        error = exchange.error
        if "bad-location" in response.flags:
            error = "the redirect's Location is no URL"
        elif outcome is Outcome.TRUNCATED and not error:
            error = "the server sent a part of the page (206), though all of it was asked for"
        elif outcome is Outcome.HTTP_ERROR:
            error = f"HTTP status {response.status}"
        return self._draft(outcome, error=error, status=response.status, media_type=_media_type(response))

    def failed(self, error: BaseException) -> CaptureDraft:
        """Return the draft for a fetch that raised *error*."""
        exchange = self.exchanges[-1] if self.exchanges else None
        self._is_conditional = exchange is not None and exchange.validators is not None
        outcome = outcome_of_error(error, exchange)
        evidence: Evidence = {"rule": "exception", "exception": type(error).__name__}
        if isinstance(error, RobotsError):
            evidence = dict(error.evidence)
        elif isinstance(error, HostClosedError):
            evidence = {"rule": "retry-after"}
        status = exchange.http_status if exchange else None
        said = exchange.error if exchange and not isinstance(error, IgnoreRequest) else None
        return self._draft(outcome, error=said or describe(error), status=status, evidence=evidence)

    def _draft(
        self,
        outcome: Outcome,
        *,
        error: str | None,
        status: int | None = None,
        media_type: str | None = None,
        evidence: Evidence | None = None,
    ) -> CaptureDraft:
        why: Evidence = evidence or {"rule": "http-status", "http_status": status}
        if self.attempts > 1:
            why["attempts"] = self.attempts
        return CaptureDraft(
            source_id=self.errand.source.id,
            source_url=self.errand.source.url,
            requested_at=self.requested_at,
            finished_at=utc_now(),
            outcome=outcome,
            final_url=self.exchanges[-1].url if self.exchanges else None,
            http_status=status,
            error=error,
            media_type=media_type,
            via=self.errand.via,
            asked_url=self.errand.asked_url,
            evidence=why,
            exchanges=self.exchanges,
        )


def _media_type(response: Response) -> str | None:
    value = response.headers.get(b"Content-Type")
    return value.decode("latin-1").partition(";")[0].strip().lower() or None if value else None
