"""Signature checks: yes, or no, and never an error that is passed over."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.domain.ledger.vectors import load
from validation.audit.signatures import check_ed25519, check_p256, is_p256_key

VECTORS = load("wycheproof")
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(32))


def der(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    """Return a public key as SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("case", VECTORS["ed25519"], ids=lambda case: f"tcId-{case['tc_id']}")
def test_ed25519_gives_the_published_verdict(case: dict[str, Any]) -> None:
    key, signature, message = (
        bytes.fromhex(case[name]) for name in ("key", "signature", "message")
    )
    assert check_ed25519(key, signature, message) is case["valid"]


@pytest.mark.parametrize(
    "case", VECTORS["ecdsa_p256_sha256"], ids=lambda case: f"tcId-{case['tc_id']}"
)
def test_p256_gives_the_published_verdict(case: dict[str, Any]) -> None:
    key, signature, message = (
        bytes.fromhex(case[name]) for name in ("key", "signature", "message")
    )
    assert check_p256(key, signature, message) is case["valid"]


def test_a_key_that_cannot_be_used_checks_nothing() -> None:
    assert not check_ed25519(b"short", SECRET.sign(b"m"), b"m")
    assert not check_p256(b"no key", b"", b"m")
    assert not is_p256_key(b"no key")


def test_keys_of_other_kinds_and_curves_are_not_p256_keys() -> None:
    other = ec.derive_private_key(7, ec.SECP384R1())
    signature = other.sign(b"m", ec.ECDSA(SHA256()))
    assert not check_p256(der(other.public_key()), signature, b"m")
    assert not is_p256_key(der(other.public_key()))
    assert not is_p256_key(der(rsa.generate_private_key(65537, 2048).public_key()))
    assert is_p256_key(der(ec.derive_private_key(7, ec.SECP256R1()).public_key()))
