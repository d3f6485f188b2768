"""What was ever stored can be read for ever: one stored example of every event version."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import MalformedInput, UnknownEvent
from domain.events.codec import UPCASTS, decode, encode
from domain.events.names import EVENTS, NAME_OF
from domain.ledger import canonical
from tests import strategies
from tests.example_events import FOLDER, NAMES, example, vector_path

VERSIONS = sorted(tuple(line.split(" ")) for line in NAMES.read_text("utf-8").splitlines())


@pytest.mark.verifies("DRV-08")
@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_stored_example_is_read_and_written_as_the_same_bytes(name: str, version: str) -> None:
    stored = vector_path(name, int(version)).read_bytes().removesuffix(b"\n")
    event = decode(name, int(version), canonical.parse_canonical(stored))
    if NAME_OF[type(event)] == (name, int(version)):  # older versions are read, never written
        assert canonical.encode(encode(event)[2]) == stored


@pytest.mark.verifies("DRV-08")
def test_no_name_or_version_ever_disappears() -> None:
    known = {(name, int(version)) for name, version in VERSIONS}
    assert known == EVENTS.keys() | UPCASTS.keys()
    assert len(known) == len(VERSIONS)
    assert {path.name for path in FOLDER.glob("*.json")} == {
        vector_path(name, version).name for name, version in known
    }


@pytest.mark.parametrize(("name", "version"), EVENTS)
def test_examples_are_made_the_same_way_every_time(name: str, version: int) -> None:
    assert example(name, version) == example(name, version)


@pytest.mark.verifies("REQ-IN-001")
@pytest.mark.parametrize("kind", NAME_OF, ids=lambda kind: kind.__name__)
def test_every_event_that_can_be_is_read_back_as_it_was(kind: type[object]) -> None:
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategies.events(kind))  # type: ignore[arg-type]
    def reads_back(event: object) -> None:
        name, version, plain = encode(event)  # type: ignore[arg-type]
        stored = canonical.encode(plain)
        assert decode(name, version, canonical.parse_canonical(stored)) == event

    reads_back()


@settings(max_examples=60, deadline=None)
@given(event=strategies.events(), data=st.data())
def test_a_missing_or_extra_field_is_refused(event: object, data: st.DataObject) -> None:
    name, version, plain = encode(event)  # type: ignore[arg-type]
    assert isinstance(plain, dict)
    with pytest.raises(MalformedInput):
        decode(name, version, plain | {"extra": None})
    field = data.draw(st.sampled_from(sorted(plain)))
    with pytest.raises(MalformedInput):
        decode(name, version, {key: value for key, value in plain.items() if key != field})
    with pytest.raises(MalformedInput):
        decode(name, version, [plain])
    with pytest.raises(UnknownEvent):
        decode(name, version + 1, plain)
