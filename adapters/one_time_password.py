"""Time-based one-time passwords, the second factor of a sign-in.

Rules kept here:

1. A code is good for its own 30-second step and the one before and after it.
2. A step is used once: a code that was seen before is refused by the caller's last step.

Source: RFC 6238 (TOTP) over RFC 4226 section 5.3 (dynamic truncation), SHA-1, six digits.
"""

import base64
import hmac
from hashlib import sha1
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1
SECRET_BYTES = 20


def code_at(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """Return the code of one step.

    Args:
        secret: Shared secret, 20 bytes.
        step: Seconds since 1970 divided by 30, rounded down.
        digits: Length of the code.
    """
    digest = hmac.digest(secret, step.to_bytes(8, "big"), sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, *, now_s: int, last_step: int) -> int | None:
    """Return the step that a code belongs to, or none if it is wrong, stale or used.

    Args:
        secret: Shared secret.
        code: What was typed.
        now_s: Seconds since 1970.
        last_step: The last step that was used; earlier and equal ones are refused.
    """
    typed = code.encode()  # bytes: text is compared in constant time only where it is ASCII
    current = now_s // STEP_S
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if step > last_step and hmac.compare_digest(code_at(secret, step).encode(), typed):
            return step
    return None


def provisioning_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """Return the ``otpauth`` address that an authenticator application reads."""
    key = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={key}&issuer={quote(issuer)}"
