"""One request at the application's own door, with a body that notes whether it is asked for."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from tests.api.portal import PREFIX, Person

BOUNDARY = "a-boundary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
PIECE = b"x" * (1 << 18)
Meanwhile = Callable[[int], Awaitable[None]]
"""Told how many pieces were asked for before, and awaited before the next one arrives."""


async def _at_once(_asked: int) -> None:
    """Let a piece arrive as soon as it is asked for."""


def part(name: str, content: bytes, file: str = "") -> bytes:
    """Return one field of a form; with a file name, one file."""
    named = f'; filename="{file}"' if file else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    """Return a whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


@dataclass(slots=True, kw_only=True)
class Answered:
    """What came back.

    Attributes:
        asked: How many pieces of the body were asked for.
        status: The status.
        headers: The headers.
        text: The content.
    """

    asked: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: bytes = b""

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document."""
        found: dict[str, Any] = json.loads(self.text)
        return found


async def send(
    app: FastAPI,
    method: str,
    path: str,
    *,
    headers: dict[str, str],
    pieces: Sequence[bytes] = (PIECE,) * 3,
    meanwhile: Meanwhile = _at_once,
) -> Answered:
    """Send one request whose body comes in pieces, and return the answer.

    Args:
        app: The application.
        method: The method.
        path: The address below the prefix.
        headers: Headers; nothing is added.
        pieces: The body; whoever asks for more than there is waits until they give up.
        meanwhile: Awaited before each piece arrives.
    """
    answered = Answered()

    async def receive() -> dict[str, Any]:
        await meanwhile(answered.asked)
        if answered.asked == len(pieces):
            await asyncio.Event().wait()
        piece = pieces[answered.asked]
        answered.asked += 1
        return {
            "type": "http.request",
            "body": piece,
            "more_body": answered.asked < len(pieces),
        }

    async def sent(message: Any) -> None:  # noqa: ANN401 - as ASGI has it
        if message["type"] == "http.response.start":
            answered.status = message["status"]
            answered.headers = {
                name.decode().lower(): value.decode() for name, value in message["headers"]
            }
        else:
            answered.text += message.get("body", b"")

    whole, _, query = f"{PREFIX}{path}".partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": whole,
        "raw_path": whole.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {"host": "127.0.0.1:8460", **headers}.items()
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8460),
    }
    await app(scope, receive, sent)
    return answered


def cookies(person: Person) -> dict[str, str]:
    """Return what a person's browser sends with an unsafe request."""
    held = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    return {"cookie": held, "x-vultus-client": "ui", "idempotency-key": "k" * 32}
