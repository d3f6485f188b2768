"""The record's health and proofs: checkpoint, keys, inclusion, verification."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel

from adapters.ledger.proofs import inclusion_file
from adapters.steps import READER
from api.admission import CheckedFirst
from api.answers import Running
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.signin import Person, allowed
from api.verification import last_verification, verified_file, verify_and_record
from api.wiring import System
from api.work_state import work_state
from domain.errors import NotFound, RecordsError
from domain.ledger.checkpoint import encode_verifier_key, parse_body, parse_note
from domain.values.content import Digest

ROUTER = APIRouter(prefix="/ledger", tags=["ledger"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.LEDGER_READ))]
Verifier = Annotated[Person, Depends(allowed(Permission.LEDGER_VERIFY))]


class CheckpointItem(BaseModel):
    """A signed size and root."""

    size: int
    signed_at: str
    text: str


class Verification(BaseModel):
    """What the last verification found.

    ``whole`` is false where a place outside was found to contradict the log, and nothing else was
    looked at.
    """

    seq: int
    at: str
    whole: bool
    size: int
    intact: bool
    root: str | None
    signatures: int | None
    blobs: int | None
    problems: list[str]


class Remembered(BaseModel):
    """From where a verification may go on: what a complete one found intact, whoever ran it.

    ``why`` is the kind of failure where that cannot be believed, empty otherwise.
    """

    size: int
    at: str | None
    why: str


class ProjectionState(BaseModel):
    """How far one projection has come."""

    name: str
    position: int
    lag: int
    stalled_seq: int | None
    stalled_why: str | None


class SetAsideItem(BaseModel):
    """A record whose reaction failed, or that waits behind one; ``why`` is empty then."""

    seq: int
    tries: int
    again_at: str
    why: str


class HaltedItem(BaseModel):
    """What stopped at damage or at a failure, where, and the kind of failure."""

    name: str
    seq: int
    why: str


class WorkStanding(BaseModel):
    """How the workers stand, whichever process runs them; ``leader`` is none where nobody does."""

    position: int
    lag: int
    leader: str | None
    leading_since: str | None
    halted: list[HaltedItem]
    set_aside: list[SetAsideItem]


class Health(BaseModel):
    """The state of the record."""

    size: int
    root: str
    checkpoint: CheckpointItem | None
    outside_copies: str
    last_verification: Verification | None
    remembered: Remembered | None
    projections: list[ProjectionState]
    work: WorkStanding
    log_key: str


@ROUTER.get("/health")
def health(_person: Reader, system: Running) -> Health:
    """Return size, root, newest checkpoint, last verification and the projections' positions."""
    size = system.log.size()
    newest = system.shelf.newest()
    found = last_verification(system)
    return Health(
        size=size,
        root=str(Digest.from_raw(system.log.tree.root(size))),
        checkpoint=None
        if newest is None
        else CheckpointItem(
            size=newest.size, signed_at=str(newest.signed_at), text=newest.note.decode()
        ),
        outside_copies="kept" if any(each.size for each in system.copies.states()) else "none",
        last_verification=None if found is None else Verification(**found),
        remembered=_remembered(system),
        projections=[
            ProjectionState(
                name=each.name,
                position=each.seq,
                lag=max(0, size - 1 - each.seq),
                stalled_seq=each.stalled_seq,
                stalled_why=each.stalled_why,
            )
            for each in system.runner.positions()
        ],
        work=_work(system),
        log_key=encode_verifier_key(system.checkpointer.key),
    )


def _remembered(system: System) -> Remembered | None:
    try:
        found = verified_file(system).load()
        if found is None:
            return None
        size = parse_body(parse_note(found.note).text).size
    except RecordsError as error:
        return Remembered(size=0, at=None, why=type(error).__name__)
    return Remembered(size=size, at=str(found.verified_at), why="")


def _work(system: System) -> WorkStanding:
    state = work_state(system)
    leader = state.leader
    stopped = {} if state.stopped is None else {READER: state.stopped}
    return WorkStanding(
        position=state.position,
        lag=state.behind,
        leader=None if leader is None else leader.who,
        leading_since=None if leader is None or leader.since is None else str(leader.since),
        halted=[
            HaltedItem(name=name, seq=stop.seq, why=stop.why)
            for name, stop in (stopped | state.halted).items()
        ],
        set_aside=[
            SetAsideItem(seq=each.seq, tries=each.tries, again_at=str(each.again_at), why=each.why)
            for each in state.set_aside
        ],
    )


@ROUTER.get("/checkpoint", response_class=Response)
def checkpoint(_person: Reader, system: Running) -> Response:
    """Return the newest checkpoint, a C2SP signed note."""
    newest = system.shelf.newest()
    if newest is None:
        message = "Nothing has been signed for yet."
        raise NotFound(message)
    return Response(newest.note, media_type="text/plain; charset=utf-8")


@ROUTER.get("/log-key", response_class=Response)
def log_key(_person: Reader, system: Running) -> Response:
    """Return the log's verifier key; keep it where this server cannot change it."""
    key = encode_verifier_key(system.checkpointer.key)
    return Response(f"{key}\n", media_type="text/plain; charset=utf-8")


@ROUTER.get("/proof/{seq}", response_class=Response)
def proof(
    seq: Annotated[int, Path(ge=0, le=2**53 - 1)], _person: Reader, system: Running
) -> Response:
    """Return the proof that a record is in the log, a C2SP tlog-proof."""
    covering = system.shelf.covering(seq)
    if covering is None:
        message = "No checkpoint covers this record yet."
        raise NotFound(message)
    content = inclusion_file(system.log.tree, seq, covering.note)
    return Response(content, media_type="text/plain; charset=utf-8")


@ROUTER.post("/verify")
def verify(person: Verifier, system: Running, key: IdempotencyKey) -> Verification:
    """Verify the whole log now, and record what was found."""
    return Verification(**verify_and_record(system, person.actor, idempotency_key=key))
