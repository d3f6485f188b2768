"""Live updates to the browser: server-sent events that say what changed, never what it says.

Rules kept here:

1. Listening is no activity: it keeps no sign-in alive, and ends with it.
2. That somebody looked at something is no news to anybody's screen; telling it would make screens
   read again, which is a look, without end.
3. A stream that is left, or a service that stops, ends the stream within half a second.

Source: WHATWG HTML, section 9.2 (server-sent events).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from api.permissions import Permission
from api.signin import COOKIE, Person, allowed
from api.wiring import System, system_of
from domain.values.identifiers import AccessId

ROUTER = APIRouter(tags=["updates"])
EVERY_S = 0.5
HEARTBEAT_S = 15.0
MOST_RECORDS = 100


@ROUTER.get("/updates", response_class=StreamingResponse)
def updates(
    request: Request, _person: Annotated[Person, Depends(allowed(Permission.WORKLIST_READ))]
) -> StreamingResponse:
    """Stream ``changed`` events with the position reached and the streams that changed."""
    events = follow(request, system_of(request), every_s=EVERY_S, heartbeat_s=HEARTBEAT_S)
    return StreamingResponse(events, media_type="text/event-stream")


async def follow(
    request: Request, system: System, *, every_s: float, heartbeat_s: float
) -> AsyncIterator[str]:
    """Yield events until the browser leaves, the sign-in ends or the service stops."""
    position = await asyncio.to_thread(system.runner.position)
    yield _event("changed", {"position": position, "streams": []})
    quiet = 0.0
    while await _goes_on(request, system):
        await asyncio.sleep(every_s)
        reached = await asyncio.to_thread(system.runner.position)
        quiet = 0.0 if reached > position else quiet + every_s
        while position < reached:  # after a rush in several events, so that none is left out
            upto = min(reached, position + MOST_RECORDS)
            streams = await asyncio.to_thread(_changed, system, position, upto)
            yield _event("changed", {"position": upto, "streams": streams})
            position = upto
        if quiet >= heartbeat_s:
            lag = await asyncio.to_thread(_lag, system, position)
            yield f": still here\n\n{_event('lag', {'lag': lag})}"
            quiet = 0.0


async def _goes_on(request: Request, system: System) -> bool:
    if request.app.state.stopping.is_set() or await request.is_disconnected():
        return False
    token = request.cookies.get(COOKIE, "")
    return await asyncio.to_thread(system.accounts.sign_ins.holds, token, now=system.clock.now())


def _changed(system: System, position: int, reached: int) -> list[str]:
    records = system.log.after(position, limit=reached - position)
    looks = f"{AccessId.kind}-"
    return sorted({str(each.stream) for each in records if not each.stream.startswith(looks)})


def _lag(system: System, position: int) -> int:
    return max(0, system.log.size() - 1 - position)


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
