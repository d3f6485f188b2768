"""The durable queue: whole or not at all, encrypted, and deleted only when told."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.memory import ManualClock, SeededRandomness
from device.facts import Facts
from device.outbox import Outbox
from device.queued import Packed
from device.secure_key import FileSecureKey
from device.statement import sign_event
from domain.errors import DigestMismatch, MalformedInput, NotFound, Refusal, Unavailable
from domain.events.capture_session import CaptureBlocked
from domain.values.capture import Stage
from domain.values.content import Digest
from tests.builders import DEVICE, FRONTAL, SESSION, device_time, gates, later

BLOCKED = CaptureBlocked(stage=Stage.STATION, view=FRONTAL, gates=gates(), based_on=())


@pytest.fixture
def key(tmp_path: Path) -> FileSecureKey:
    return FileSecureKey.load_or_create(tmp_path / "keys")


@pytest.fixture
def outbox(tmp_path: Path, key: FileSecureKey) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "outbox.sqlite", key)
    yield made
    made.close()


@pytest.fixture
def facts(outbox: Outbox, key: FileSecureKey) -> Facts:
    return Facts(
        outbox,
        device=DEVICE,
        key=key,
        clock=ManualClock(later()),
        randomness=SeededRandomness("outbox"),
    )


def packed(number: int, key: FileSecureKey, *content: bytes) -> Packed:
    """Return a signed statement with content."""
    statement = sign_event(
        BLOCKED,
        stream=SESSION.stream,
        device=DEVICE,
        sequence=number,
        at=device_time(),
        salt=bytes(32),
        content=tuple(Digest.of(each) for each in content),
        key=key,
    )
    return Packed(statement=statement, content=content)


@pytest.mark.verifies("DRV-05")
def test_numbers_rise_by_one_and_go_on_after_reopening(
    tmp_path: Path, outbox: Outbox, facts: Facts, key: FileSecureKey
) -> None:
    assert [facts.state(BLOCKED) for _ in range(3)] == [1, 2, 3]
    outbox.accept(3)
    outbox.close()
    again = Outbox(tmp_path / "outbox.sqlite", key)
    assert again.put(lambda number: packed(number, key)) == 4
    assert [each.sequence for each in again.waiting(10)] == [1, 2, 4]
    again.close()


def test_what_was_put_comes_back_as_it_was_signed(outbox: Outbox, key: FileSecureKey) -> None:
    made = packed(1, key, b"left", b"right")
    outbox.put(lambda _: made)
    assert outbox.waiting(1) == (made.statement,)
    assert [outbox.content(1, place) for place in outbox.unsettled(1)] == [b"left", b"right"]


@pytest.mark.verifies("DRV-05")
def test_a_new_disk_goes_on_after_the_numbers_the_server_knows(
    outbox: Outbox, facts: Facts
) -> None:
    outbox.number_from(17)
    outbox.number_from(3)
    assert facts.state(BLOCKED) == 18


def test_nothing_about_a_person_lies_in_the_clear(
    tmp_path: Path, outbox: Outbox, facts: Facts
) -> None:
    face = b"pixels of a face " * 100
    facts.state(BLOCKED, stream=SESSION.stream, content=(face,), keep={"fact": b"secret fact"})
    stored = (tmp_path / "outbox.sqlite").read_bytes()
    for clear in (face[:17], b"secret fact", SESSION.encode(), Digest.of(face).encode()):
        assert clear not in stored


def test_bytes_changed_or_moved_on_the_disk_are_refused(
    tmp_path: Path, outbox: Outbox, facts: Facts
) -> None:
    facts.state(BLOCKED, content=(b"one",))
    facts.state(BLOCKED, content=(b"two",))
    with sqlite3.connect(tmp_path / "outbox.sqlite") as other:
        other.execute(
            "UPDATE content SET sealed = (SELECT sealed FROM content WHERE sequence = 2)"
            " WHERE sequence = 1"
        )
    other.close()
    with pytest.raises(DigestMismatch):
        outbox.content(1, 0)


def test_a_file_that_is_no_queue_is_refused(tmp_path: Path, key: FileSecureKey) -> None:
    (tmp_path / "damaged.sqlite").write_bytes(b"not a database " * 100)
    with pytest.raises(DigestMismatch):
        Outbox(tmp_path / "damaged.sqlite", key)


def test_a_statement_of_another_number_or_other_content_is_refused(
    outbox: Outbox, key: FileSecureKey
) -> None:
    with pytest.raises(MalformedInput):
        outbox.put(lambda number: packed(number + 1, key))
    with pytest.raises(MalformedInput):
        Packed(statement=packed(1, key, b"left").statement, content=(b"other",))
    assert outbox.state().last_sequence == 0


def test_accepted_statements_go_with_their_content_and_refused_ones_stay(
    outbox: Outbox, facts: Facts
) -> None:
    facts.state(BLOCKED, content=(b"one",))
    facts.state(BLOCKED, content=(b"two",))
    outbox.accept(1)
    outbox.set_aside(2, Refusal(rule="some.rule", evidence="found", next_step="Do."))
    state = outbox.state()
    assert (state.waiting, state.refused, state.oldest) == (0, 1, None)
    assert outbox.content(2, 0) == b"two"
    with pytest.raises(NotFound):
        outbox.content(1, 0)


def test_the_age_of_the_queue_is_visible(outbox: Outbox, facts: Facts) -> None:
    facts.state(BLOCKED)
    assert outbox.state().oldest == device_time()


def test_facts_are_kept_and_replaced(outbox: Outbox) -> None:
    assert outbox.kept("name") is None
    outbox.keep("name", b"first")
    outbox.keep("name", b"second")
    assert outbox.kept("name") == b"second"


@pytest.mark.verifies("DRV-05")
def test_a_full_disk_refuses_the_statement_whole_and_uses_no_number(
    outbox: Outbox, facts: Facts, key: FileSecureKey
) -> None:
    facts.state(BLOCKED)
    (pages,) = outbox._connection.execute("PRAGMA page_count").fetchone()
    outbox._connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(Unavailable, match="disk is full") as refusal:
        facts.state(BLOCKED, content=(bytes(1 << 20),), keep={"fact": b"with it"})
    assert "nothing was kept" in str(refusal.value)
    state = outbox.state()
    assert (state.waiting, state.last_sequence) == (1, 1)
    assert outbox.kept("fact") is None
    assert outbox.unsettled(2) == ()
    outbox._connection.execute("PRAGMA max_page_count = 100000")
    assert facts.state(BLOCKED, content=(bytes(1 << 20),)) == 2
