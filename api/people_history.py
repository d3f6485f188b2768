"""What was given to a person and taken: roles and credentials, by whom, when and why.

Rules kept here:

1. Every fact of a person's own stream is told; none is summed up or left out.
2. Reasons are told to those they concern; that there is one is no secret.
"""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from domain.events.practitioner import (
    CredentialChosen,
    CredentialIssued,
    CredentialRevoked,
    RoleGranted,
    RoleRevoked,
)
from domain.events.record import Record


class PersonChange(BaseModel):
    """One fact about a person.

    ``kind`` is the name of the event, ``what`` the role or the means of proving identity;
    ``by`` is the name of whoever did it, or the word of one of our own programs.
    """

    seq: int
    at: str
    kind: str
    what: str | None
    reason: str | None
    by: str
    by_kind: str


def history_of(
    records: Iterable[Record], names: Mapping[str, str], *, reasons: bool
) -> list[PersonChange]:
    """Return the facts of one person's stream, newest first.

    Args:
        records: The stream.
        names: Names by practitioner's identifier.
        reasons: Whether reasons are told.
    """
    return [_change(each, names, reasons=reasons) for each in reversed(tuple(records))]


def _change(record: Record, names: Mapping[str, str], *, reasons: bool) -> PersonChange:
    what, reason = None, None
    match record.event:
        case RoleGranted(role=role):
            what = role.value
        case RoleRevoked(role=role, reason=why):
            what, reason = role.value, why
        case CredentialIssued(credential=credential) | CredentialChosen(credential=credential):
            what = credential
        case CredentialRevoked(credential=credential, reason=why):
            what, reason = credential, why
    kind, name = record.actor.kind.value, record.actor.name
    return PersonChange(
        seq=record.seq,
        at=str(record.committed_at),
        kind=record.name,
        what=what,
        reason=reason if reasons else None,
        by=names.get(name, name) if kind == "practitioner" else name,
        by_kind=kind,
    )
