"""Which station signed a request, and the body it signed.

Rules kept here:

1. Every request is signed by the station's own key; there is no shared secret and no password.
2. The body is read after the signature is checked, and is the one that was signed. The signature
   covers the digest of the body, not the body, so nothing is read of what nobody signed; of a
   request that names no digest at most the first piece of a body is.
"""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from adapters.device_nonces import DeviceNonces
from adapters.device_requests import Message, check_request, claimed_digest
from api.permissions import Permission
from api.problems import TooLarge
from api.reception import public_key
from api.wiring import System, system_of
from domain.errors import NotSignedIn, SignatureInvalid
from domain.values.identifiers import DeviceId


class Caller:
    """A station whose signature on this request holds, and the body it signed."""

    def __init__(self, device: DeviceId, body: bytes) -> None:
        """Name the station and keep the body."""
        self.device = device
        self.body = body


async def station(request: Request) -> Caller:
    """Return the station that signed a request; its body is read after the signature is checked.

    Raises:
        NotSignedIn: the signature does not hold; the answer tells our time, for a station whose
            clock is off.
    """
    system = system_of(request)
    claimed = claimed_digest(request.headers)
    device = await run_in_threadpool(_check, request, system, claimed)
    body = await _body(request, system.settings.upload_limit_bytes, claimed)
    return Caller(device, body)


station.permission = Permission.DEVICE_POST  # type: ignore[attr-defined]
Station = Annotated[Caller, Depends(station)]


async def _body(request: Request, limit: int, claimed: bytes | None) -> bytes:
    """Return the body that was signed.

    Args:
        request: The request; its signature holds.
        limit: Most bytes that are taken in.
        claimed: SHA-256 of the body as the signature covers it; none of a request without one.

    Raises:
        NotSignedIn: it is another body.
        TooLarge: it is longer than the limit.
    """
    pieces: list[bytes] = []
    size = 0
    source: AsyncIterator[bytes] = request.stream()
    async for piece in source:
        size += len(piece)
        if size > limit:
            raise TooLarge(limit)
        pieces.append(piece)
        if piece and claimed is None:
            break  # nobody signed any of it, so no more of it is asked for
    body = b"".join(pieces)
    if (sha256(body).digest() if body else None) != claimed:
        message = "the body is not the one that was signed"
        raise NotSignedIn(message)
    return body


def _check(request: Request, system: System, claimed: bytes | None) -> DeviceId:
    headers = {name.title(): value for name, value in request.headers.items()}
    message = Message(method=request.method, url=str(request.url), headers=headers)
    now = system.clock.now()
    try:
        asker = check_request(
            message,
            public_key_of=lambda device: public_key(system, device),
            body_digest=claimed,
            now=now.moment,
        )
    except SignatureInvalid as error:
        text = f"{error}. Our time is {now}."
        raise NotSignedIn(text) from error
    nonces: DeviceNonces = request.app.state.nonces
    if not nonces.use(asker.device, asker.nonce, now=now):
        text = "this signed request was used before"
        raise NotSignedIn(text)
    return asker.device
