"""Scrapy's signals at no cost where nobody listens."""

from __future__ import annotations

from typing import Any

from scrapy.signalmanager import SignalManager


class HeardSignals(SignalManager):
    """Sends a signal only where a receiver was ever connected to it here.

    Scrapy sends a dozen for each request and one more for each piece of a body, and looks in four places who hears it.
    """

    def __init__(self, sender: Any) -> None:
        super().__init__(sender)
        self._heard: set[Any] = set()

    def connect(self, receiver: Any, signal: Any, **kwargs: Any) -> None:
        """Let *receiver* have *signal* from now on."""
        self._heard.add(signal)
        super().connect(receiver, signal, **kwargs)

    def send_catch_log(self, signal: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """Return each receiver with what it returned, or with the Failure that it raised."""
        return super().send_catch_log(signal, **kwargs) if signal in self._heard else []
