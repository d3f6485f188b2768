"""The signature and encryption functions we rely on, against Project Wycheproof."""

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.domain.ledger.vectors import load

VECTORS = load("wycheproof")
Case = dict[str, Any]


def named(case: Case) -> str:
    """Name a case as its source does."""
    return f"tcId-{case['tc_id']}"


@pytest.mark.parametrize("case", VECTORS["ed25519"], ids=named)
def test_ed25519_gives_the_published_verdict(case: Case) -> None:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["key"]))
    signature, message = bytes.fromhex(case["signature"]), bytes.fromhex(case["message"])
    if case["valid"]:
        key.verify(signature, message)
    else:
        with pytest.raises(InvalidSignature):
            key.verify(signature, message)


@pytest.mark.parametrize("case", VECTORS["ecdsa_p256_sha256"], ids=named)
def test_ecdsa_p256_gives_the_published_verdict(case: Case) -> None:
    key = load_der_public_key(bytes.fromhex(case["key"]))
    assert isinstance(key, EllipticCurvePublicKey)
    signature, message = bytes.fromhex(case["signature"]), bytes.fromhex(case["message"])
    if case["valid"]:
        key.verify(signature, message, ECDSA(SHA256()))
    else:
        with pytest.raises(InvalidSignature):
            key.verify(signature, message, ECDSA(SHA256()))


@pytest.mark.parametrize("case", VECTORS["aes_256_gcm"], ids=named)
def test_aes_256_gcm_gives_the_published_verdict(case: Case) -> None:
    cipher = AESGCM(bytes.fromhex(case["key"]))
    nonce, sealed = bytes.fromhex(case["nonce"]), bytes.fromhex(case["sealed"])
    associated, plaintext = bytes.fromhex(case["associated"]), bytes.fromhex(case["plaintext"])
    if case["valid"]:
        assert cipher.decrypt(nonce, sealed, associated) == plaintext
        assert cipher.encrypt(nonce, plaintext, associated) == sealed
    else:
        with pytest.raises(InvalidTag):
            cipher.decrypt(nonce, sealed, associated)
