"""Subjects, their identity while it may be read, and the state of each consent.

Rules kept here:

1. A subject is always shown by pseudonym; the name stands in a table of its own, is read only for
   who may identify subjects, and goes with erasure.
2. That a subject was erased stays visible; what was erased does not.
3. What was withdrawn shows what had been agreed to.
"""

import sqlalchemy as sa

from domain.events import consent as consents
from domain.events import subject as facts
from domain.events.record import Record
from domain.values.identifiers import SubjectId
from projections.capture_session import SESSION
from projections.rows import Row, erased_subject, every, names_of, one
from projections.subject_search import WORD, found_by, put_words
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

SUBJECT = sa.Table(
    "subject",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("pseudonym", sa.Text, nullable=False),
    sa.Column("enrolled_at", sa.Text, nullable=False),
    sa.Column("enrolled_seq", sa.BigInteger, nullable=False, index=True),
    sa.Column("holds", JSON, nullable=False),
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

TABLES = (CONSENT, ERASURE_REQUEST, IDENTITY, WORD, SUBJECT)
PAGE = 100


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    erased = erased_subject(record)
    if erased is not None:
        rows.forget((CONSENT, ERASURE_REQUEST, IDENTITY), erased)
        if rows.may_hold(erased):
            put_words(rows, erased, "", identifying=True)
    if record.stream.startswith(f"{SubjectId.kind}-"):
        _apply_subject(rows, record, str(SubjectId.of_stream(record.stream)))
    elif isinstance(
        record.event, consents.ConsentGranted | consents.ConsentDeclined | consents.ConsentWithdrawn
    ):
        _apply_consent(rows, record, record.event)


PROJECTION = Projection(
    name="subject",
    version=1,
    tables=TABLES,
    apply=apply,
    handles=names_of(facts.SubjectEvent, consents.ConsentEvent),
)


def _apply_subject(rows: Rows, record: Record, subject: str) -> None:
    key = {"subject": subject}
    at = str(record.committed_at)
    match record.event:
        case facts.SubjectEnrolled() as event:
            rows.put(
                SUBJECT,
                subject=subject,
                pseudonym=event.pseudonym,
                enrolled_at=at,
                enrolled_seq=record.seq,
                holds=[],
                erased_at=None,
                version=record.version,
            )
            put_words(rows, subject, event.pseudonym, identifying=False)
        case facts.SubjectIdentityLinked() as event:
            rows.put(
                IDENTITY,
                subject=subject,
                given_name=event.given_name,
                family_name=event.family_name,
                date_of_birth=event.date_of_birth,
                clinic_number=event.clinic_number,
            )
            known = f"{event.given_name} {event.family_name} {event.clinic_number}"
            put_words(rows, subject, known, identifying=True)
        case facts.LegalHoldPlaced() as event:
            found = rows.one(SUBJECT, **key)
            holds = [] if found is None else [*found["holds"], event.ground]
            rows.change(SUBJECT, key, holds=holds)
        case facts.LegalHoldReleased() as event:
            found = rows.one(SUBJECT, **key)
            holds = [] if found is None else [g for g in found["holds"] if g != event.ground]
            rows.change(SUBJECT, key, holds=holds)
        case facts.ErasureRequested() as event:
            asked = {"requested_by": str(event.requested_by), "requested_at": at}
            rows.put(ERASURE_REQUEST, reason=event.reason, **key, **asked)
        case facts.ErasureRefused() as event:
            rows.change(ERASURE_REQUEST, key, refused_because=event.ground)
        case facts.SubjectKeyDestroyed():
            rows.change(SUBJECT, key, erased_at=at)
    rows.change(SUBJECT, key, version=record.version)


def _apply_consent(rows: Rows, record: Record, event: consents.ConsentEvent) -> None:
    key = {"subject": str(event.subject), "purpose": event.purpose.value}
    place = {"at": str(record.committed_at), "seq": record.seq, "version": record.version}
    if isinstance(event, consents.ConsentWithdrawn):
        rows.change(CONSENT, key, state="withdrawn", **place)
        return
    granted = event if isinstance(event, consents.ConsentGranted) else None
    until = None if granted is None else granted.valid_until
    rows.put(
        CONSENT,
        **key,
        **place,
        state="declined" if granted is None else "granted",
        wording_version=event.wording.version,
        language=event.wording.language,
        wording=str(event.wording.text),
        given_by=None if granted is None else granted.given_by,
        valid_until=None if until is None else str(until),
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
    connection: sa.Connection,
    *,
    query: str = "",
    identified: bool,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Row]:
    """Return subjects, newest first: all, or those found by every word of the query.

    Each has ``sessions``, how many there are, and ``last_session_at``. Where ``identified``, names
    are searched and shown; otherwise ``given_name`` and ``family_name`` are none.

    Args:
        connection: To read with.
        query: Words that each begin like a word of the subject; empty finds all.
        identified: Whether the caller may identify subjects.
        before: Only who was enrolled before this place in the log.
        limit: How many at most.
    """
    page = sa.select(SUBJECT.c.subject).order_by(SUBJECT.c.enrolled_seq.desc()).limit(limit)
    if before is not None:
        page = page.where(SUBJECT.c.enrolled_seq < before)
    found = found_by(query, identified=identified)
    if found is not None:
        page = page.where(SUBJECT.c.subject.in_(found))
    shown = page.subquery()  # sessions are counted for these only, however many were found
    mine = SESSION.c.subject == SUBJECT.c.subject
    last = sa.select(SESSION.c.opened_at).where(mine).order_by(SESSION.c.opened_seq.desc()).limit(1)
    names = (IDENTITY.c.given_name, IDENTITY.c.family_name)
    select = sa.select(
        SUBJECT,
        *(name if identified else sa.null().label(name.name) for name in names),
        sa.select(sa.func.count()).where(mine).scalar_subquery().label("sessions"),
        last.scalar_subquery().label("last_session_at"),
    ).join(shown, shown.c.subject == SUBJECT.c.subject)
    if identified:
        select = select.outerjoin(IDENTITY, IDENTITY.c.subject == SUBJECT.c.subject)
    return sorted(every(connection, select), key=lambda row: -row["enrolled_seq"])


def pseudonyms(connection: sa.Connection, subjects: set[str]) -> dict[str, str]:
    """Return the pseudonym of each of these subjects."""
    wanted = sorted(subjects)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), PAGE):
        query = sa.select(SUBJECT.c.subject, SUBJECT.c.pseudonym)
        rows = connection.execute(query.where(SUBJECT.c.subject.in_(wanted[start : start + PAGE])))
        found |= {row.subject: row.pseudonym for row in rows}
    return found


def erased_subjects(connection: sa.Connection) -> list[str]:
    """Return every subject whose content was erased."""
    query = sa.select(SUBJECT.c.subject).where(SUBJECT.c.erased_at.is_not(None))
    return list(connection.execute(query).scalars())
