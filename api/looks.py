"""Looks at content: found in its session, read with its subject's key, and recorded [DRV-30].

Rules kept here:

1. Content is handed out only as part of the session that the request names.
2. A look is recorded before anything of the content is read, with why somebody looks.
3. Where one file holds several contents, the look at each of them is recorded.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Annotated

from fastapi import Depends

from api.answers import Reading, found_or_refuse, refuse_erased
from api.permissions import Permission
from api.signin import Person, access_stream, allowed
from domain.handling import update
from domain.rules.access import ACCESS, view_record
from domain.values.content import Digest
from domain.values.identifiers import SessionId
from projections import capture_session
from projections.rows import Row

Viewer = Annotated[Person, Depends(allowed(Permission.IMAGES_VIEW))]


class Purpose(Enum):
    """Why somebody looks."""

    CARE = "care"
    QUALITY = "quality"
    AUDIT = "audit"


def content_of(
    reading: Reading, session: str, digest: str, what: str, *, kinds: frozenset[str] | None = None
) -> Row:
    """Return what a session's content is.

    Args:
        reading: To read with.
        session: The session.
        digest: The content.
        what: What is asked for, in words.
        kinds: The kinds that are meant; none for any.

    Raises:
        NotFound: the session has no such content.
        ContentErased: the session was erased.
    """
    row = capture_session.content(reading.connection, session, digest)
    known = row if row is not None and (kinds is None or row["kind"] in kinds) else None
    return found_in(reading, known, session, what)


def found_in(reading: Reading, row: Row | None, session: str, what: str) -> Row:
    """Return the row.

    Raises:
        NotFound: there is none.
        ContentErased: the session was erased.
    """
    if row is None:
        refuse_erased(reading.system, SessionId(session).stream)
    return found_or_refuse(row, f"{what} of this session")


def whole(reading: Reading, found: Row, digest: str) -> Iterator[bytes]:
    """Return the bytes of found content, authenticated as they are read."""
    return reading.system.blobs.read(Digest(digest), key=f"subject:{found['subject']}")


def record_looks(reading: Reading, person: Person, purpose: Purpose, *digests: str) -> int:
    """Record that somebody looks at contents, and return where the last of it stands."""
    looked = tuple(
        view_record(resource=f"image:{each[7:19]}", purpose=purpose.value) for each in digests
    )
    system, stream = reading.system, access_stream(person.practitioner)
    records = update(system.log, ACCESS, stream, lambda _: looked, system.context(person.actor))
    return records[-1].seq
