"""Live updates to the browser: server-sent events that say what changed, never what it says.

Source: WHATWG HTML, section 9.2 (server-sent events).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from api.permissions import Permission
from api.signin import Person, allowed
from api.wiring import System, system_of

ROUTER = APIRouter(tags=["updates"])
EVERY_S = 0.5
HEARTBEAT_S = 15.0
MOST_STREAMS = 100


@ROUTER.get("/updates", response_class=StreamingResponse)
def updates(
    request: Request, _person: Annotated[Person, Depends(allowed(Permission.WORKLIST_READ))]
) -> StreamingResponse:
    """Stream ``changed`` events with the position reached and the streams that changed."""
    return StreamingResponse(_follow(request, system_of(request)), media_type="text/event-stream")


async def _follow(request: Request, system: System) -> AsyncIterator[str]:
    position = await asyncio.to_thread(system.runner.position)
    yield _event("changed", {"position": position, "streams": []})
    quiet = 0.0
    while not await request.is_disconnected():
        await asyncio.sleep(EVERY_S)
        reached = await asyncio.to_thread(system.runner.position)
        if reached > position:
            streams = await asyncio.to_thread(_changed, system, position, reached)
            yield _event("changed", {"position": reached, "streams": streams})
            position, quiet = reached, 0.0
            continue
        quiet += EVERY_S
        if quiet >= HEARTBEAT_S:
            lag = await asyncio.to_thread(_lag, system, position)
            yield _event("lag", {"lag": lag})
            quiet = 0.0


def _changed(system: System, position: int, reached: int) -> list[str]:
    records = system.log.after(position, limit=min(reached - position, MOST_STREAMS))
    return sorted({str(record.stream) for record in records})


def _lag(system: System, position: int) -> int:
    return max(0, system.log.size() - 1 - position)


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
