"""Tests of how events become plain JSON values and come back."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from domain.errors import MalformedInput, UnknownEvent
from domain.events import codec
from domain.events.clinic import RestoreDrillCompleted
from domain.events.codec import Plain, decode, encode, from_plain, to_plain
from domain.events.names import Event
from domain.events.practitioner import RoleGranted
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.content import ContentReference
from domain.values.quality import Limit, QualityVerdict
from domain.values.time import ServerTime
from tests.builders import a_content, later
from tests.event_builders import a_session_opened, an_attempt_submitted, an_inference_completed
from tests.example_events import vector_path
from tests.strategies import events


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(event=events())
def test_every_event_comes_back_as_it_was(event: Event) -> None:
    name, version, plain = encode(event)
    assert decode(name, version, plain) == event
    stored = canonical.encode(plain)
    assert decode(name, version, canonical.parse_canonical(stored)) == event
    assert canonical.encode(encode(event)[2]) == stored


@pytest.mark.verifies("DRV-08")
def test_an_old_version_is_translated_on_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def two_words_for_one(old: dict[str, Plain]) -> dict[str, Plain]:
        return {"role": old["position"]}

    monkeypatch.setitem(codec.UPCASTS, ("RoleGranted", 0), two_words_for_one)
    assert decode("RoleGranted", 0, {"position": "auditor"}) == RoleGranted(role=Role.AUDITOR)
    with pytest.raises(MalformedInput):
        decode("RoleGranted", 0, ["auditor"])


@pytest.mark.verifies("DRV-08")
def test_what_an_older_version_leaves_no_doubt_about_is_added_and_nothing_else_taken() -> None:
    name = "RestoreDrillCompleted"
    stored = canonical.parse_canonical(vector_path(name, 1).read_bytes().removesuffix(b"\n"))
    assert isinstance(stored, dict)
    drill = decode(name, 1, stored)
    assert isinstance(drill, RestoreDrillCompleted)
    assert not drill.point_in_time
    assert encode(drill) == (name, 2, stored | {"point_in_time": False})
    with pytest.raises(MalformedInput, match="point_in_time"):
        decode(name, 1, stored | {"point_in_time": True})


@pytest.mark.verifies("DRV-08")
@pytest.mark.parametrize(("name", "version"), [("RoleGranted", 2), ("RoleInvented", 1)])
def test_an_event_this_build_does_not_know_stops_reading(name: str, version: int) -> None:
    with pytest.raises(UnknownEvent):
        decode(name, version, {})


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        "text",
        {},
        {"digest": "sha256:" + "0" * 64, "size_bytes": 1},
        {"digest": "sha256:" + "0" * 64, "size_bytes": 1, "media_type": "image/png", "x": 1},
        {"digest": "sha256:" + "0" * 63, "size_bytes": 1, "media_type": "image/png"},
        {"digest": "sha256:" + "0" * 64, "size_bytes": True, "media_type": "image/png"},
        {"digest": "sha256:" + "0" * 64, "size_bytes": "1", "media_type": "image/png"},
        {"digest": "sha256:" + "0" * 64, "size_bytes": 0, "media_type": "image/png"},
        {"digest": None, "size_bytes": 1, "media_type": "image/png"},
    ],
)
def test_fields_missing_unknown_or_of_another_type_are_refused(plain: Plain) -> None:
    with pytest.raises(MalformedInput):
        from_plain(ContentReference, plain)


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (Role, "king"),
        (Role, 1),
        (ServerTime, "2026-03-03"),
        (ServerTime, 5),
        (QualityVerdict, {"acceptable": 1, "reasons": []}),
        (QualityVerdict, {"acceptable": True, "reasons": {}}),
    ],
)
def test_words_times_and_truths_are_read_strictly(kind: type, plain: Plain) -> None:
    with pytest.raises(MalformedInput):
        from_plain(kind, plain)


@pytest.mark.parametrize("bound", [True, "1", None])
def test_a_number_is_read_from_numbers_only(bound: Plain) -> None:
    limit = Limit(name="focus", minimum=1.0, maximum=2.0, unit="1", advice="")
    plain = to_plain(limit)
    assert isinstance(plain, dict)
    if bound is None:
        assert from_plain(Limit, plain | {"minimum": bound}).minimum is None
    else:
        with pytest.raises(MalformedInput):
            from_plain(Limit, plain | {"minimum": bound})


def test_a_whole_number_stands_for_the_measurement_it_is() -> None:
    plain = to_plain(Limit(name="focus", minimum=1.0, maximum=None, unit="1", advice=""))
    assert isinstance(plain, dict)
    minimum = from_plain(Limit, plain | {"minimum": 1}).minimum
    assert (minimum, type(minimum)) == (1.0, float)


@pytest.mark.parametrize("value", [b"bytes", {1}, object()])
def test_what_has_no_plain_form_is_not_recorded(value: object) -> None:
    with pytest.raises(TypeError, match="not recorded"):
        to_plain(value)


def test_plain_values_are_of_plain_types_only() -> None:
    def check(plain: Plain) -> None:
        assert type(plain) in {type(None), bool, int, float, str, list, dict}
        for each in plain if isinstance(plain, list) else ():
            check(each)
        for key, each in plain.items() if isinstance(plain, dict) else ():
            assert type(key) is str
            check(each)

    made: tuple[Callable[[], Event], ...] = (
        a_session_opened,
        an_attempt_submitted,
        an_inference_completed,
    )
    for make in made:
        check(encode(make())[2])


def test_the_text_forms_are_those_written_down() -> None:
    assert to_plain(later()) == "2026-03-03T09:00:00.000000Z"
    assert to_plain(Role.AUDITOR) == "auditor"
    assert to_plain(a_content()) == {
        "digest": str(a_content().digest),
        "size_bytes": 1000,
        "media_type": "image/png",
    }
