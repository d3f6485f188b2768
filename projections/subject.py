"""Subjects, their identity while it may be read, and the state of each consent.

Rules kept here:

1. A subject is always shown by pseudonym; the name is a separate column that erasure empties.
2. That a subject was erased stays visible; what was erased does not.
"""

import sqlalchemy as sa

from domain.events import consent as consents
from domain.events import subject as facts
from domain.events.record import Record
from domain.values.identifiers import SubjectId
from projections.rows import Row, change, erased_subject, every, forget, one, put, subject_of
from projections.tables import Projection, metadata

SUBJECT = sa.Table(
    "subject",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("pseudonym", sa.Text, nullable=False, index=True),
    sa.Column("enrolled_at", sa.Text, nullable=False),
    sa.Column("enrolled_seq", sa.BigInteger, nullable=False),
    sa.Column("holds", sa.JSON, nullable=False),
    sa.Column("erased_at", sa.Text, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
)

IDENTITY = sa.Table(
    "subject_identity",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("given_name", sa.Text, nullable=False),
    sa.Column("family_name", sa.Text, nullable=False),
    sa.Column("date_of_birth", sa.Text, nullable=False),
    sa.Column("clinic_number", sa.Text, nullable=False),
)

ERASURE_REQUEST = sa.Table(
    "erasure_request",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("requested_at", sa.Text, nullable=False),
    sa.Column("refused_because", sa.Text, nullable=True),
)

CONSENT = sa.Table(
    "consent",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("wording_version", sa.Text, nullable=True),
    sa.Column("language", sa.Text, nullable=True),
    sa.Column("wording", sa.Text, nullable=True),
    sa.Column("given_by", sa.Text, nullable=True),
    sa.Column("valid_until", sa.Text, nullable=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

TABLES = (CONSENT, ERASURE_REQUEST, IDENTITY, SUBJECT)
PAGE = 100


def apply(connection: sa.Connection, record: Record) -> None:
    """Apply one record."""
    erased = erased_subject(record)
    if erased is not None:
        forget(connection, (CONSENT, ERASURE_REQUEST, IDENTITY), erased)
    if record.stream.startswith(f"{SubjectId.kind}-"):
        _apply_subject(connection, record, str(SubjectId.of_stream(record.stream)))
    elif isinstance(
        record.event, consents.ConsentGranted | consents.ConsentDeclined | consents.ConsentWithdrawn
    ):
        _apply_consent(connection, record, record.event)


PROJECTION = Projection(name="subject", version=1, tables=TABLES, apply=apply)


def _apply_subject(connection: sa.Connection, record: Record, subject: str) -> None:
    key = {"subject": subject}
    at = str(record.committed_at)
    match record.event:
        case facts.SubjectEnrolled() as event:
            put(
                connection,
                SUBJECT,
                subject=subject,
                pseudonym=event.pseudonym,
                enrolled_at=at,
                enrolled_seq=record.seq,
                holds=[],
                erased_at=None,
                version=record.version,
            )
        case facts.SubjectIdentityLinked() as event:
            put(
                connection,
                IDENTITY,
                subject=subject,
                given_name=event.given_name,
                family_name=event.family_name,
                date_of_birth=event.date_of_birth,
                clinic_number=event.clinic_number,
            )
        case facts.LegalHoldPlaced() as event:
            found = one(connection, SUBJECT, **key)
            holds = [] if found is None else [*found["holds"], event.ground]
            change(connection, SUBJECT, key, holds=holds)
        case facts.LegalHoldReleased() as event:
            found = one(connection, SUBJECT, **key)
            holds = [] if found is None else [g for g in found["holds"] if g != event.ground]
            change(connection, SUBJECT, key, holds=holds)
        case facts.ErasureRequested() as event:
            asked = {"requested_by": str(event.requested_by), "requested_at": at}
            put(connection, ERASURE_REQUEST, reason=event.reason, **key, **asked)
        case facts.ErasureRefused() as event:
            change(connection, ERASURE_REQUEST, key, refused_because=event.ground)
        case facts.SubjectKeyDestroyed():
            change(connection, SUBJECT, key, erased_at=at)
    change(connection, SUBJECT, key, version=record.version)


def _apply_consent(connection: sa.Connection, record: Record, event: consents.ConsentEvent) -> None:
    shown = event.wording if not isinstance(event, consents.ConsentWithdrawn) else None
    granted = event if isinstance(event, consents.ConsentGranted) else None
    state = {
        consents.ConsentGranted: "granted",
        consents.ConsentDeclined: "declined",
        consents.ConsentWithdrawn: "withdrawn",
    }[type(event)]
    put(
        connection,
        CONSENT,
        subject=str(event.subject),
        purpose=event.purpose.value,
        state=state,
        wording_version=None if shown is None else shown.version,
        language=None if shown is None else shown.language,
        wording=None if shown is None else str(shown.text),
        given_by=None if granted is None else granted.given_by,
        valid_until=None
        if granted is None or granted.valid_until is None
        else str(granted.valid_until),
        at=str(record.committed_at),
        seq=record.seq,
        version=record.version,
    )


def subject(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a subject with ``identity``, ``erasure_request`` and ``consents``, or none."""
    found = one(connection, SUBJECT, subject=identifier)
    if found is None:
        return None
    found["identity"] = one(connection, IDENTITY, subject=identifier)
    found["erasure_request"] = one(connection, ERASURE_REQUEST, subject=identifier)
    query = sa.select(CONSENT).where(CONSENT.c.subject == identifier).order_by(CONSENT.c.purpose)
    found["consents"] = every(connection, query)
    return found


def subjects(
    connection: sa.Connection, *, query: str = "", identified: bool, limit: int = PAGE
) -> list[Row]:
    """Return subjects whose pseudonym, or name where ``identified``, contains the query."""
    wanted = f"%{query.lower()}%"
    name = sa.func.lower(IDENTITY.c.given_name + " " + IDENTITY.c.family_name)
    matches: sa.ColumnElement[bool] = sa.func.lower(SUBJECT.c.pseudonym).like(wanted)
    if identified:
        number = sa.func.lower(IDENTITY.c.clinic_number)
        matches = sa.or_(matches, name.like(wanted), number.like(wanted))
    select = (
        sa.select(SUBJECT, IDENTITY.c.given_name, IDENTITY.c.family_name)
        .outerjoin(IDENTITY, IDENTITY.c.subject == SUBJECT.c.subject)
        .where(matches)
        .order_by(SUBJECT.c.enrolled_seq.desc())
        .limit(limit)
    )
    found = every(connection, select)
    if not identified:
        for row in found:
            row["given_name"] = row["family_name"] = None
    return found


def owner(record: Record) -> str | None:
    """Return the subject a record is about, read from its header alone."""
    if record.stream.startswith(f"{SubjectId.kind}-"):
        return str(SubjectId.of_stream(record.stream))
    return subject_of(record)


def pseudonyms(connection: sa.Connection, subjects: set[str]) -> dict[str, str]:
    """Return the pseudonym of each of these subjects."""
    query = sa.select(SUBJECT.c.subject, SUBJECT.c.pseudonym)
    rows = connection.execute(query.where(SUBJECT.c.subject.in_(sorted(subjects))))
    return {row.subject: row.pseudonym for row in rows}


def erased_subjects(connection: sa.Connection) -> list[str]:
    """Return every subject whose content was erased."""
    query = sa.select(SUBJECT.c.subject).where(SUBJECT.c.erased_at.is_not(None))
    return list(connection.execute(query).scalars())
