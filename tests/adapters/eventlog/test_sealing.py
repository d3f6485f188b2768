"""What was sealed wrongly is never given out, although every hash over it is right."""

from dataclasses import replace
from hashlib import sha256

import pytest

from adapters.eventlog.sealing import Sealed, seal
from domain.errors import ContentErased, IntegrityFailure, NotFound, UnknownEvent
from domain.ledger.entry import Header, associated_data, commitment
from tests.contracts.logs import CLINIC_KEY, SUBJECT_KEY, Logs, a_draft, check_whole, for_subject

SALT = bytes(32)


@pytest.fixture
def memory() -> Logs:
    """Return an empty log in memory."""
    return Logs("memory")


def forge(logs: Logs, header: Header, content: bytes) -> Sealed:
    """Seal content as it is, under a header as it is."""
    bound = associated_data(
        stream=header.stream,
        version=header.version,
        name=header.name,
        schema=header.schema,
        key_id=header.key_id,
        commitment=header.commitment,
    )
    ciphertext = logs.keys.seal(CLINIC_KEY, header.nonce, content, bound)
    digest = sha256(ciphertext).digest()
    return Sealed(header=header, ciphertext=ciphertext, content_digest=digest, signature=None)


def a_header(logs: Logs) -> Header:
    """Return the header of an ordinary draft."""
    return seal(a_draft(logs.new_stream()), keys=logs.keys, randomness=logs.randomness).header


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
    memory: Logs, payload: bytes, named: dict[str, str], refused: type[Exception]
) -> None:
    log = memory.open()
    header = replace(a_header(memory), commitment=commitment(SALT, payload), **named)  # type: ignore[arg-type]
    log._store.append([forge(memory, header, SALT + payload)])
    assert check_whole(log) == 1
    with pytest.raises(refused):
        log.after(-1, limit=1)


@pytest.mark.verifies("DRV-01")
@pytest.mark.parametrize("content", [b"", b"short", SALT + b"something else"])
def test_content_that_was_not_committed_to_is_not_given_out(memory: Logs, content: bytes) -> None:
    log = memory.open()
    log._store.append([forge(memory, a_header(memory), content)])
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
            for_subject(a_draft(memory.new_stream())),
            keys=memory.keys,
            randomness=memory.randomness,
        )


def test_sealing_twice_gives_other_bytes(memory: Logs) -> None:
    draft = a_draft(memory.new_stream())
    first, second = (seal(draft, keys=memory.keys, randomness=memory.randomness) for _ in range(2))
    assert first.header.commitment != second.header.commitment
    assert first.header.nonce != second.header.nonce
    assert first.ciphertext != second.ciphertext
