"""A browser beside the application: the same requests and cookies, without a network."""

import asyncio
from typing import Any

import httpx


class Browser(httpx.Client):
    """Sends to an ASGI application; what fails in there is an answer, too."""

    def __init__(self, app: Any, address: str) -> None:  # noqa: ANN401 - any ASGI application
        """Look at this application under this address."""
        super().__init__(transport=_Beside(app), base_url=address)


class _Beside(httpx.BaseTransport):
    def __init__(self, app: Any) -> None:  # noqa: ANN401 - any ASGI application
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, whole."""
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        copied = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        found = await self._transport.handle_async_request(copied)
        return httpx.Response(found.status_code, headers=found.headers, content=await found.aread())
