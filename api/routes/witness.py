"""The witness: cosigns the checkpoints of other logs, as C2SP tlog-witness says.

Anybody may ask. The signature of a log that is on the list is what counts, and nothing but sizes,
hashes and signatures is given out.
"""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from adapters.ledger.witness import TEXT
from api.answers import Running
from api.signin import anyone
from domain.ledger.checkpoint import encode_verifier_key

ROUTER = APIRouter(prefix="/witness", tags=["witness"], dependencies=[Depends(anyone)])
_log = structlog.get_logger()


@ROUTER.post("/add-checkpoint", response_class=Response)
async def add_checkpoint(request: Request, system: Running) -> Response:
    """Cosign a checkpoint that continues the last one cosigned for its log."""
    content = await request.body()
    answer = await run_in_threadpool(system.witness.add_checkpoint, content)
    if answer.conflict:
        _log.critical("a witnessed log contradicts itself", detail=answer.conflict)
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


@ROUTER.get("/key", response_class=Response)
def key(system: Running) -> Response:
    """Return the verifier key under which this server cosigns."""
    return Response(f"{encode_verifier_key(system.witness.key)}\n", media_type=TEXT)


@ROUTER.get("/{origin_hash}/checkpoint", response_class=Response)
def checkpoint(
    origin_hash: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], system: Running
) -> Response:
    """Return the newest checkpoint cosigned for a log, by the SHA-256 of its origin."""
    return Response(system.witness.latest(origin_hash), media_type=TEXT)
