"""What an assessment rests on is found defective: flagged once, whichever came first."""

from collections.abc import Callable

import pytest

from domain.events.assessment import ReportFlagged
from domain.events.equipment import CalibrationInvalidated
from domain.events.model_release import ModelSuspended
from domain.values.actor import Actor
from domain.values.consent import Purpose
from domain.values.identifiers import AssessmentId, SessionId, SubjectId
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import CALIBRATION, DEVICE, QUALITY_MANAGER, SUBJECT

MANAGER = Actor.practitioner(QUALITY_MANAGER)


def _invalidate(day: ClinicDay) -> None:
    defect = CalibrationInvalidated(calibration=CALIBRATION, reason="the rig was dropped")
    day.record(DEVICE.stream, defect, by=MANAGER)


def _suspend(day: ClinicDay) -> None:
    day.record(day.release.stream, ModelSuspended(reason="drift was found"), by=MANAGER)


def _withdraw(day: ClinicDay) -> None:
    day.withdraw(Purpose.CLINICAL_CAPTURE)


@pytest.mark.verifies("DRV-13", "DRV-14")
@pytest.mark.parametrize(
    ("happen", "words"),
    [
        (_invalidate, "the rig was dropped"),
        (_suspend, "drift was found"),
        (_withdraw, "consent to clinical-capture was withdrawn"),
    ],
)
@pytest.mark.parametrize("first", [False, True], ids=["afterwards", "before it opens"])
def test_a_defect_is_flagged_once_whichever_came_first(
    day: ClinicDay,
    happen: Callable[[ClinicDay], None],
    words: str,
    first: bool,  # noqa: FBT001 - which of two orders
) -> None:
    session = _analysed(day)
    if first:
        happen(day)
    day.close(session)
    day.work()
    if not first:
        happen(day)
        day.work()
    flags = _flags(day, session)
    assert len(flags) == 1
    assert words in flags[0].reason
    workers = day.workers()
    size = day.log.size()
    for record in day.log.after(-1, limit=1000):
        workers.take_all(record)
    assert day.log.size() == size


@pytest.mark.verifies("DRV-13")
def test_what_another_assessment_rests_on_flags_nothing(day: ClinicDay) -> None:
    session = _analysed(day)
    day.close(session)
    other = SubjectId.derived("other")
    day.enrol(other)
    elsewhere = day.open_session("second", subject=other)
    day.submit(elsewhere, "second", subject=other, calibration=None)
    day.accept(elsewhere, subject=other)
    day.close(elsewhere, subject=other)
    day.work()
    day.withdraw(Purpose.AI_ANALYSIS, subject=SUBJECT)
    _invalidate(day)
    day.work()
    assert len(_flags(day, session)) == 2
    assert not _flags(day, elsewhere)


@pytest.mark.verifies("DRV-13")
def test_a_flag_changes_nothing_in_the_report(day: ClinicDay) -> None:
    session = _analysed(day)
    day.close(session)
    day.work()
    day.sign_off(session)
    day.work()
    stream = AssessmentId.derived(session).stream
    before = [(each.seq, each.leaf) for each in day.log.stream(stream)]
    _invalidate(day)
    day.work()
    after = day.log.stream(stream)
    assert [(each.seq, each.leaf) for each in after[: len(before)]] == before
    assert isinstance(after[-1].event, ReportFlagged)
    assert day.names().count("ReportIssued") == 1


def test_an_erased_subjects_assessment_is_passed_over(day: ClinicDay) -> None:
    session = _analysed(day)
    day.close(session)
    day.work()
    day.keys.destroy(f"subject:{SUBJECT}")
    size = day.log.size()
    _invalidate(day)
    day.work()
    assert day.log.size() == size + 1


def _analysed(day: ClinicDay) -> SessionId:
    """Return a session with one attempt that was accepted without being measured, and its run."""
    session = day.open_session()
    day.submit(session)
    day.accept(session)
    day.work()
    return session


def _flags(day: ClinicDay, session: SessionId) -> list[ReportFlagged]:
    events = day.events(AssessmentId.derived(session).stream)
    return [each for each in events if isinstance(each, ReportFlagged)]
