"""Facts are recorded at the end of long streams without reading them whole."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

import pytest

from api import facts
from api.signin import access_stream
from api.wiring import System
from domain.errors import StaleVersion
from domain.events.record import Record
from domain.handling import TRIES, fold, update
from domain.rules.access import ACCESS, refuse_sign_in, view_record
from domain.values.actor import Actor
from domain.values.identifiers import PractitionerId, StreamName
from tests.api.portal import Portal

WHO = PractitionerId.derived("test", "somebody")
STREAM = access_stream(WHO)
LOOK = view_record(resource="subject:x", purpose="care")


def record(system: System, *, looks: int = 1, key: str | None = None) -> tuple[Record, ...]:
    """Record looks."""
    context = system.context(Actor.practitioner(WHO), idempotency_key=key)
    return facts.record_facts(system, STREAM, [LOOK] * looks, context)


def read(monkeypatch: pytest.MonkeyPatch, system: System) -> list[int]:
    """Return a list to which the number of records of each reading of a stream is added."""
    counted: list[int] = []
    really: Callable[..., tuple[Record, ...]] = system.log.stream

    def stream(name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        records = really(name, after_version=after_version)
        counted.append(len(records))
        return records

    monkeypatch.setattr(system.log, "stream", stream)
    return counted


def test_a_look_follows_whatever_is_there_and_reads_only_what_the_trail_lacks(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = portal.system
    assert [each.version for each in record(system, looks=5)] == [1, 2, 3, 4, 5]
    system.runner.catch_up()
    counted = read(monkeypatch, system)
    assert [each.version for each in record(system)] == [6]
    refuse(system)
    assert [each.version for each in record(system)] == [8]
    assert counted[0] == 0, "this process remembers where it ended"
    assert counted[-1] == 1, "and reads what came after"
    monkeypatch.setattr(facts, "_VERSIONS", WeakKeyDictionary())
    assert [each.version for each in record(system)] == [9]
    assert counted[-1] == 3, "another process reads what the trail does not have yet"


def test_the_same_request_records_a_fact_once(portal: Portal) -> None:
    first = record(portal.system, looks=2, key="k" * 32)
    assert record(portal.system, looks=2, key="k" * 32) == first


def test_whoever_meets_somebody_else_at_the_end_looks_again(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = portal.system
    record(system, looks=3)
    seen = iter([0, 1, 3])
    monkeypatch.setattr(facts, "_version", lambda *_: next(seen))
    assert [each.version for each in record(system)] == [4]
    monkeypatch.setattr(facts, "_version", lambda *_: 0)
    with pytest.raises(StaleVersion):
        record(system)


def refuse(system: System) -> tuple[Record, ...]:
    """Record a failed sign-in, decided on the history."""
    context = system.context(Actor.service("sign-in"))
    refused = refuse_sign_in(practitioner=WHO, reason="code", at=system.clock.now())
    return update(system.log, ACCESS, STREAM, lambda _: refused, context)


def test_a_history_is_kept_up_by_reading_only_what_is_new(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = portal.system
    record(system, looks=4)
    for _ in range(3):
        refuse(system)
    counted = read(monkeypatch, system)
    for _ in range(2):
        refuse(system)
    state, version = facts.access_of(system, WHO)
    assert counted == [1, 1, 1]
    assert (state, version) == fold(ACCESS, STREAM, system.log.stream(STREAM))
    assert (len(state.failures), version) == (5, 9)


def test_a_history_that_keeps_moving_is_given_up(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def append(_drafts: object) -> None:
        tried.append(1)
        raise StaleVersion(STREAM, 0, 1)

    monkeypatch.setattr(portal.system.log, "append", append)
    with pytest.raises(StaleVersion):
        refuse(portal.system)
    assert len(tried) == TRIES
