"""How much of a body is taken in, and how many large ones are held at once.

Rules kept here:

1. No body is read beyond what its address takes in.
2. A body in memory is bounded memory: whoever sends more than a mebibyte needs one of a few places
   before more is asked for, and keeps it until the answer is given.
3. Who finds no place waits a little, while the network holds back what was not asked for: a burst
   of photographs is no reason to refuse any. Then they are told to come again, because a browser
   or a station that waits longer gives up on its own and does not know why.
4. Where nothing more of a large body arrives, its place is given to somebody who sends.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from api.problems import RETRY_AFTER_S

LARGEST_JSON_BYTES: Final = 1 << 20
LARGE_BODIES_AT_ONCE: Final = 4
"""In each process. The largest is a model with its manifest, 258 MiB: about 1 GiB of bodies at the
most, and what works on them needs about as much again."""

WAIT_S: Final = 5.0
STALLED_S: Final = 30.0


class Places:
    """The places for large bodies of one process; for one event loop."""

    def __init__(self, number: int, *, wait_s: float, stalled_s: float) -> None:
        """Offer places.

        Args:
            number: How many large bodies are held at once, at least 1.
            wait_s: Seconds somebody waits for a place, at least 0.
            stalled_s: Seconds after which a body of which nothing arrives is given up.
        """
        self._free = asyncio.Semaphore(number)
        self._wait_s = wait_s
        self._stalled_s = stalled_s

    async def take(self) -> None:
        """Take a place.

        Raises:
            HTTPException: none became free in time.
        """
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise HTTPException(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Several large files are being taken in just now. Nothing of this one was kept; "
                "send it again in a few seconds.",
                headers={"Retry-After": RETRY_AFTER_S},
            ) from None

    def give_back(self) -> None:
        """Give a place to whoever waits longest."""
        self._free.release()

    async def next_piece(self, receive: Receive) -> Message:
        """Receive the next piece of a body that has a place.

        Raises:
            HTTPException: nothing arrived in time.
        """
        try:
            async with asyncio.timeout(self._stalled_s):
                return await receive()
        except TimeoutError:
            raise HTTPException(
                HTTPStatus.REQUEST_TIMEOUT,
                f"Nothing more of the file arrived for {self._stalled_s:g} seconds. Nothing of it "
                "was kept; send it again.",
            ) from None


class Body:
    """The body of one request, as it is asked for piece by piece.

    What goes wrong here is an ``HTTPException``: FastAPI takes anything else that is raised while
    it reads for a body that cannot be parsed.
    """

    def __init__(self, receive: Receive, limit_bytes: int, places: Places) -> None:
        """Take in up to a limit from a connection."""
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._places = places
        self._size = 0
        self._more = True
        self._has_place = False

    async def receive(self) -> Message:
        """Receive the next message of the connection.

        Raises:
            HTTPException: the body is larger than its address takes in, there is no place for it,
                or nothing more of it arrives.
        """
        if self._more and self._size > LARGEST_JSON_BYTES and not self._has_place:
            await self._places.take()
            self._has_place = True
        if self._more and self._has_place:
            message = await self._places.next_piece(self._receive)
        else:
            message = await self._receive()
        self._size += len(message.get("body", b""))
        self._more = message.get("more_body", False)
        if self._size > self._limit_bytes:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"More than {self._limit_bytes >> 20} MiB cannot be taken in at once.",
            )
        return message

    def close(self) -> None:
        """Give back what was taken; the request is answered."""
        if self._has_place:
            self._has_place = False
            self._places.give_back()
