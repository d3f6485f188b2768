"""What a station states about itself is recorded, and shown as it stands now."""

from dataclasses import replace

import pytest

from domain.events.equipment import ColourCalibrated, IlluminationCalibrated
from tests.api.portal import Portal
from tests.api.station import Station
from tests.builders import a_colour_record, an_unseen_light
from tests.event_builders import a_views_event


@pytest.mark.verifies("REQ-IN-092", "REQ-IN-137")
def test_views_and_colours_are_shown_with_the_station(portal: Portal, station: Station) -> None:
    assert station.calibration is not None
    views = replace(a_views_event(left_out=1), calibration=station.calibration)
    colour = ColourCalibrated(colour=a_colour_record(), basis=None)
    assert station.deliver(station.state(views), station.state(colour))["refused"] == []

    shown = portal.sign_in("quality").read(f"/devices/{station.device}")
    (calibration,) = shown["calibrations"]
    assert [each["used"] for each in calibration["views"]["views"]] == [True, True, False]
    assert any(note.startswith("View 3 was left out") for note in calibration["notes"])
    assert shown["colour"][0]["chart"]["serial"] == "CC-1"
    assert shown["self_checks"] == []


@pytest.mark.verifies("REQ-IN-086", "REQ-IN-088")
def test_of_light_that_was_not_measured_no_number_is_shown(
    portal: Portal, station: Station
) -> None:
    record = replace(an_unseen_light(), performed_at=station.now())
    stated = station.state(IlluminationCalibrated(illumination=record, basis=None))
    assert station.deliver(stated)["refused"] == []

    unseen, seen = portal.sign_in("quality").read(f"/devices/{station.device}")["illumination"]
    for name in ("cct_k", "exposure_reached", "white_balance"):
        assert unseen[name] is None
        assert seen[name] is not None
    assert unseen["reasons"] == list(record.reasons)
    assert [each["current_ma"] for each in unseen["zones"]] == [
        each["current_ma"] for each in seen["zones"]
    ]
    assert all(each["level"] is each["healthy"] is None for each in unseen["zones"])
    assert all(each["level"] > 0 for each in seen["zones"])


def test_what_does_not_follow_is_refused_and_said(portal: Portal, station: Station) -> None:
    untrue = ColourCalibrated(colour=replace(a_colour_record(), worst_after=9.0), basis=None)
    (refused,) = station.deliver(station.state(untrue))["refused"]
    assert refused["rule"] == "colour.result-follows"
    assert portal.events("ColourCalibrated") == []


def test_a_station_states_nothing_about_another(portal: Portal, station: Station) -> None:
    statement = station.state(
        ColourCalibrated(colour=a_colour_record(), basis=None), stream="device-other"
    )
    refused = station.deliver(statement)["refused"]
    assert [each["rule"] for each in refused] == ["device.stream"]
    assert portal.events("ColourCalibrated") == []
