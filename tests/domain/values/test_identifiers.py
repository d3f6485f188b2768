"""Tests of identifiers, actors and times."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.values.actor import Actor, ActorKind
from domain.values.identifiers import (
    AttemptId,
    CalibrationId,
    DeviceId,
    Identifier,
    LogKeyId,
    PractitionerId,
    SessionId,
    fresh,
)
from domain.values.time import LATEST_US, DeviceTime, Instant, ServerTime, offset_ms
from tests.builders import DEVICE, MORNING, OPERATOR, SESSION

instants = st.integers(0, LATEST_US).map(ServerTime)


@given(text=st.uuids().map(str))
def test_an_identifier_is_a_lower_case_uuid(text: str) -> None:
    assert SessionId(text) == text
    for wrong in (text.upper(), text.replace("-", ""), f"{{{text}}}", f" {text}"):
        if wrong != text:
            with pytest.raises(MalformedInput):
                SessionId(wrong)


@pytest.mark.parametrize("text", ["", "session", "00000000-0000-0000-0000-00000000000g"])
def test_anything_else_is_no_identifier(text: str) -> None:
    with pytest.raises(MalformedInput):
        SessionId(text)


def test_a_derived_identifier_depends_on_kind_and_every_part() -> None:
    one = AttemptId.derived("a", "b")
    assert one == AttemptId.derived("a", "b")
    assert one not in {AttemptId.derived("ab"), AttemptId.derived("b", "a")}
    assert str(one) != str(CalibrationId.derived("a", "b"))


@given(at_ms=st.integers(0, 2**48 - 1), chance=st.binary(min_size=10, max_size=10))
def test_a_fresh_identifier_begins_with_its_time(at_ms: int, chance: bytes) -> None:
    made = uuid.UUID(fresh(at_ms, chance))
    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, at_ms)
    assert made.int & (1 << 62) - 1 == int.from_bytes(chance, "big") & (1 << 62) - 1


def test_a_fresh_identifier_is_that_of_the_standard() -> None:
    """RFC 9562, appendix A.6."""
    chance = bytes.fromhex("0cc318c4dc0c0c07398f")
    assert fresh(0x017F22E279B0, chance) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


times = st.integers(0, 2**48 - 1)


@given(early=times, late=times, part=st.text(max_size=20))
def test_a_derived_identifier_begins_with_the_time_of_its_youngest_part(
    early: int, late: int, part: str
) -> None:
    parts = [fresh(early, b"a" * 10), part, SessionId.derived(fresh(late, b"b" * 10))]
    made = uuid.UUID(AttemptId.derived(*parts))
    assert (made.version, made.variant, made.int >> 80) == (8, uuid.RFC_4122, max(early, late))
    assert str(made) == AttemptId.derived(*parts)
    assert str(made) != AttemptId.derived(*reversed(parts))


def test_what_was_derived_before_identifiers_told_their_time_stays_what_it_was() -> None:
    parts = "3f0e6d1a-7c52-4c2b-9a53-6c0d5c3f7a11", "a digest"
    assert AttemptId.derived(*parts) == "a10a3b5f-2914-5507-8b32-e56bee204576"
    clinic = fresh(1_767_225_600_000, b"0123456789")
    name = f"log-key\x1f{clinic}"
    namespace = uuid.UUID("7d5cb1f0-5f0f-5f0e-9a53-6c0d5c3f7a11")
    assert LogKeyId.derived(clinic) == str(uuid.uuid5(namespace, name))


def test_every_kind_of_identifier_names_a_kind_of_stream() -> None:
    kinds = [each.kind for each in Identifier.__subclasses__()]
    assert all(kinds)
    assert len(set(kinds)) == len(kinds)


def test_a_stream_leads_back_to_its_identifier_and_no_other_kind() -> None:
    assert SessionId.of_stream(SESSION.stream) == SESSION
    with pytest.raises(MalformedInput):
        DeviceId.of_stream(SESSION.stream)
    with pytest.raises(MalformedInput):
        SessionId.of_stream("capture-session-17")


@pytest.mark.parametrize(
    "actor", [Actor.practitioner(OPERATOR), Actor.device(DEVICE), Actor.service("quality-check")]
)
def test_an_actor_comes_back_from_its_text(actor: Actor) -> None:
    assert Actor.parse(str(actor)) == actor


@pytest.mark.parametrize(
    "text",
    ["", "service", "service:", "service:two words", "person:x", "device:17", "practitioner:17"],
)
def test_any_other_text_is_no_actor(text: str) -> None:
    with pytest.raises(MalformedInput):
        Actor.parse(text)


def test_an_actor_is_of_one_of_three_kinds() -> None:
    assert {each.value for each in ActorKind} == {"practitioner", "device", "service"}
    assert PractitionerId(Actor.practitioner(OPERATOR).name) == OPERATOR


@given(instant=instants)
def test_an_instant_comes_back_from_its_text(instant: ServerTime) -> None:
    assert ServerTime.parse(str(instant)) == instant
    assert ServerTime.of(instant.moment) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-03T09:00:00Z",
        "2026-03-03T09:00:00.000000+00:00",
        "2026-03-03T09:00:00.0Z",
        "2026-02-30T09:00:00.000000Z",
        "1969-12-31T23:59:59.999999Z",
        "",
    ],
)
def test_any_other_text_is_no_instant(text: str) -> None:
    with pytest.raises(MalformedInput):
        ServerTime.parse(text)


@pytest.mark.parametrize("us", [-1, LATEST_US + 1])
def test_an_instant_lies_where_calendars_reach(us: int) -> None:
    with pytest.raises(MalformedInput):
        Instant(us)


@pytest.mark.verifies("DRV-04")
def test_device_time_and_server_time_are_not_mixed() -> None:
    device = DeviceTime(MORNING.us + 1500)
    same: object = ServerTime(device.us)
    assert device != same
    assert offset_ms(device, MORNING) == 1.5
    assert offset_ms(DeviceTime(MORNING.us - 500), MORNING) == -0.5


def test_an_instant_of_a_moment_needs_a_time_zone() -> None:
    with pytest.raises(MalformedInput):
        ServerTime.of(datetime(2026, 3, 3, 9))  # noqa: DTZ001 - the very thing that is refused
    sydney = timezone(timedelta(hours=11))
    assert ServerTime.of(datetime(2026, 3, 3, 20, tzinfo=sydney)) == MORNING
    assert ServerTime.of(datetime(2026, 3, 3, 9, tzinfo=UTC)) == MORNING


@given(instant=st.integers(0, LATEST_US - 10**9).map(ServerTime), us=st.integers(0, 10**9))
def test_a_duration_moves_an_instant_by_so_many_microseconds(instant: ServerTime, us: int) -> None:
    assert instant.plus(timedelta(microseconds=us)).us == instant.us + us
