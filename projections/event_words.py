"""Facts in readable words: a title for each name, and what stands in the event beside it.

Rules kept here:

1. A title follows from the permanent name alone, so it outlives an erasure.
2. Of content under a subject's key, only permanent words and numbers are told: no name, and
   nothing that somebody wrote. So a trail of these words shows no identity [DRV-31].
"""

import re
from collections.abc import Sized

from domain.events import (
    access,
    assessment,
    capture_session,
    clinic,
    consent,
    equipment,
    inference,
    log_key,
    model_release,
    practitioner,
    refused_capture,
    study,
)
from domain.events import acquisition_protocol as protocol
from domain.events.names import Event
from domain.events.record import Shredded
from domain.values.capture import failed

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TITLES = {
    "SubjectIdentityLinked": "Identity recorded",
    "SubjectKeyDestroyed": "Content erased for good",
    "OperatorAuthenticated": "Signed in",
    "AuthenticationFailed": "Sign-in refused",
    "ReauthenticationPerformed": "Identity proven again",
    "PreconditionsChecked": "Gates before capture passed",
    "PhotographImported": "Photograph imported",
    "AssessmentSignedOff": "Assessment signed off",
}
MILESTONES = (
    "SubjectEnrolled",
    "SubjectIdentityLinked",
    "LegalHoldPlaced",
    "LegalHoldReleased",
    "ErasureRequested",
    "ErasureRefused",
    "SubjectKeyDestroyed",
    "ConsentGranted",
    "ConsentDeclined",
    "ConsentWithdrawn",
    "SessionOpened",
    "CaptureBlocked",
    "CaptureFailed",
    "CaptureGivenUp",
    "AttemptRefused",
    "PhotographRefused",
    "PhotographImported",
    "AttemptUnmeasurable",
    "AttemptJudged",
    "SessionClosed",
    "SessionAbandoned",
    "InferenceFailed",
    "InferenceRefused",
    "AssessmentOpened",
    "AssessmentSignedOff",
    "ReportIssued",
    "AssessmentAmended",
    "ReportFlagged",
    "RecordExported",
)
"""What belongs to the story of a subject; the steps between are in the audit trail."""


def title_of(name: str) -> str:
    """Return an event's name in words: ``AttemptSubmitted`` is ``Attempt submitted``."""
    first, *rest = _WORDS.split(name)
    return _TITLES.get(name) or " ".join((first, *(word.lower() for word in rest)))


def detail_of(event: Event | Shredded) -> str:
    """Return what an event says beside its name, in one line; empty when that is nothing."""
    match event:
        case consent.ConsentGranted() | consent.ConsentDeclined():
            return f"{event.purpose}, wording {event.wording.version}"
        case consent.ConsentWithdrawn() | capture_session.SessionOpened():
            return f"{event.purpose}"
        case practitioner.RoleGranted() | practitioner.RoleRevoked():
            return f"{event.role}"
        case (
            practitioner.CredentialIssued()
            | practitioner.CredentialRevoked()
            | practitioner.CredentialChosen()
        ):
            return event.credential
        case protocol.ProtocolDrafted():
            return f"{event.content.name} {event.content.version}"
        case study.StudyPlanned():
            return f"{event.plan.name} {event.plan.version}"
        case study.StudyCompleted():
            return "every limit met" if event.passed else "limits missed"
        case study.StudyResultRefused():
            return event.rule
        case (
            equipment.DeviceQuarantined()
            | equipment.DeviceReleased()
            | equipment.CalibrationInvalidated()
            | protocol.ProtocolRetired()
            | model_release.ModelSuspended() as event
        ):
            return event.reason
        case _:
            return _of_access(event) or _of_equipment(event) or _of_capture(event)


def _of_access(event: Event | Shredded) -> str:
    match event:
        case access.OperatorAuthenticated() | access.ReauthenticationPerformed():
            return ", ".join(event.methods)
        case access.AuthenticationFailed() | access.SignedOut():
            return event.reason
        case access.AccessDenied():
            return f"{event.permission}, {event.resource}"
        case access.RecordViewed():
            return f"{event.resource}, for {event.purpose}"
        case _:
            return _of_clinic(event)


def _of_clinic(event: Event | Shredded) -> str:
    match event:
        case clinic.ClinicRegistered():
            return event.name
        case clinic.SoftwareDeployed():
            return f"version {event.version}, {_count(event.components, 'component')}"
        case clinic.RecordExported():
            return f"{event.kind}, for {event.purpose}"
        case clinic.IntegrityVerified() | clinic.BackupTaken():
            return f"{event.size} records"
        case clinic.IntegrityViolationDetected():
            return f"{_count(event.problems, 'problem')} in {event.size} records"
        case log_key.LogKeyRotated():
            return f"from {event.from_size} records on, the earlier one until {event.until_size}"
        case clinic.RestoreDrillCompleted():
            until = ", an earlier point in time" if event.point_in_time else ""
            return f"{_passed(event.passed)}, {event.size} records{until}"
        case clinic.RecordRestored():
            return f"{event.size} records, {event.lost} given up"
        case _:
            return ""


def _of_equipment(event: Event | Shredded) -> str:
    match event:
        case equipment.DeviceEnrolled():
            return event.serial
        case equipment.DeviceConfigurationChanged():
            found = event.configuration
            return f"firmware {found.firmware}, software {found.software}"
        case equipment.DeviceSequenceGapDetected():
            return f"{event.expected} was due, {event.received} came"
        case equipment.DeviceClockDriftDetected():
            return f"{event.offset_ms / 1000:+.1f} s from our clock"
        case equipment.DeviceBatchRejected():
            return event.rule
        case _:
            return _of_calibration(event)


def _of_calibration(event: Event | Shredded) -> str:
    match event:
        case equipment.CalibrationRecorded():
            error = f"residual {event.calibration.reprojection_error_px:.3g} px"
            return f"{_passed(event.calibration.passed)}, {error}"
        case equipment.IlluminationCalibrated():
            light = event.illumination
            found = f"{light.cct_k:.0f} K" if light.measured else "not measured"
            return f"{_passed(light.passed)}, {found}"
        case equipment.CalibrationViewsRecorded():
            left_out = sum(not each.used for each in event.views)
            return f"{len(event.views)} views, {left_out} left out"
        case equipment.LightFieldMeasured():
            grey = event.field
            return f"{_passed(grey.passed)}, {grey.cct_k:.0f} K, Duv {grey.duv:+.4f}"
        case equipment.ColourCalibrated():
            colour = event.colour
            return f"{_passed(colour.passed)}, mean {colour.mean_after:.2f} dE00"
        case equipment.FieldCheckPerformed():
            return _passed(event.passed)
        case _:
            return ""


def _of_capture(event: Event | Shredded) -> str:
    match event:
        case capture_session.PreconditionsChecked():
            return f"{_count(event.gates, 'gate')}"
        case capture_session.CaptureBlocked():
            gates = ", ".join(each.gate for each in failed(event.gates))
            return f"at {event.stage}: {gates}"
        case capture_session.AttemptSubmitted():
            return f"{event.view}, {_count(event.frames, 'frame')}"
        case capture_session.PhotographImported():
            return f"{event.view}"
        case capture_session.AttemptUnmeasurable():
            return event.rule
        case capture_session.AttemptJudged():
            reasons = ", ".join(each.name for each in event.verdict.reasons)
            return "accepted" if event.verdict.acceptable else f"rejected: {reasons}"
        case capture_session.DepthReconstructed() | capture_session.SurfaceReconstructed():
            return f"{event.completeness:.0%} complete"
        case capture_session.OutputWithheld():
            return f"{event.output}: {event.rule}"
        case capture_session.SessionClosed():
            return f"{len(event.accepted)} accepted"
        case _:
            return _of_refusal(event)


def _of_refusal(event: Event | Shredded) -> str:
    match event:
        case (
            refused_capture.CaptureFailed()
            | refused_capture.AttemptRefused()
            | refused_capture.PhotographRefused()
        ):
            return f"{event.view}: {event.rule}"
        case refused_capture.CaptureGivenUp():
            return f"{event.view}: {event.tries} attempts"
        case _:
            return _of_models(event) or _of_review(event)


def _of_models(event: Event | Shredded) -> str:
    match event:
        case model_release.ModelShadowed():
            return f"beside {event.beside}"
        case model_release.ModelRegistered():
            return f"{event.manifest.name} {event.manifest.version}"
        case inference.InferenceCompleted():
            return f"{_count(event.findings, 'finding')}"
        case inference.InferenceFailed() | inference.InferenceRefused():
            return event.rule
        case inference.ShadowCompared():
            return f"{event.release}: {_count(event.differences, 'output')}"
        case inference.ShadowRefused():
            return f"{event.release}: {event.rule}"
        case inference.ReproductionChecked():
            return event.outcome
        case _:
            return ""


def _of_review(event: Event | Shredded) -> str:
    match event:
        case assessment.AssessmentOpened():
            return f"{_count(event.findings, 'finding')}, {len(event.withheld)} withheld"
        case assessment.FindingAmended() | assessment.FindingRejected():
            return event.reason_code
        case assessment.AssessmentSignedOff():
            return f"{event.signature.meaning}"
        case assessment.ReportIssued():
            return event.number
        case assessment.AssessmentAmended():
            return f"number {event.number}"
        case assessment.ReportFlagged():
            return event.cause
        case _:
            return ""


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _passed(passed: bool) -> str:  # noqa: FBT001 - a result in words
    return "passed" if passed else "failed"
