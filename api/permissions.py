"""May they: permissions as one table and a pure function; every route names exactly one.

Rules kept here:

1. Roles are granted by recorded facts; what a role allows is this table and nothing else.
2. Reading identity, changing the record and proving it are different permissions.
"""

from collections.abc import Iterable
from enum import StrEnum

from domain.values.actor import Role


class Permission(StrEnum):
    """What a route may ask for."""

    ANYONE = "anyone"  # signing in, health, checking a report's code
    SIGNED_IN = "signed-in"  # one's own sign-in
    WORKLIST_READ = "worklist.read"
    SUBJECTS_READ = "subjects.read"
    SUBJECTS_IDENTIFY = "subjects.identify"
    SUBJECTS_ENROL = "subjects.enrol"
    SUBJECTS_HOLD = "subjects.hold"
    ERASURE_REQUEST = "erasure.request"
    ERASURE_APPROVE = "erasure.approve"
    CONSENTS_RECORD = "consents.record"
    SESSIONS_READ = "sessions.read"
    SESSIONS_OPERATE = "sessions.operate"
    IMAGES_VIEW = "images.view"
    ASSESSMENTS_READ = "assessments.read"
    ASSESSMENTS_REVIEW = "assessments.review"
    ASSESSMENTS_SIGN = "assessments.sign"
    REPORTS_READ = "reports.read"
    BUNDLES_EXPORT = "bundles.export"
    DEVICES_READ = "devices.read"
    DEVICES_ENROL = "devices.enrol"
    DEVICES_SERVICE = "devices.service"
    CALIBRATIONS_LOCK = "calibrations.lock"
    PROTOCOLS_READ = "protocols.read"
    PROTOCOLS_DRAFT = "protocols.draft"
    PROTOCOLS_APPROVE = "protocols.approve"
    MODELS_READ = "models.read"
    MODELS_REGISTER = "models.register"
    MODELS_APPROVE = "models.approve"
    CLAIMS_READ = "claims.read"
    CLAIMS_REGISTER = "claims.register"
    CLAIMS_VALIDATE = "claims.validate"
    STUDIES_READ = "studies.read"
    STUDIES_RUN = "studies.run"
    STUDIES_APPROVE = "studies.approve"
    TRACE_READ = "trace.read"
    AUDIT_READ = "audit.read"
    LEDGER_READ = "ledger.read"
    LEDGER_VERIFY = "ledger.verify"
    PRACTITIONERS_READ = "practitioners.read"
    PRACTITIONERS_ADMINISTER = "practitioners.administer"
    DEVICE_POST = "device.post"  # a station's own requests, proven by its key


_P = Permission

_EVERYBODY = {
    _P.SIGNED_IN,
    _P.WORKLIST_READ,
    _P.SUBJECTS_READ,
    _P.SESSIONS_READ,
    _P.ASSESSMENTS_READ,
    _P.REPORTS_READ,
    _P.DEVICES_READ,
    _P.PROTOCOLS_READ,
    _P.MODELS_READ,
    _P.CLAIMS_READ,
    _P.STUDIES_READ,
    _P.TRACE_READ,
    _P.LEDGER_READ,
    _P.PRACTITIONERS_READ,
}

_OF_ROLE: dict[Role, set[Permission]] = {
    Role.OPERATOR: {
        _P.SUBJECTS_IDENTIFY,
        _P.SUBJECTS_ENROL,
        _P.CONSENTS_RECORD,
        _P.SESSIONS_OPERATE,
        _P.IMAGES_VIEW,
        _P.DEVICES_SERVICE,
    },
    Role.PRACTITIONER: {
        _P.SUBJECTS_IDENTIFY,
        _P.SUBJECTS_ENROL,
        _P.CONSENTS_RECORD,
        _P.SESSIONS_OPERATE,
        _P.IMAGES_VIEW,
        _P.ASSESSMENTS_REVIEW,
        _P.ASSESSMENTS_SIGN,
        _P.BUNDLES_EXPORT,
        _P.ERASURE_REQUEST,
    },
    Role.QUALITY_MANAGER: {
        _P.IMAGES_VIEW,
        _P.DEVICES_ENROL,
        _P.DEVICES_SERVICE,
        _P.CALIBRATIONS_LOCK,
        _P.PROTOCOLS_DRAFT,
        _P.PROTOCOLS_APPROVE,
        _P.MODELS_REGISTER,
        _P.MODELS_APPROVE,
        _P.CLAIMS_REGISTER,
        _P.CLAIMS_VALIDATE,
        _P.STUDIES_RUN,
        _P.STUDIES_APPROVE,
        _P.AUDIT_READ,
        _P.LEDGER_VERIFY,
        _P.BUNDLES_EXPORT,
    },
    Role.AUDITOR: {_P.AUDIT_READ, _P.LEDGER_VERIFY, _P.BUNDLES_EXPORT},
    Role.PRIVACY_OFFICER: {
        _P.SUBJECTS_IDENTIFY,
        _P.SUBJECTS_HOLD,
        _P.ERASURE_REQUEST,
        _P.ERASURE_APPROVE,
        _P.AUDIT_READ,
    },
    Role.ADMINISTRATOR: {_P.PRACTITIONERS_ADMINISTER, _P.DEVICES_ENROL, _P.DEVICES_SERVICE},
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return everything that a practitioner with these roles may do.

    Somebody without any role may do nothing but end their own sign-in.
    """
    held = set(roles)
    if not held:
        return frozenset({_P.SIGNED_IN})
    return frozenset(_EVERYBODY.union(*(_OF_ROLE[role] for role in held)))
