"""Recording at the end of a stream that has grown for years, without reading all of it.

Rules kept here:

1. A fact that no state decides about, such as a look, is appended after the stream's newest record.
2. The log decides: whoever was wrong about the end of a stream looks again.
"""

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from adapters.eventlog.log import RecordLog
from api.wiring import System
from domain.errors import StaleVersion
from domain.events.names import Event
from domain.events.record import Record
from domain.handling import TRIES, Context, drafts, load
from domain.rules.access import ACCESS, Access
from domain.values.identifiers import AccessId, PractitionerId, StreamName
from projections.audit_trail import version_of

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
    return load(system.log, ACCESS, AccessId.derived(practitioner).stream)


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
