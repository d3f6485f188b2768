"""Signed requests between station and server: who asks, for what, with which body, and when.

Rules kept here:

1. A request is signed by the station's own P-256 key over method, path, query and body digest, so
   it can be changed by nobody on the way.
2. It carries a time and a number used once; the receiver refuses old times and used numbers.
3. The private key never leaves its place: signing goes through a function.

Source: RFC 9421 (HTTP Message Signatures), section 3.3.4 (ecdsa-p256-sha256); RFC 9530
(Content-Digest).
"""

import base64
import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from adapters.keys.signing import parse_p256_public_key
from domain.errors import MalformedInput, NotFound, SignatureInvalid
from domain.values.identifiers import DeviceId

TAG = "vultus-device"
TOLERANCE = timedelta(minutes=5)
_COVERED = ("@method", "@path", "@query")
_DIGEST_HEADER = "Content-Digest"
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


@dataclass(slots=True, kw_only=True)
class Message:
    """A request as the signature sees it.

    Attributes:
        method: Upper-case method.
        url: Absolute address.
        headers: Headers by name.
    """

    method: str
    url: str
    headers: MutableMapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who signed a request, and when.

    Attributes:
        device: The station.
        created_s: Seconds since 1970 by its clock.
        nonce: The number used once.
    """

    device: DeviceId
    created_s: int
    nonce: str


def content_digest(digest: bytes) -> str:
    """Return the header value for a body's SHA-256."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def claimed_digest(headers: Mapping[str, str]) -> bytes | None:
    """Return the SHA-256 of the body as the request claims it; none when it claims none readable.

    With it a request is checked before its body is read; the caller compares the body with it.
    """
    found = _DIGEST.fullmatch(headers.get(_DIGEST_HEADER, ""))
    return None if found is None else base64.b64decode(found[1])


def sign_request(
    message: Message,
    *,
    device: DeviceId,
    sign: Callable[[bytes], bytes],
    body_digest: bytes | None,
    created: datetime,
    nonce: str,
) -> None:
    """Put a station's signature on a request.

    Args:
        message: The request; its headers are added to.
        device: The station.
        sign: Signs with the station's key: ECDSA P-256 with SHA-256, DER.
        body_digest: SHA-256 of the body, none without a body.
        created: Now, by the best estimate of the server's clock.
        nonce: A number used once.
    """
    covered = [*_COVERED]
    if body_digest is not None:
        message.headers[_DIGEST_HEADER] = content_digest(body_digest)
        covered.append(_DIGEST_HEADER.lower())
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ECDSA_P256_SHA256)
    prepared = signer.prepare(
        message,
        key_id=str(device),
        created=created,
        nonce=nonce,
        tag=TAG,
        covered_component_ids=covered,
    )
    signature = algorithms.ECDSA_P256_SHA256.signature_from_der(sign(prepared.signature_base))
    signer.apply(message, prepared, signature)


def check_request(
    message: Message,
    *,
    public_key_of: Callable[[DeviceId], str],
    body_digest: bytes | None,
    now: datetime,
) -> Asker:
    """Check a station's signature on a request; the caller checks that the nonce is new.

    Args:
        message: The request as it arrived.
        public_key_of: Returns a station's public key, hexadecimal; raises ``NotFound``.
        body_digest: SHA-256 of the body that arrived, none without a body.
        now: Our time.

    Raises:
        SignatureInvalid: no signature, one that does not fit, or a time too far from ours.
    """
    keys = _PublicKeys(public_key_of)
    verifier = _Verifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=keys)
    try:
        results = verifier.verify(message, expect_tag=TAG)
    except (HTTPMessageSignaturesException, NotFound, MalformedInput, ValueError) as error:
        raise SignatureInvalid("the request is not signed by an enrolled station") from error
    if len(results) != 1:
        raise SignatureInvalid("the request carries more than one signature")
    result = results[0]
    parameters: dict[str, Any] = dict(result.parameters)
    needed = {f'"{each}"' for each in _COVERED}
    if body_digest is not None:
        needed.add(f'"{_DIGEST_HEADER.lower()}"')
        if message.headers.get(_DIGEST_HEADER) != content_digest(body_digest):
            raise SignatureInvalid("the body is not the one that was signed")
    if not needed <= set(result.covered_components):
        raise SignatureInvalid("the signature does not cover method, path, query and body")
    created, nonce = parameters.get("created"), parameters.get("nonce")
    if not isinstance(created, int) or not isinstance(nonce, str) or not nonce:
        raise SignatureInvalid("the signature carries no time or no number used once")
    if abs(created - now.timestamp()) > TOLERANCE.total_seconds():
        raise SignatureInvalid("the request's time is more than five minutes from ours")
    return Asker(device=DeviceId(str(parameters["keyid"])), created_s=created, nonce=nonce)


def utc(seconds: int) -> datetime:
    """Return the moment that many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its own clock: times are compared with the caller's."""

    def validate_created_and_expires(self, *_arguments: object, **_named: object) -> None:
        """Leave times to ``check_request``."""


class _PublicKeys(HTTPSignatureKeyResolver):
    """Finds the public key a signature names."""

    def __init__(self, public_key_of: Callable[[DeviceId], str]) -> None:
        self._public_key_of = public_key_of

    def resolve_public_key(self, key_id: str) -> object:
        """Return the key of a station."""
        return parse_p256_public_key(self._public_key_of(DeviceId(key_id)))

    def resolve_private_key(self, key_id: str) -> object:
        """Refuse: signing goes through a function."""
        raise NotImplementedError(key_id)
