"""What was sealed wrongly is never given out, although every hash over it is right."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from adapters.eventlog.sealing import Sealed, seal
from domain.errors import ContentErased, IntegrityFailure, NotFound, UnknownEvent
from domain.ledger import layout
from domain.ledger.entry import commitment
from tests.contracts.logs import (
    CLINIC,
    CLINIC_KEY,
    SUBJECT_KEY,
    Logs,
    a_draft,
    check_whole,
    for_subject,
)

SALT = bytes(32)


@pytest.fixture
def memory() -> Logs:
    """Return an empty log in memory."""
    return Logs("memory")


def forge(
    logs: Logs,
    content: bytes,
    committed_to: bytes,
    *,
    name: str = "RecordExported",
    schema: int = 1,
    actor: str = "service:quality",
) -> Sealed:
    """Seal content as it is, under a header as it is."""
    stream, nonce = str(logs.new_stream()), logs.randomness.token(12)
    naming = layout.naming(stream, 1, name, schema)
    origin = layout.origin(actor, None, None, str(CLINIC), None, None, CLINIC_KEY)
    ciphertext = logs.keys.seal(
        CLINIC_KEY, nonce, content, layout.bound(naming, CLINIC_KEY, committed_to)
    )
    return Sealed(
        stream=stream,
        version=1,
        name=name,
        schema=schema,
        actor=actor,
        device=None,
        device_sequence=None,
        correlation=str(CLINIC),
        causation=None,
        idempotency_key=None,
        key_id=CLINIC_KEY,
        naming=naming,
        circumstances=layout.circumstances(
            origin,
            received_at_us=None,
            device_time_us=None,
            nonce=nonce,
            commitment=committed_to,
            blobs=b"",
        ),
        ending=layout.ending(sha256(ciphertext).digest(), b""),
        ciphertext=ciphertext,
    )


@pytest.mark.verifies("DRV-01")
@pytest.mark.parametrize(
    ("payload", "named", "refused"),
    [
        (b'{"not":"an event"}', {}, IntegrityFailure),
        (b"not json", {}, IntegrityFailure),
        (b"{}", {"actor": "nobody"}, IntegrityFailure),
        (b"{}", {"name": "NeverHeardOf"}, UnknownEvent),
        (b"{}", {"schema": 99}, UnknownEvent),
    ],
)
def test_content_that_is_no_event_is_not_given_out(
    memory: Logs, payload: bytes, named: dict[str, Any], refused: type[Exception]
) -> None:
    log = memory.open()
    log._store.append([forge(memory, SALT + payload, commitment(SALT, payload), **named)])
    assert check_whole(log) == 1
    with pytest.raises(refused):
        log.after(-1, limit=1)


@pytest.mark.verifies("DRV-01")
@pytest.mark.parametrize("content", [b"", b"short", SALT + b"something else"])
def test_content_that_was_not_committed_to_is_not_given_out(memory: Logs, content: bytes) -> None:
    log = memory.open()
    log._store.append([forge(memory, content, commitment(SALT, b"{}"))])
    with pytest.raises(IntegrityFailure):
        log.after(-1, limit=1)
    with pytest.raises(IntegrityFailure):
        log.disclose(0)


def test_a_key_that_never_was_or_is_no_more_seals_nothing(memory: Logs) -> None:
    with pytest.raises(NotFound):
        memory.open().append([replace(a_draft(memory.new_stream()), key="subject:nobody")])
    memory.keys.destroy(SUBJECT_KEY)
    with pytest.raises(ContentErased):
        seal(
            [for_subject(a_draft(memory.new_stream()))],
            keys=memory.keys,
            randomness=memory.randomness,
        )


def test_sealing_twice_gives_other_bytes(memory: Logs) -> None:
    draft = a_draft(memory.new_stream())
    first, second = seal([draft, draft], keys=memory.keys, randomness=memory.randomness)
    (third,) = seal([draft], keys=memory.keys, randomness=memory.randomness)
    assert len({each.circumstances for each in (first, second, third)}) == 3
    assert len({each.ciphertext for each in (first, second, third)}) == 3
    assert first.naming == second.naming == third.naming
