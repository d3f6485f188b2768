"""Recording at the end of a stream that has grown for years, without reading all of it.

Rules kept here:

1. A fact that no state decides about, such as a look, is appended after the stream's newest record.
2. A person's access history is folded once and then kept up: only what is new is read.
3. The log decides: whoever was wrong about the end of a stream looks again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final
from weakref import WeakKeyDictionary

from adapters.eventlog.log import RecordLog
from adapters.eventlog.staging import settled
from api.wiring import System
from domain.errors import StaleVersion
from domain.events.access import AccessEvent
from domain.events.names import Event
from domain.events.record import Record, Shredded
from domain.handling import TRIES, Context, drafts
from domain.rules.access import ACCESS, Access
from domain.values.identifiers import AccessId, PractitionerId, StreamName
from projections.audit_trail import version_of

HISTORIES_KEPT: Final = 64
_Known = OrderedDict[StreamName, tuple[Access, int]]
_KNOWN: WeakKeyDictionary[RecordLog, _Known] = WeakKeyDictionary()
_VERSIONS: WeakKeyDictionary[RecordLog, dict[StreamName, int]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def record_facts(
    system: System, stream: StreamName, events: Sequence[Event], context: Context
) -> tuple[Record, ...]:
    """Record facts that stand whatever is in the stream already.

    Raises:
        StaleVersion: the stream kept moving.
    """
    if context.idempotency_key is not None:
        before = system.log.recorded(str(context.actor), context.idempotency_key)
        if before:
            return before
    for last_try in range(TRIES, 0, -1):
        version = _version(system, stream)
        try:
            records = system.log.append(drafts(stream, version, tuple(events), context))
        except StaleVersion:
            if last_try == 1:
                raise
        else:
            _remember(system, stream, records[-1].version)
            return records
    raise AssertionError  # the last try returns or raises


def access_of(system: System, practitioner: PractitionerId) -> tuple[Access, int]:
    """Return what is known of somebody's access, and the version of the stream."""
    return access_in(system, AccessId.derived(practitioner).stream)


def access_in(system: System, stream: StreamName) -> tuple[Access, int]:
    """Return what is known of access by an access stream, and its version."""
    log = settled(system.log)
    with _LOCK:
        state, version = _KNOWN.setdefault(log, OrderedDict()).get(stream, (ACCESS.initial, 0))
    records = log.stream(stream, after_version=version)
    for record in records:
        if not isinstance(record.event, Shredded):
            state = ACCESS.evolve(state, record.event)  # type: ignore[arg-type] # its own stream
        version = record.version
    with _LOCK:
        known = _KNOWN.setdefault(log, OrderedDict())
        if version >= known.get(stream, (state, 0))[1]:
            known[stream] = state, version
        known.move_to_end(stream)
        while len(known) > HISTORIES_KEPT:
            known.popitem(last=False)
    return state, version


def record_access(
    system: System,
    stream: StreamName,
    decide: Callable[[Access], AccessEvent | tuple[AccessEvent, ...]],
    context: Context,
) -> tuple[Record, ...]:
    """Decide on somebody's access history and record what was decided; () when nothing was.

    Raises:
        StaleVersion: the stream kept moving.
        RecordsError: whatever the rule refuses or the log cannot do.
    """
    if context.idempotency_key is not None:
        before = system.log.recorded(str(context.actor), context.idempotency_key)
        if before:
            return before
    for last_try in range(TRIES, 0, -1):
        state, version = access_in(system, stream)
        decided = decide(state)
        events = decided if isinstance(decided, tuple) else (decided,)
        if not events:
            return ()
        try:
            return system.log.append(drafts(stream, version, events, context))
        except StaleVersion:
            if last_try == 1:
                raise
    raise AssertionError  # the last try returns or raises


def _version(system: System, stream: StreamName) -> int:
    """Return the version of a stream now; the trail, or this process, knows all but its end."""
    with _LOCK:
        known = _VERSIONS.setdefault(system.log, {}).get(stream)
    if known is None:
        with system.reads.connect() as connection:
            known = version_of(connection, stream)
    newer = system.log.stream(stream, after_version=known)
    return newer[-1].version if newer else known


def _remember(system: System, stream: StreamName, version: int) -> None:
    """Remember where a stream ended; there are as many such streams as there are people."""
    with _LOCK:
        known = _VERSIONS.setdefault(system.log, {})
        known[stream] = max(version, known.get(stream, 0))
