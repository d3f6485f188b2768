"""One address before several servers, as the proxy of the documentation is.

Rules kept here:

1. Requests go to the servers in turn. Where one cannot be reached, breaks off or answers 503, the
   next is asked: a command carries its own key and may be sent twice.
2. A server that failed is left alone for a while, unless no other is left.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Final

import httpx

LEFT_ALONE_S: Final = 5.0
_OF_ONE_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-encoding", "host"}


class OneAddress:
    """Passes requests on.

    Attributes:
        address: Where it listens.
        answered: How many answers each server gave that were passed on.
        passed_over: How often a server was asked in vain.
    """

    def __init__(self, servers: Sequence[str]) -> None:
        """Stand before servers; nothing is passed on yet."""
        self.answered: Counter[str] = Counter()
        self.passed_over: Counter[str] = Counter()
        self._servers = tuple(servers)
        self._turn = count()
        self._down: dict[str, float] = {}
        self._http = httpx.Client(timeout=60)
        one_address = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                one_address._pass_on(self)

            def do_POST(self) -> None:
                one_address._pass_on(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def begin(self) -> None:
        """Pass requests on from now on."""
        self._thread.start()

    def end(self) -> None:
        """Pass nothing on any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._http.close()

    def _in_turn(self) -> list[str]:
        first = next(self._turn) % len(self._servers)
        order = [*self._servers[first:], *self._servers[:first]]
        now = time.monotonic()
        return sorted(order, key=lambda each: self._down.get(each, 0.0) > now)

    def _pass_on(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in _OF_ONE_HOP}
        answer = None
        for server in self._in_turn():
            try:
                answer = self._http.request(
                    asked.command, server + asked.path, content=body, headers=headers
                )
            except httpx.TransportError:
                self._leave(server)
                continue
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                self.answered[server] += 1
                break
            self._leave(server)
        self._answer(asked, answer)

    def _leave(self, server: str) -> None:
        self.passed_over[server] += 1
        self._down[server] = time.monotonic() + LEFT_ALONE_S

    def _answer(self, asked: BaseHTTPRequestHandler, answer: httpx.Response | None) -> None:
        content = b"" if answer is None else answer.content
        asked.send_response(HTTPStatus.BAD_GATEWAY if answer is None else answer.status_code)
        for name, value in [] if answer is None else answer.headers.multi_items():
            if name.lower() not in {*_OF_ONE_HOP, "content-length"}:
                asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)


@contextmanager
def one_address(*servers: str) -> Iterator[OneAddress]:
    """Stand before servers until left."""
    made = OneAddress(servers)
    made.begin()
    try:
        yield made
    finally:
        made.end()
