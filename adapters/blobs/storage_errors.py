"""What object storage answers when it does not do what was asked, in our words.

Rules kept here:

1. Nothing is quoted but status numbers and the storage's own error words: its longer answers may
   repeat key identifiers, names and signatures, and messages reach logs. Therefore neither is the
   library's error kept as a cause.
2. A missing bucket is never taken for missing content.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from domain.errors import NotFound, Unavailable

STORAGE_ERRORS: Final = (BaseError, FileNotFoundError)
"""What the library raises; a missing object is Python's own error."""

_CODE: Final = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS: Final = re.compile(r"status code: (\d{3})")
_NO_BUCKET: Final = "NoSuchBucket"
_PLATFORM: Final = ("169.254.", "fd00:ec2", "/latest/api/token", "security-credentials")


@contextmanager
def storage_errors(doing: str, *, missing: str | None = None) -> Iterator[None]:
    """Say that the storage is at fault, and at what, when it fails inside.

    Args:
        doing: What is being done.
        missing: What is not there when the storage says that an object is missing; none where
            the object's absence is no answer to expect.

    Raises:
        NotFound: the object is not there.
        Unavailable: the storage is away, slow, full or refuses us.
    """
    try:
        yield
    except STORAGE_ERRORS as error:
        raise told(error, doing, missing=missing) from None


def told(error: Exception, doing: str, *, missing: str | None = None) -> NotFound | Unavailable:
    """Return what is to be raised in place of the library's error."""
    text = str(error)
    if isinstance(error, FileNotFoundError) and missing is not None and _NO_BUCKET not in text:
        return NotFound(missing)
    return Unavailable(f"{doing} failed: {_reason(error, text)}")


def not_understood(error: Exception) -> bool:
    """Return whether the storage answered that it does not know such a request."""
    status = _STATUS.search(str(error))
    return status is not None and status[1] in {"400", "405", "501"}


def _reason(error: Exception, text: str) -> str:
    code, status = _CODE.search(text), _STATUS.search(text)
    word = f" ({code[1]})" if code else ""
    if any(each in text for each in _PLATFORM):
        return "there are no credentials; set VULTUS_S3_CREDENTIALS, or give this machine a role"
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return f"the storage denied it{word}; check the credentials and what they allow"
    if _NO_BUCKET in text:
        return "the bucket is not there"
    if status:
        return f"the storage answered {status[1]}{word}"
    lowered = text.lower()
    if "timed out" in lowered or "timeout," in lowered:
        return "the storage did not answer in time"
    if "certificate" in lowered:
        return "the storage's certificate is not trusted; SSL_CERT_FILE may name who signed it"
    if "kind: connect" in lowered:
        return "the storage cannot be reached"
    return "the connection to the storage broke"
