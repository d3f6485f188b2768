"""Content that no record names: gone with its subject, gone after a week, there until then."""

from pathlib import Path

import pytest

from adapters.unnamed_content import MINIMUM_AGE
from tests.api.portal import Clinic, Person, Portal, answer_consent, opened
from tests.api.station import Station
from tests.api.test_reception import LEFT, RIGHT


def swept(portal: Portal) -> int:
    system = portal.system
    return system.unnamed.sweep(system.log, system.blobs)


def stored(folder: Path) -> set[str]:
    return {path.name for path in (folder / "record" / "blobs").rglob("*") if path.is_file()}


@pytest.mark.verifies("DRV-10", "DRV-07")
def test_frames_of_a_refused_capture_do_not_stay(
    portal: Portal,
    *,
    clinic: Clinic,
    operator: Person,
    station: Station,
    session: str,
    manifest: str,
    tmp_path: Path,
) -> None:
    before = stored(tmp_path)
    statement = station.capture(session, manifest, (LEFT, RIGHT))
    answer_consent(operator, clinic.subject, "withdraw")
    assert station.deliver(statement)["refused"]
    assert len(stored(tmp_path) - before) == 2
    assert swept(portal) == 0

    portal.clock.advance(MINIMUM_AGE)
    assert swept(portal) == 2
    assert stored(tmp_path) == before


@pytest.mark.verifies("DRV-06")
def test_frames_whose_statement_is_on_its_way_stay_for_it(
    portal: Portal, station: Station, session: str, manifest: str
) -> None:
    statement = station.capture(session, manifest, (LEFT, RIGHT))
    for _ in range(6):
        portal.clock.advance(MINIMUM_AGE / 7)
        assert swept(portal) == 0
    station.calibrate_light()  # captures need light that was measured lately

    answer = station.deliver(statement)
    rules = {each["rule"] for each in answer["refused"]}
    assert "device.missing" not in rules


@pytest.mark.verifies("DRV-10", "REQ-IN-213")
def test_an_erasure_removes_what_no_record_names_at_once_and_counts_it(
    portal: Portal,
    *,
    clinic: Clinic,
    station: Station,
    session: str,
    manifest: str,
    tmp_path: Path,
) -> None:
    before = stored(tmp_path)
    assert station.deliver(station.capture(session, manifest, (LEFT, RIGHT)))["accepted"]
    assert station.put(b"a frame whose statement never came", session).status_code == 201
    assert len(stored(tmp_path) - before) == 3
    requester, privacy = portal.sign_in("practitioner"), portal.sign_in("privacy")
    path = f"/subjects/{clinic.subject}"
    requester.done(f"{path}/erasure-requests", {"reason": "The client asked"})
    digest = requester.read(path)["erasure_request"]["digest"]
    assert privacy.approve(f"{path}/erasure", digest).status_code == 200

    assert stored(tmp_path) == before
    (destroyed,) = portal.events("SubjectKeyDestroyed")
    assert destroyed.purged_blobs == 3
    portal.clock.advance(MINIMUM_AGE)
    assert swept(portal) == 0


@pytest.mark.verifies("REQ-IN-077")
def test_pictures_of_somebody_who_withdrew_consent_are_not_stored(
    portal: Portal,
    *,
    clinic: Clinic,
    operator: Person,
    station: Station,
    session: str,
    tmp_path: Path,
) -> None:
    before = stored(tmp_path)
    answer_consent(operator, clinic.subject, "withdraw")
    answered = station.put(LEFT, session)

    assert answered.status_code == 409
    assert answered.json()["rule"] == "capture.consent"
    assert stored(tmp_path) == before
    assert portal.system.blobs_of_key(f"subject:{clinic.subject}") == frozenset()


def test_what_records_name_survives_every_sweep(clinic: Clinic, tmp_path: Path) -> None:
    with opened(clinic, tmp_path) as portal:
        named = portal.system.log.blobs_of_key(portal.system.clinic_key)
        portal.clock.advance(MINIMUM_AGE)
        assert swept(portal) == 0
        assert len(named) == len(stored(tmp_path)) == 1
        for name in named:
            assert b"".join(portal.system.blobs.stored(name))
        assert portal.system.unnamed.of_key(portal.system.clinic_key) == frozenset()
