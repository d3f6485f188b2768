"""What was folded of a long stream is kept; what comes of it is what the whole stream says."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import StaleVersion
from domain.events.access import AccessEvent
from domain.events.aggregate import Aggregate
from domain.events.equipment import EquipmentEvent
from domain.events.names import SUBJECT_KEYED
from domain.events.practitioner import PractitionerRegistered, RoleGranted, RoleRevoked
from domain.events.record import Record
from domain.folds import Folded, Folds
from domain.handling import Context, fold, load, update
from domain.rules.access import ACCESS
from domain.rules.equipment import EQUIPMENT
from domain.rules.practitioner import PRACTITIONER, Practitioner
from domain.values.actor import Actor, Role
from domain.values.identifiers import StreamName
from tests.builders import CLINIC, OPERATOR
from tests.domain.log_in_memory import LogInMemory

LONG = replace(PRACTITIONER, grows=True)
STREAM = OPERATOR.stream
CONTEXT = Context(clinic=CLINIC, actor=Actor.service("setup"), correlation="setup")
REGISTERED = PractitionerRegistered(
    practitioner=OPERATOR, display_name="Kim Lee", profession="nurse", registration=""
)


GONE = RoleRevoked(role=Role.OPERATOR, reason="left")


def a_log() -> LogInMemory:
    log = LogInMemory()
    update(log, LONG, STREAM, lambda _: REGISTERED, CONTEXT)
    return log


def give(log: LogInMemory, role: Role) -> None:
    update(log, LONG, STREAM, lambda _: RoleGranted(role=role), CONTEXT)


@pytest.mark.parametrize(
    ("aggregate", "events"), [(EQUIPMENT, EquipmentEvent), (ACCESS, AccessEvent)]
)
def test_what_is_kept_can_never_be_erased(
    aggregate: Aggregate[object, object], events: object
) -> None:
    assert aggregate.grows
    assert get_args(events)
    assert not set(get_args(events)) & set(SUBJECT_KEYED)


@given(
    steps=st.lists(
        st.sampled_from(["granted", "revoked", "by another process", "forgotten", "read"]),
        max_size=12,
    )
)
def test_a_kept_fold_goes_on_to_what_the_whole_stream_says(steps: list[str]) -> None:
    log = a_log()
    for step in steps:
        match step:
            case "granted":
                give(log, Role.OPERATOR)
            case "revoked":
                update(log, LONG, STREAM, lambda _: GONE, CONTEXT)
            case "by another process":
                other = LogInMemory(records=log.records)
                give(other, Role.PRACTITIONER)
            case "forgotten":
                log.folds = Folds()
            case _:
                pass
        assert load(log, LONG, STREAM) == fold(PRACTITIONER, STREAM, log.stream(STREAM))


def test_only_what_is_new_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    log, asked = a_log(), []
    whole = log.stream

    def stream(name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        asked.append(after_version)
        return whole(name, after_version=after_version)

    monkeypatch.setattr(log, "stream", stream)
    give(log, Role.OPERATOR)
    load(log, LONG, STREAM)
    load(log, LONG, STREAM)
    assert asked[-2:] == [1, 2]


def test_what_has_no_place_in_the_log_is_not_kept() -> None:
    log = a_log()
    log.records.append(
        replace(log.records[-1], seq=-1, version=2, event=RoleGranted(role=Role.OPERATOR))
    )
    state, version = load(log, LONG, STREAM)
    assert (set(state.roles), version) == ({Role.OPERATOR}, 2)
    log.records.pop()
    state, version = load(log, LONG, STREAM)
    assert not state.roles
    assert version == 1


def test_a_version_that_was_seen_is_held_against_a_kept_fold() -> None:
    log = a_log()
    give(log, Role.OPERATOR)

    def again(seen: int, *beside: type) -> tuple[Record, ...]:
        return update(
            log,
            LONG,
            STREAM,
            lambda _: RoleGranted(role=Role.PRACTITIONER),
            CONTEXT,
            expected_version=seen,
            beside=beside,
        )

    with pytest.raises(StaleVersion):
        again(1)
    with pytest.raises(StaleVersion):
        again(9)
    assert again(1, RoleGranted)[0].version == 3


def test_the_streams_asked_for_last_are_kept_and_never_less_of_one() -> None:
    folds = Folds(kept=2)
    first, second, third = (StreamName(f"practitioner-{each}") for each in "abc")

    def folded(version: int) -> Folded:
        return Folded(state=Practitioner(), version=version, seq=version)

    folds.keep(first, folded(5))
    folds.keep(first, folded(3))
    assert folds.known(first) == folded(5)
    folds.keep(second, folded(1))
    folds.keep(first, folded(6))
    folds.keep(third, folded(1))
    assert folds.known(second) is None
    assert folds.known(first) == folded(6)
