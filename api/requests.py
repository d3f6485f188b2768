"""What happens to every request, whatever it asks: name, limit, log line, last resort.

Rules kept here:

1. Each request has a correlation; its log line, its records and its problem documents carry it.
2. No body is read beyond what its address takes in, and few large ones are held at once; see
   ``api/bodies.py``. Who may send one is asked first; see ``api/admission.py``.
3. What nobody expected is logged by its kind and place, never by its text, and told without
   details: a text may hold what was typed.
4. All of this works on the wire itself, so that streams and errors are treated alike.
"""

import time
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import Body, Places
from api.problems import too_large, unexpected
from api.wiring import CORRELATION

_log = structlog.get_logger()


class Requests:
    """ASGI middleware around the whole application, inside the security headers only."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        name: Callable[[], str],
        limit_bytes: Callable[[str], int],
        places: Places,
    ) -> None:
        """Wrap an application.

        Args:
            app: The application.
            name: Returns a fresh correlation.
            limit_bytes: Returns how large a body may be, by path.
            places: Where large bodies are held.
        """
        self._app = app
        self._name = name
        self._limit_bytes = limit_bytes
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, self._name())
        scope.setdefault("state", {})["correlation"] = answer.correlation
        began = time.perf_counter()
        token = CORRELATION.set(answer.correlation)
        try:
            await self._answer(scope, receive, answer)
        finally:
            CORRELATION.reset(token)
            _log.info(
                "request",
                correlation=answer.correlation,
                method=scope["method"],
                # The template, not the address: addresses hold identifiers.
                route=getattr(scope.get("route"), "path", "static"),
                status=answer.status,
                duration_ms=round((time.perf_counter() - began) * 1000, 1),
            )

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        limit = self._limit_bytes(scope["path"])
        if _declared_size(scope) > limit:
            await too_large(Request(scope), limit)(scope, receive, answer.send)
            return
        body = Body(receive, limit, self._places)
        try:
            await self._app(scope, body.receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort: logged, and told as a problem
            _log.error(
                "unexpected error",
                correlation=answer.correlation,
                error=type(error).__name__,
                exc_info=error,
            )
            if answer.status is not None:
                # Half of it is on the wire: cut the connection, so that nobody takes it for whole.
                message = "an answer broke off"
                raise ConnectionAbortedError(message) from None
            await unexpected(Request(scope))(scope, receive, answer.send)
        finally:
            body.close()


class _Answer:
    """Passes an answer on with its correlation, and remembers its status."""

    def __init__(self, send: Send, correlation: str) -> None:
        self.correlation = correlation
        self.status: int | None = None
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Vultus-Correlation"] = self.correlation
        await self._send(message)


def _declared_size(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(1 << 63)) else 0
