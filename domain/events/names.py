"""The permanent table of event names and versions; one line per version ever released.

Rules kept here:

1. A name is a permanent word, never an import path. It is never reused and never removed.
2. The highest version of a name is the one written; older versions are translated on reading.
3. Which key protects an event is decided by its name: content about a subject under the
   subject's key, everything else under the clinic's.
"""

from domain.events import (
    access,
    assessment,
    capture_session,
    claim,
    clinic,
    consent,
    equipment,
    inference,
    log_key,
    model_release,
    practitioner,
    refused_capture,
    study,
    subject,
    volume_change,
)
from domain.events import acquisition_protocol as protocol

Event = (
    clinic.ClinicEvent
    | log_key.LogKeyEvent
    | subject.SubjectEvent
    | consent.ConsentEvent
    | practitioner.PractitionerEvent
    | access.AccessEvent
    | equipment.EquipmentEvent
    | protocol.ProtocolEvent
    | capture_session.CaptureSessionEvent
    | model_release.ModelReleaseEvent
    | inference.InferenceEvent
    | assessment.AssessmentEvent
    | claim.ClaimEvent
    | volume_change.VolumeChangeEvent
    | study.StudyEvent
)

EVENTS: dict[tuple[str, int], type[Event]] = {
    ("ClinicRegistered", 1): clinic.ClinicRegistered,
    ("SoftwareDeployed", 1): clinic.SoftwareDeployed,
    ("RecordExported", 1): clinic.RecordExported,
    ("IntegrityVerified", 1): clinic.IntegrityVerified,
    ("IntegrityViolationDetected", 1): clinic.IntegrityViolationDetected,
    ("BackupTaken", 1): clinic.BackupTaken,
    ("RestoreDrillCompleted", 2): clinic.RestoreDrillCompleted,
    ("RecordRestored", 1): clinic.RecordRestored,
    ("LogKeyRotated", 1): log_key.LogKeyRotated,
    ("SubjectEnrolled", 1): subject.SubjectEnrolled,
    ("SubjectIdentityLinked", 1): subject.SubjectIdentityLinked,
    ("LegalHoldPlaced", 1): subject.LegalHoldPlaced,
    ("LegalHoldReleased", 1): subject.LegalHoldReleased,
    ("ErasureRequested", 1): subject.ErasureRequested,
    ("ErasureRefused", 1): subject.ErasureRefused,
    ("SubjectKeyDestroyed", 1): subject.SubjectKeyDestroyed,
    ("ConsentGranted", 1): consent.ConsentGranted,
    ("ConsentDeclined", 1): consent.ConsentDeclined,
    ("ConsentWithdrawn", 1): consent.ConsentWithdrawn,
    ("PractitionerRegistered", 1): practitioner.PractitionerRegistered,
    ("RoleGranted", 1): practitioner.RoleGranted,
    ("RoleRevoked", 1): practitioner.RoleRevoked,
    ("CredentialIssued", 1): practitioner.CredentialIssued,
    ("CredentialRevoked", 1): practitioner.CredentialRevoked,
    ("CredentialChosen", 1): practitioner.CredentialChosen,
    ("OperatorAuthenticated", 1): access.OperatorAuthenticated,
    ("AuthenticationFailed", 1): access.AuthenticationFailed,
    ("ReauthenticationPerformed", 1): access.ReauthenticationPerformed,
    ("SignedOut", 1): access.SignedOut,
    ("AccessDenied", 1): access.AccessDenied,
    ("RecordViewed", 1): access.RecordViewed,
    ("DeviceEnrolled", 1): equipment.DeviceEnrolled,
    ("DeviceConfigurationChanged", 1): equipment.DeviceConfigurationChanged,
    ("CalibrationRecorded", 1): equipment.CalibrationRecorded,
    ("CalibrationLocked", 1): equipment.CalibrationLocked,
    ("CalibrationInvalidated", 1): equipment.CalibrationInvalidated,
    ("IlluminationCalibrated", 2): equipment.IlluminationCalibrated,
    ("FieldCheckPerformed", 2): equipment.FieldCheckPerformed,
    ("CalibrationViewsRecorded", 2): equipment.CalibrationViewsRecorded,
    ("ColourCalibrated", 2): equipment.ColourCalibrated,
    ("LightFieldMeasured", 2): equipment.LightFieldMeasured,
    ("DeviceQuarantined", 1): equipment.DeviceQuarantined,
    ("DeviceReleased", 1): equipment.DeviceReleased,
    ("DeviceSequenceGapDetected", 1): equipment.DeviceSequenceGapDetected,
    ("DeviceClockDriftDetected", 1): equipment.DeviceClockDriftDetected,
    ("DeviceBatchRejected", 1): equipment.DeviceBatchRejected,
    ("ProtocolDrafted", 1): protocol.ProtocolDrafted,
    ("ProtocolApproved", 1): protocol.ProtocolApproved,
    ("ProtocolRetired", 1): protocol.ProtocolRetired,
    ("SessionOpened", 1): capture_session.SessionOpened,
    ("PreconditionsChecked", 1): capture_session.PreconditionsChecked,
    ("CaptureBlocked", 1): capture_session.CaptureBlocked,
    ("AttemptSubmitted", 1): capture_session.AttemptSubmitted,
    ("PhotographImported", 1): capture_session.PhotographImported,
    ("AttemptMeasured", 1): capture_session.AttemptMeasured,
    ("AttemptUnmeasurable", 1): capture_session.AttemptUnmeasurable,
    ("AttemptJudged", 1): capture_session.AttemptJudged,
    ("DepthReconstructed", 1): capture_session.DepthReconstructed,
    ("SurfaceReconstructed", 1): capture_session.SurfaceReconstructed,
    ("OutputWithheld", 1): capture_session.OutputWithheld,
    ("SessionClosed", 1): capture_session.SessionClosed,
    ("SessionAbandoned", 1): capture_session.SessionAbandoned,
    ("CaptureFailed", 1): refused_capture.CaptureFailed,
    ("CaptureGivenUp", 1): refused_capture.CaptureGivenUp,
    ("AttemptRefused", 1): refused_capture.AttemptRefused,
    ("PhotographRefused", 1): refused_capture.PhotographRefused,
    ("ModelRegistered", 1): model_release.ModelRegistered,
    ("ModelApproved", 1): model_release.ModelApproved,
    ("ModelSuspended", 1): model_release.ModelSuspended,
    ("ModelShadowed", 1): model_release.ModelShadowed,
    ("InferenceRequested", 1): inference.InferenceRequested,
    ("InferenceCompleted", 1): inference.InferenceCompleted,
    ("InferenceFailed", 1): inference.InferenceFailed,
    ("ReproductionChecked", 1): inference.ReproductionChecked,
    ("InferenceRefused", 1): inference.InferenceRefused,
    ("ShadowCompared", 1): inference.ShadowCompared,
    ("ShadowRefused", 1): inference.ShadowRefused,
    ("AssessmentOpened", 1): assessment.AssessmentOpened,
    ("FindingAccepted", 1): assessment.FindingAccepted,
    ("FindingAmended", 1): assessment.FindingAmended,
    ("FindingRejected", 1): assessment.FindingRejected,
    ("ConclusionRecorded", 1): assessment.ConclusionRecorded,
    ("AssessmentSignedOff", 1): assessment.AssessmentSignedOff,
    ("ReportIssued", 1): assessment.ReportIssued,
    ("AssessmentAmended", 1): assessment.AssessmentAmended,
    ("ReportFlagged", 1): assessment.ReportFlagged,
    ("ClaimRegistered", 1): claim.ClaimRegistered,
    ("ClaimValidated", 1): claim.ClaimValidated,
    ("ClaimWithdrawn", 1): claim.ClaimWithdrawn,
    ("VolumeChangeMeasured", 1): volume_change.VolumeChangeMeasured,
    ("VolumeChangeRepeated", 1): volume_change.VolumeChangeRepeated,
    ("StudyPlanned", 1): study.StudyPlanned,
    ("StudyPlanApproved", 1): study.StudyPlanApproved,
    ("StudyCompleted", 2): study.StudyCompleted,
    ("StudyResultRefused", 1): study.StudyResultRefused,
    ("StudyConfirmed", 1): study.StudyConfirmed,
}

NAME_OF: dict[type[Event], tuple[str, int]] = {event: key for key, event in EVENTS.items()}

SUBJECT_KEYED: frozenset[type[Event]] = frozenset(
    (
        subject.SubjectIdentityLinked,
        subject.ErasureRequested,
        *consent.ConsentEvent.__args__,
        *capture_session.CaptureSessionEvent.__args__,
        *inference.InferenceEvent.__args__,
        *assessment.AssessmentEvent.__args__,
        *volume_change.VolumeChangeEvent.__args__,
    )
)
