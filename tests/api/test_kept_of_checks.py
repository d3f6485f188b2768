"""What a station kept of its checks arrives before the statement that names it, and stays."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.keys.signing import verify_p256
from domain.events.codec import encode
from domain.events.equipment import (
    ColourCalibrated,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.events.names import Event
from domain.ledger import canonical
from domain.ledger.entry import decode_entry, statement_of
from domain.values.check_basis import FieldCheckBasis, MeasuredPicture
from domain.values.content import ContentReference, Digest
from tests.api.portal import Portal
from tests.api.station import Station
from tests.builders import (
    a_colour_record,
    a_digest,
    a_light_field,
    a_protocol_content,
    an_illumination_record,
)
from tests.domain.values.test_check_basis import (
    HELD,
    a_colour_basis,
    a_light_field_basis,
    an_illumination_basis,
)


def a_picture(content: bytes, shows: str) -> MeasuredPicture:
    """Return a reference to a kept picture."""
    reference = ContentReference(
        digest=Digest.of(content), size_bytes=len(content), media_type="image/png"
    )
    return MeasuredPicture(shows=shows, content=reference, exposure_us=HELD.exposure_us)


def checks(station: Station, content: tuple[bytes, bytes]) -> Iterator[Event]:
    """Yield every check of a station, with these bytes as what was kept of it."""
    pictures = tuple(a_picture(each, f"chart:{at}") for at, each in enumerate(content, 1))
    yield IlluminationCalibrated(
        illumination=an_illumination_record(),
        basis=replace(an_illumination_basis(HELD, ()), pictures=pictures),
    )
    yield LightFieldMeasured(
        field=a_light_field(), basis=replace(a_light_field_basis(HELD, ()), pictures=pictures)
    )
    yield ColourCalibrated(
        colour=a_colour_record(), basis=replace(a_colour_basis(HELD, ()), pictures=pictures)
    )
    corners = replace(pictures[0].content, media_type="application/json")
    basis = FieldCheckBasis(
        method="field-check/1",
        platform=a_digest("platform"),
        corners=corners,
        limits=a_protocol_content().calibration,
    )
    yield replace(station.check(1), basis=basis)


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("which", range(4))
def test_what_a_check_kept_comes_before_the_statement_that_names_it(
    portal: Portal, station: Station, which: int
) -> None:
    content = (b"one picture", b"another picture")
    event = list(checks(station, content))[which]
    (outcome,) = station.deliver(station.state(event))["refused"]
    assert outcome["rule"] == "device.missing"
    for each in content:
        assert station.put(each).status_code == 201
    assert not station.deliver(station.state(event))["refused"]
    record = portal.system.log.stream(station.device.stream)[-1]
    assert record.event == event
    kept = content[:1] if isinstance(event, FieldCheckPerformed) else content
    key = portal.system.clinic_key
    stored = [portal.system.blobs.find(Digest.of(each), key=key) for each in kept]
    assert record.blobs == tuple((each.name, each.stored_digest) for each in stored)
    assert {each.name for each in stored} <= portal.system.log.blobs_of_key(key)


@pytest.mark.verifies("DRV-20", "DRV-08")
def test_a_check_of_a_station_of_before_is_taken_in_as_it_was_signed(
    portal: Portal, station: Station
) -> None:
    check = station.check(1)
    _, _, plain = encode(check)
    assert isinstance(plain, dict)
    payload = canonical.encode({name: each for name, each in plain.items() if name != "basis"})
    wire = station.state(check, schema=1, payload=payload)
    answered = station.deliver(wire)
    assert not answered["refused"]
    assert station.deliver(wire)["accepted"] == answered["accepted"]
    record = portal.system.log.stream(station.device.stream)[-1]
    assert (record.schema, record.blobs) == (1, ())
    assert isinstance(record.event, FieldCheckPerformed)
    assert record.event.basis is None
    (sealed,) = portal.system.log.sealed_after(record.seq - 1, limit=1)
    entry = decode_entry(sealed.entry)
    assert entry.device_signature is not None
    verify_p256(station.public_key, entry.device_signature, statement_of(entry.header))
