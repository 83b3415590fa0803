"""Scrapy's downloader middlewares, called without a coroutine for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.http import Request, Response
from scrapy.utils.defer import ensure_awaitable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class DirectMiddlewares(DownloaderMiddlewareManager):
    """Waits only for what isn't there yet: of a dozen for each exchange, all but that of robots.txt have it at once."""

    async def _process_request(
        self, request: Request, download_func: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response | Request:
        for method in self.methods["process_request"]:
            came = self._handle_mw_method(method, request=request)  # type: ignore[arg-type]  # there is one
            instead: Response | Request | None = None if came is None else await ensure_awaitable(came)
            if instead is not None:
                return instead
        return await download_func(request)

    async def _process_response(self, response: Response | Request, request: Request) -> Response | Request:
        for method in self.methods["process_response"]:
            if isinstance(response, Request):
                break
            came = self._handle_mw_method(method, request=request, response=response)  # type: ignore[arg-type]
            response = came if isinstance(came, (Response, Request)) else await ensure_awaitable(came)
        return response
