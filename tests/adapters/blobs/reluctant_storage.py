"""Storage in front of other storage that knows no conditional writes and says so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

REFUSAL = b"<Error><Code>NotImplemented</Code></Error>"
_OURS = {"connection", "transfer-encoding", "content-length", "date", "server"}


@contextmanager
def reluctant(endpoint: str) -> Iterator[str]:
    """Pass everything on but requests with a condition, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "If-None-Match" in self.headers:
                self._answer(400, {}, REFUSAL)
                return
            found = httpx.request(
                self.command, endpoint + self.path, headers=dict(self.headers), content=body
            )
            self._answer(found.status_code, dict(found.headers), found.content)

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _OURS:
                    self.send_header(name, value)
            length = headers.get("content-length", "0") if self.command == "HEAD" else len(body)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._pass_on)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
