"""What a request must bring before it may change the record: version seen, and a key of its own.

Rules kept here:

1. Whoever changes what they looked at names the version they saw: ``If-Match`` [RFC 9110, 13.1.1].
2. Every unsafe request carries an ``Idempotency-Key``, so that repeating it records nothing twice.
"""

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header
from starlette.exceptions import HTTPException

_KEY = re.compile(r"[A-Za-z0-9-]{16,64}")
_TAG = re.compile(r'"(\d{1,12})"')


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


def idempotency_key(idempotency_key: Annotated[str | None, Header()] = None) -> str:
    """Return the caller's own key of this request."""
    if idempotency_key is None or not _KEY.fullmatch(idempotency_key):
        raise HTTPException(
            HTTPStatus.BAD_REQUEST,
            "Send an Idempotency-Key of 16 to 64 letters, digits and dashes; a UUID will do.",
        )
    return idempotency_key


def entity_tag(version: int) -> str:
    """Return the ETag of a stream version."""
    return f'"{version}"'


SeenVersion = Annotated[int, Depends(seen_version)]
IdempotencyKey = Annotated[str, Depends(idempotency_key)]
