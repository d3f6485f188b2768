"""How subjects are shown: by pseudonym, and by name only to those who may identify them."""

from pydantic import BaseModel, Field

from api.subject_history import TimelineItem
from projections.rows import Row

PAGE = 50
"""How many subjects a page has unless said; of each name shown, a look is recorded."""


class Identity(BaseModel):
    """Who is behind the pseudonym: two identifiers at least."""

    given_name: str = Field(max_length=200)
    family_name: str = Field(max_length=200)
    date_of_birth: str = Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    clinic_number: str = Field(default="", max_length=50)


class SubjectRow(BaseModel):
    """A subject in the list; the name only for those who may identify."""

    subject: str
    pseudonym: str
    display_name: str | None
    erased: bool
    sessions: int
    last_session_at: str | None


class Subjects(BaseModel):
    """Subjects found, newest first; ``next`` continues the list."""

    items: list[SubjectRow]
    next: int | None


class Search(BaseModel):
    """What is looked for; in the body, because it may be a name."""

    query: str = Field(min_length=2, max_length=100)
    before: int | None = Field(default=None, ge=0, le=2**53 - 1)
    limit: int = Field(default=PAGE, ge=1, le=100)


class ConsentState(BaseModel):
    """What stands about one purpose."""

    purpose: str
    state: str
    wording_version: str | None
    language: str | None
    given_by: str | None
    valid_until: str | None
    at: str


class ErasureRequest(BaseModel):
    """An erasure that was asked for, with the digest its approval signs."""

    reason: str
    requested_by: str
    requested_at: str
    refused_because: str | None
    digest: str | None


class SubjectDetail(BaseModel):
    """Everything about one subject, in order."""

    subject: str
    pseudonym: str
    identity: Identity | None
    erased_at: str | None
    holds: list[str]
    erasure_request: ErasureRequest | None
    consents: list[ConsentState]
    timeline: list[TimelineItem]
    timeline_next: int | None
    version: int


class Timeline(BaseModel):
    """What happened around a subject, newest first; ``next`` continues it."""

    items: list[TimelineItem]
    next: int | None


def subject_row(row: Row) -> SubjectRow:
    """Return how a subject is shown in a list."""
    names = (row["given_name"], row["family_name"])
    return SubjectRow(
        subject=row["subject"],
        pseudonym=row["pseudonym"],
        display_name=None if row["given_name"] is None else " ".join(names),
        erased=row["erased_at"] is not None,
        sessions=row["sessions"],
        last_session_at=row["last_session_at"],
    )
