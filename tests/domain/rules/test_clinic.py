"""Tests of the clinic, its software, exports and the record's own state."""

from functools import partial

import pytest

from domain.errors import RuleViolation
from domain.events.clinic import (
    BackupTaken,
    ClinicRegistered,
    IntegrityVerified,
    IntegrityViolationDetected,
    RecordExported,
    RecordRestored,
    RestoreDrillCompleted,
    SoftwareDeployed,
)
from domain.rules.clinic import (
    CLINIC,
    deploy_software,
    export_record,
    record_verification,
    register_clinic,
    restore_record,
)
from tests.builders import CLINIC as CLINIC_ID
from tests.builders import SUBJECT, a_digest
from tests.given import given

REGISTERED = ClinicRegistered(
    clinic=CLINIC_ID, name="Harbour Clinic", time_zone="Australia/Sydney", demo=True
)
DEPLOYED = SoftwareDeployed(version="0.1.0", build=a_digest("build"), components=("numpy==2.4.0",))

register = partial(
    register_clinic,
    identifier=CLINIC_ID,
    name="Harbour Clinic",
    time_zone="Australia/Sydney",
    demo=True,
)
deploy = partial(
    deploy_software, version="0.1.0", build=a_digest("build"), components=("numpy==2.4.0",)
)


def test_a_record_belongs_to_one_clinic() -> None:
    given(CLINIC).when(register).then(REGISTERED)
    given(CLINIC, REGISTERED).when(register).refuses("clinic.registered-once")
    given(CLINIC).when(partial(register, name="")).refuses("clinic.name")
    given(CLINIC).when(partial(register, time_zone="")).refuses("clinic.time-zone")


@pytest.mark.verifies("REQ-IN-208")
def test_a_build_is_recorded_when_it_begins_to_serve() -> None:
    given(CLINIC, REGISTERED).when(deploy).then(DEPLOYED)
    given(CLINIC, REGISTERED, DEPLOYED).when(deploy).then()
    newer = partial(deploy, version="0.2.0")
    assert len(newer(given(CLINIC, REGISTERED, DEPLOYED).state)) == 1


@pytest.mark.verifies("REQ-IN-205")
def test_what_leaves_the_record_is_recorded_with_its_purpose() -> None:
    export = partial(
        export_record, kind="bundle", subject=SUBJECT, digest=a_digest(), purpose="audit"
    )
    event = RecordExported(kind="bundle", subject=SUBJECT, digest=a_digest(), purpose="audit")
    assert export() == event
    assert given(CLINIC, REGISTERED, event).state == given(CLINIC, REGISTERED).state
    for wrong, rule in (
        (partial(export, kind="gift"), "clinic.export"),
        (partial(export, purpose=""), "clinic.purpose"),
    ):
        with pytest.raises(RuleViolation) as caught:
            wrong()
        assert caught.value.rule == rule


def test_what_verification_found_is_recorded_whatever_it_was() -> None:
    verify = partial(record_verification, size=9, root=a_digest("root"), signatures=2, blobs=3)
    intact = verify(problems=())
    broken = verify(problems=("record 4 is missing",))
    assert intact == IntegrityVerified(size=9, root=a_digest("root"), signatures=2, blobs=3)
    assert broken == IntegrityViolationDetected(size=9, problems=("record 4 is missing",))
    assert given(CLINIC, REGISTERED).state.verified_size == 0
    assert given(CLINIC, REGISTERED, intact).state.verified_size == 9
    assert given(CLINIC, REGISTERED, broken).state.problems == ("record 4 is missing",)
    assert not given(CLINIC, REGISTERED, broken, intact).state.problems


@pytest.mark.verifies("DRV-35")
def test_that_the_record_goes_on_from_a_backup_is_recorded_once() -> None:
    restore = partial(
        restore_record, manifest=a_digest("manifest"), size=9, root=a_digest("root"), lost=2
    )
    event = RecordRestored(manifest=a_digest("manifest"), size=9, root=a_digest("root"), lost=2)
    given(CLINIC, REGISTERED).when(restore).then(event)
    given(CLINIC, REGISTERED, event).when(restore).then()
    assert len(partial(restore, size=8)(given(CLINIC, REGISTERED, event).state)) == 1


@pytest.mark.verifies("DRV-35")
def test_backups_and_drills_change_nothing_in_the_clinic() -> None:
    taken = BackupTaken(
        size=9,
        root=a_digest("root"),
        manifest=a_digest("manifest"),
        contents=3,
        duration_ms=1200,
        problems=(),
    )
    failed = RestoreDrillCompleted(
        manifest=None,
        point_in_time=False,
        size=0,
        root=None,
        keys=False,
        behind=0,
        exposed_ms=0,
        recovery_ms=0,
        passed=False,
        problems=("the manifest is damaged",),
    )
    assert given(CLINIC, REGISTERED, taken, failed).state == given(CLINIC, REGISTERED).state
