"""The pictures that a station's checks measured are seen beside their numbers, and nothing else."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.events.equipment import ColourCalibrated, IlluminationCalibrated, LightFieldMeasured
from domain.values.check_basis import MeasuredPicture
from domain.values.content import ContentReference, Digest
from tests.api.pictures import png
from tests.api.portal import Person, Portal
from tests.api.station import Station
from tests.builders import a_colour_record, a_light_field, an_illumination_record
from tests.domain.values.test_check_basis import (
    HELD,
    a_colour_basis,
    a_light_field_basis,
    an_illumination_basis,
)

FIRST, SECOND, THIRD = (png(seed) for seed in (1, 2, 3))


@pytest.fixture
def quality(portal: Portal) -> Person:
    """The quality manager, signed in."""
    return portal.sign_in("quality")


def pictures(**content: bytes) -> tuple[MeasuredPicture, ...]:
    """Return references to kept pictures, by what they show."""
    return tuple(
        MeasuredPicture(
            shows=shows.replace("_", ":"),
            content=ContentReference(
                digest=Digest.of(each), size_bytes=len(each), media_type="image/png"
            ),
            exposure_us=HELD.exposure_us,
        )
        for shows, each in content.items()
    )


def deliver(station: Station, *events: Any) -> None:  # noqa: ANN401 - any check
    """Deliver all content and the checks that name it."""
    for each in (FIRST, SECOND, THIRD):
        assert station.put(each).status_code == 201
    assert not station.deliver(*map(station.state, events))["refused"]


def a_light_check(**content: bytes) -> IlluminationCalibrated:
    """Return an illumination calibration that kept these pictures."""
    basis = an_illumination_basis(HELD, pictures(**content))
    return IlluminationCalibrated(illumination=an_illumination_record(), basis=basis)


def a_field(**content: bytes) -> LightFieldMeasured:
    """Return a light field that kept these pictures."""
    basis = a_light_field_basis(HELD, pictures(**content))
    return LightFieldMeasured(field=a_light_field(), basis=basis)


def a_colour(**content: bytes) -> ColourCalibrated:
    """Return a colour calibration that kept these pictures."""
    basis = a_colour_basis(HELD, pictures(**content))
    return ColourCalibrated(colour=a_colour_record(), basis=basis)


def shown(person: Person, station: Station) -> dict[str, Any]:
    """Return the pictures that the station's page names."""
    found: dict[str, Any] = person.read(f"/devices/{station.device}")["pictures"]
    return found


def address(station: Station, seq: int, content: bytes, *, device: str | None = None) -> str:
    """Return where a picture of a check is asked for."""
    return f"/devices/{device or station.device}/checks/{seq}/pictures/{Digest.of(content)}"


def is_nowhere(answered: httpx.Response) -> bool:
    """Return whether it was answered that there is no such thing, as a problem document."""
    return (
        answered.status_code == 404
        and answered.headers["Content-Type"] == "application/problem+json"
        and answered.json()["type"] == "urn:vultus:problem:not-found"
    )


def test_the_pictures_of_the_last_check_of_each_kind_are_named_and_open(
    portal: Portal, station: Station, quality: Person
) -> None:
    deliver(
        station,
        a_light_check(together=THIRD),
        a_light_check(together=FIRST, zone_left=SECOND),
        a_field(together=FIRST, zone_left=THIRD),
        a_colour(chart_1=SECOND, chart_2=THIRD),
    )
    named = shown(quality, station)
    assert {
        kind: [(each["shows"], each["exposure_us"]) for each in found]
        for kind, found in named.items()
    } == {
        "illumination": [("together", HELD.exposure_us), ("zone:left", HELD.exposure_us)],
        "light_field": [("together", HELD.exposure_us), ("zone:left", HELD.exposure_us)],
        "colour": [("chart:1", HELD.exposure_us), ("chart:2", HELD.exposure_us)],
    }
    expected = {
        "illumination": [FIRST, SECOND],
        "light_field": [FIRST, THIRD],
        "colour": [SECOND, THIRD],
    }
    before = portal.system.log.size()
    for kind, contents in expected.items():
        for each, content in zip(named[kind], contents, strict=True):
            answered = quality.http.get(each["address"])
            assert answered.status_code == 200
            assert answered.content == content
            assert answered.headers["Content-Type"] == "image/png"
            assert "no-store" in answered.headers["Cache-Control"]
            assert answered.headers["X-Content-Type-Options"] == "nosniff"
    assert portal.system.log.size() == before


def test_a_check_that_kept_only_its_result_is_told_from_one_that_saw_nothing(
    station: Station, quality: Person
) -> None:
    deliver(
        station,
        a_light_check(together=FIRST),
        replace(a_light_check(), basis=None),
        a_colour(),
    )
    assert shown(quality, station) == {"illumination": None, "light_field": None, "colour": []}


@pytest.mark.parametrize("given", ["another check", "another station", "no check", "far away"])
def test_nothing_but_what_the_named_check_of_this_station_names_is_handed_out(
    portal: Portal, station: Station, quality: Person, given: str
) -> None:
    deliver(station, a_field(together=FIRST), a_colour(chart_1=SECOND))
    field, colour = (
        portal.records(name)[-1].seq for name in ("LightFieldMeasured", "ColourCalibrated")
    )
    assert quality.get(address(station, field, FIRST)).content == FIRST
    (configured,) = portal.records("DeviceConfigurationChanged")[-1:]
    wrong = {
        "another check": address(station, colour, FIRST),
        "another station": address(station, field, FIRST, device=str(station.calibration)),
        "no check": address(station, configured.seq, FIRST),
        "far away": address(station, 2**53 - 1, FIRST),
    }
    assert is_nowhere(quality.get(wrong[given]))


def test_content_under_the_clinic_s_key_is_not_read_by_its_digest(
    portal: Portal, station: Station, quality: Person
) -> None:
    deliver(station, a_field(together=FIRST))
    seq = portal.records("LightFieldMeasured")[-1].seq
    # Delivered and stored under the same key, and named by no check.
    key = portal.system.clinic_key
    assert b"".join(portal.system.blobs.read(Digest.of(SECOND), key=key)) == SECOND
    assert is_nowhere(quality.get(address(station, seq, SECOND)))
    parameters = portal.events("CalibrationRecorded")[-1].calibration.parameters.digest
    calibrated = portal.records("CalibrationRecorded")[-1].seq
    path = f"/devices/{station.device}/checks/{calibrated}/pictures/{parameters}"
    assert is_nowhere(quality.get(path))


@pytest.mark.verifies("REQ-IN-194")
def test_whoever_may_not_read_stations_gets_no_picture(
    portal: Portal, station: Station, quality: Person
) -> None:
    deliver(station, a_field(together=FIRST))
    (named,) = shown(quality, station)["light_field"]
    stranger = portal.browser().get(named["address"])
    assert stranger.status_code == 401
    auditor, administrator = portal.sign_in("auditor"), portal.sign_in("administrator")
    assert auditor.http.get(named["address"]).content == FIRST
    path = f"/practitioners/{auditor.me['practitioner']}/roles"
    administrator.done(path, {"role": "auditor", "grant": False, "reason": "left the clinic"})
    refused = auditor.http.get(named["address"])
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:vultus:problem:not-permitted"
    assert portal.events("AccessDenied")[-1].permission == "devices.read"
