"""The two kinds of signature an auditor meets, checked with ``cryptography``.

Rules kept here:

1. A key that cannot be used checks nothing: the answer is no, never an error that is passed over.
2. Only the curves of the specification: Ed25519 for the log, P-256 for devices.

Source: ``domain/ledger/SPECIFICATION.md``, sections 3 and 4.
"""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

_P256_SIGNATURE = ECDSA(SHA256())


def check_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 signature is valid under a raw public key of 32 bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_p256(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an ECDSA signature is valid under a P-256 key in SubjectPublicKeyInfo."""
    key = _load_p256(public_key)
    if key is None:
        return False
    try:
        key.verify(signature, message, _P256_SIGNATURE)
    except InvalidSignature:
        return False
    return True


def is_p256_key(public_key: bytes) -> bool:
    """Say whether the bytes are a P-256 public key in SubjectPublicKeyInfo."""
    return _load_p256(public_key) is not None


@lru_cache(maxsize=256)
def _load_p256(public_key: bytes) -> EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        return None
    return key
