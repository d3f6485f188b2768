"""What a request must bring before it may change the record: version seen, and a key of its own.

Rules kept here:

1. Whoever changes what they looked at names the version they saw: ``If-Match`` [RFC 9110, 13.1.1].
2. Every unsafe request carries an ``Idempotency-Key``, so that repeating it records nothing twice.
   A key belongs to one address: the same key elsewhere is another request. A key that tells its
   time (a UUID of version 7) gives its time to what is recorded under it.
"""

import re
import uuid
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.exceptions import HTTPException

from domain.values.identifiers import named

_KEY = re.compile(r"[A-Za-z0-9-]{16,64}")
_TAG = re.compile(r'"([0-9]{1,12})"')


def seen_version(if_match: Annotated[str | None, Header()] = None) -> int:
    """Return the stream version the caller saw."""
    if if_match is None:
        raise HTTPException(
            HTTPStatus.PRECONDITION_REQUIRED,
            "Send the version you saw in If-Match; it is the ETag of what you read.",
        )
    found = _TAG.fullmatch(if_match)
    if found is None:
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, 'If-Match is a version in quotation marks, such as "7".'
        )
    return int(found.group(1))


def idempotency_key(
    request: Request, idempotency_key: Annotated[str | None, Header()] = None
) -> str:
    """Return the key under which this request is recorded: the caller's own, at this address."""
    if idempotency_key is None or not _KEY.fullmatch(idempotency_key):
        raise HTTPException(
            HTTPStatus.BAD_REQUEST,
            "Send an Idempotency-Key of 16 to 64 letters, digits and dashes; a UUID will do.",
        )
    name = f"{request.method} {request.url.path}\x1f{idempotency_key}"
    return named(uuid.NAMESPACE_URL, name, [idempotency_key])


def entity_tag(version: int) -> str:
    """Return the ETag of a stream version."""
    return f'"{version}"'


SeenVersion = Annotated[int, Depends(seen_version)]
IdempotencyKey = Annotated[str, Depends(idempotency_key)]
