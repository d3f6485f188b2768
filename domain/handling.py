"""The one way anything is recorded: read, fold, decide, append at the expected version.

Rules kept here:

1. A rule decides on the state folded from a stream and gets nothing else from the log.
2. What was decided is appended at the version that was read; if the stream moved on meanwhile,
   it is read and decided again, unless the caller named the version it had seen. Events that a
   rule declares to be beside the caller's decision do not count as moving on.
3. Nothing is decided on a stream whose content was erased, except where the aggregate says so.
4. Of a stream that goes on for years, only what was not folded before is read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from domain.errors import ContentErased, NotFound, StaleVersion
from domain.events.aggregate import Aggregate
from domain.events.names import SUBJECT_KEYED, Event
from domain.events.record import Attestation, Draft, Record, Shredded, StoredBlob
from domain.folds import Folded
from domain.ports import EventLog
from domain.values.actor import Actor
from domain.values.identifiers import ClinicId, StreamName, SubjectId
from domain.values.time import ServerTime

S = TypeVar("S")
E = TypeVar("E")
TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything about a recording that is not the decision itself.

    Attributes:
        clinic: Whose log it is.
        actor: Who asks.
        correlation: Identifier shared by everything that belongs to one piece of work.
        causation: Sequence number of the record that called for it.
        idempotency_key: The caller's key.
        received_at: When the request reached us.
        subject: Whom it is about; needed for events under a subject's key.
        blobs: Content the events depend on.
        attestation: The device's statement, for a single event made by a device.
    """

    clinic: ClinicId
    actor: Actor
    correlation: str
    causation: int | None = None
    idempotency_key: str | None = None
    received_at: ServerTime | None = None
    subject: SubjectId | None = None
    blobs: tuple[StoredBlob, ...] = field(default=())
    attestation: Attestation | None = None


def load(log: EventLog, aggregate: Aggregate[S, E], stream: StreamName) -> tuple[S, int]:
    """Return state and version of a stream; the initial state and 0 for a new one.

    Raises:
        ContentErased: content was erased and the aggregate does not survive that.
    """
    if not aggregate.grows:
        return fold(aggregate, stream, log.stream(stream))
    known = log.folds.known(stream) or Folded(state=aggregate.initial)
    records = log.stream(stream, after_version=known.version)
    placed = [each for each in records if each.seq > known.seq]
    if placed:
        state, version = fold(aggregate, stream, placed, known)
        known = Folded(state=state, version=version, seq=placed[-1].seq)
    log.folds.keep(stream, known)
    # A log that keeps appends back gives them without a place; they may never be recorded.
    return fold(aggregate, stream, records[len(placed) :], known)


def load_existing(log: EventLog, aggregate: Aggregate[S, E], stream: StreamName) -> tuple[S, int]:
    """Return state and version of a stream in which something was recorded.

    Raises:
        NotFound: nothing was recorded in this stream.
        ContentErased: content was erased and the aggregate does not survive that.
    """
    state, version = load(log, aggregate, stream)
    if version == 0:
        message = f"nothing is recorded under {stream}"
        raise NotFound(message)
    return state, version


def fold(
    aggregate: Aggregate[S, E],
    stream: StreamName,
    records: Iterable[Record],
    begin: Folded | None = None,
) -> tuple[S, int]:
    """Return state and version after the records of one stream.

    Args:
        aggregate: How the stream is folded.
        stream: The stream.
        records: Its records, in order.
        begin: How far it was folded before them; none for the whole stream.

    Raises:
        ContentErased: content was erased and the aggregate does not survive that.
    """
    state, version = aggregate.initial, 0
    if begin is not None:
        state, version = cast("S", begin.state), begin.version
    for record in records:
        version = record.version
        if not isinstance(record.event, Shredded):
            state = aggregate.evolve(state, cast("E", record.event))
        elif not aggregate.survives_erasure:
            raise ContentErased(stream)
    return state, version


def update(
    log: EventLog,
    aggregate: Aggregate[S, E],
    stream: StreamName,
    decide: Callable[[S], Event | tuple[Event, ...]],
    context: Context,
    *,
    expected_version: int | None = None,
    beside: tuple[type, ...] = (),
) -> tuple[Record, ...]:
    """Decide on a stream's state and record what was decided; () when nothing was.

    Args:
        log: The log.
        aggregate: How the stream is folded.
        stream: The stream.
        decide: The rule.
        context: Everything about the recording that is not the decision.
        expected_version: The version the caller had seen when it asked.
        beside: Events that may have come since then and change nothing for the caller.

    Raises:
        StaleVersion: the stream is not at the version the caller named, or kept moving.
        RecordsError: whatever the rule refuses or the log cannot do.
    """
    if context.idempotency_key is not None:
        before = log.recorded(str(context.actor), context.idempotency_key)
        if before:
            return before
    for _ in range(TRIES):
        state, version = load(log, aggregate, stream)
        if expected_version is not None and version != expected_version:
            since = log.stream(stream, after_version=expected_version)
            if version < expected_version or not all(isinstance(x.event, beside) for x in since):
                raise StaleVersion(stream, expected_version, version)
        events = _events(decide(state))
        if not events:
            return ()
        try:
            return log.append(drafts(stream, version, events, context))
        except StaleVersion:
            continue  # the next reading says whether that matters to the caller
    raise StaleVersion(stream, version, version + 1)


def rehearse(
    log: EventLog,
    aggregate: Aggregate[S, E],
    stream: StreamName,
    decide: Callable[[S], Event | tuple[Event, ...]],
    context: Context,
) -> tuple[Event, ...]:
    """Return what ``update`` would record now; () when it was recorded before, or nothing would be.

    For what must not be done unless it will be recorded, such as storing content. Somebody else may
    still record something in between; then ``update`` decides again.

    Args:
        log: The log.
        aggregate: How the stream is folded.
        stream: The stream.
        decide: The rule.
        context: Everything about the recording that is not the decision.

    Raises:
        RecordsError: whatever the rule refuses.
    """
    key = context.idempotency_key
    if key is not None and log.recorded(str(context.actor), key):
        return ()
    state, _ = load(log, aggregate, stream)
    return _events(decide(state))


def drafts(
    stream: StreamName, version: int, events: tuple[Event, ...], context: Context
) -> tuple[Draft, ...]:
    """Return the drafts that record these events after a version, in this context."""
    return tuple(
        Draft(
            stream=stream,
            expected_version=version + offset,
            event=event,
            key=key_for(event, context),
            actor=context.actor,
            correlation=context.correlation,
            causation=context.causation,
            idempotency_key=context.idempotency_key,
            received_at=context.received_at,
            blobs=context.blobs,
            attestation=context.attestation if offset == 0 else None,
        )
        for offset, event in enumerate(events)
    )


def key_for(event: Event, context: Context) -> str:
    """Return the identifier of the data key that protects an event.

    Raises:
        ValueError: an event about a subject was decided without naming the subject.
    """
    if type(event) not in SUBJECT_KEYED:
        return f"clinic:{context.clinic}"
    if context.subject is None:
        message = f"{type(event).__name__} is about a subject, and none was named"
        raise ValueError(message)
    return f"subject:{context.subject}"


def _events(decided: Event | tuple[Event, ...]) -> tuple[Event, ...]:
    return decided if isinstance(decided, tuple) else (decided,)
