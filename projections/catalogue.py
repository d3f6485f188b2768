"""Every projection there is."""

from projections import acquisition_protocol as acquisition_protocols
from projections import (
    assessment,
    audit_trail,
    capture_session,
    claim,
    equipment,
    inference,
    model_release,
    practitioner,
    practitioner_worklist,
    shadow_comparison,
    study,
    subject,
    traceability,
)
from projections.tables import Projection

ALL: tuple[Projection, ...] = (
    practitioner.PROJECTION,
    subject.PROJECTION,
    equipment.PROJECTION,
    acquisition_protocols.PROJECTION,
    model_release.PROJECTION,
    claim.PROJECTION,
    capture_session.PROJECTION,
    inference.PROJECTION,
    shadow_comparison.PROJECTION,
    assessment.PROJECTION,
    practitioner_worklist.PROJECTION,
    study.PROJECTION,
    traceability.PROJECTION,
    audit_trail.PROJECTION,
)
