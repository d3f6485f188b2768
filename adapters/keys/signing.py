"""Private keys that sign, and the checking of what they signed.

Rules kept here:

1. A signer is a port: it signs and tells its public half, and never gives out the private one. A
   secure element or a PKCS#11 token can stand behind it; here the key lies in a file, wrapped
   under the master key.
2. Every signer tells where its key lives, so that the record can tell hardware from a file.
3. A check returns nothing or raises; only the form that checkpoints ask for returns a truth value.
4. One public key has one text: any other encoding of it is refused.

Devices sign with ECDSA P-256 and SHA-256: SubjectPublicKeyInfo and signatures in DER. Nonces are
deterministic here, so no signature depends on the quality of randomness. The log and the release
sign with Ed25519: 32 bytes of public key, 64 of signature.

Source: FIPS 186-5; RFC 6979; RFC 5480; RFC 8032.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from adapters.keys.durable_file import create_private, disk_errors, make_folder, read_private
from adapters.keys.master_key import MasterKey
from adapters.keys.wrapping import KEY_SIZE, unwrap_record, wrap_record
from domain.errors import MalformedInput, NotFound, RuleViolation, SignatureInvalid

_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_SIGN_ECDSA: Final = ec.ECDSA(SHA256(), deterministic_signing=True)
_CHECK_ECDSA: Final = ec.ECDSA(SHA256())


class Signer(Protocol):
    """Holds a private key and signs with it; the key itself is never given out."""

    @property
    def location(self) -> str:
        """Where the private key lives, for the record; no secret."""
        ...

    def public_key(self) -> bytes:
        """Return the public key: P-256 as SubjectPublicKeyInfo in DER, Ed25519 as 32 bytes."""
        ...

    def sign(self, content: bytes) -> bytes:
        """Return the signature over the content: P-256 in DER, Ed25519 as 64 bytes."""
        ...


class P256Signer:
    """Signs with ECDSA P-256 and SHA-256."""

    __slots__ = ("_location", "_private")

    def __init__(self, private: ec.EllipticCurvePrivateKey, *, location: str) -> None:
        """Take a private key and say where it lives."""
        if not isinstance(private.curve, ec.SECP256R1):
            raise MalformedInput("a device key is on the curve P-256")
        self._private = private
        self._location = location

    @classmethod
    def generate(cls) -> Self:
        """Return a new key that ends with this process."""
        return cls(ec.generate_private_key(ec.SECP256R1()), location="memory")

    @classmethod
    def create(cls, path: Path, *, name: str, master: MasterKey) -> Self:
        """Make a new key in a file; durable once this returns.

        Raises:
            RuleViolation: there is a file already; a signing key is never replaced.
            Unavailable: the disk is full or read-only.
        """
        private = ec.generate_private_key(ec.SECP256R1())
        scalar = private.private_numbers().private_value.to_bytes(KEY_SIZE, "big")
        _write(path, scalar, name=_record_name("p256", name), master=master)
        return cls(private, location=_location(master))

    @classmethod
    def load(cls, path: Path, *, name: str, master: MasterKey) -> Self:
        """Return the key from its file.

        Raises:
            NotFound: there is no such file.
            RuleViolation: others may read the file, or another master key wrapped it.
            DigestMismatch: the file was changed, or holds a key of another name or kind.
        """
        scalar = _read(path, name=_record_name("p256", name), master=master)
        private = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
        return cls(private, location=_location(master))

    @property
    def location(self) -> str:
        """Where the private key lives."""
        return self._location

    def public_key(self) -> bytes:
        """Return the public key as SubjectPublicKeyInfo in DER."""
        return _encode_p256(self._private.public_key())

    def sign(self, content: bytes) -> bytes:
        """Return the signature in DER; the same content always gives the same bytes."""
        return self._private.sign(content, _SIGN_ECDSA)


class Ed25519Signer:
    """Signs with Ed25519."""

    __slots__ = ("_location", "_private")

    def __init__(self, private: Ed25519PrivateKey, *, location: str) -> None:
        """Take a private key and say where it lives."""
        self._private = private
        self._location = location

    @classmethod
    def generate(cls) -> Self:
        """Return a new key that ends with this process."""
        return cls(Ed25519PrivateKey.generate(), location="memory")

    @classmethod
    def create(cls, path: Path, *, name: str, master: MasterKey) -> Self:
        """Make a new key in a file; durable once this returns.

        Raises:
            RuleViolation: there is a file already; a signing key is never replaced.
            Unavailable: the disk is full or read-only.
        """
        private = Ed25519PrivateKey.generate()
        seed = private.private_bytes_raw()
        _write(path, seed, name=_record_name("ed25519", name), master=master)
        return cls(private, location=_location(master))

    @classmethod
    def load(cls, path: Path, *, name: str, master: MasterKey) -> Self:
        """Return the key from its file.

        Raises:
            NotFound: there is no such file.
            RuleViolation: others may read the file, or another master key wrapped it.
            DigestMismatch: the file was changed, or holds a key of another name or kind.
        """
        seed = _read(path, name=_record_name("ed25519", name), master=master)
        return cls(Ed25519PrivateKey.from_private_bytes(seed), location=_location(master))

    @property
    def location(self) -> str:
        """Where the private key lives."""
        return self._location

    def public_key(self) -> bytes:
        """Return the public key, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    def sign(self, content: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self._private.sign(content)


def verify_p256(public_key: str, signature: bytes, content: bytes) -> None:
    """Check an ECDSA P-256 signature in DER under a public key in its text form.

    Raises:
        SignatureInvalid: the signature is not of this key and content.
        MalformedInput: the public key is not one.
    """
    try:
        parse_p256_public_key(public_key).verify(signature, content, _CHECK_ECDSA)
    except InvalidSignature as error:
        raise SignatureInvalid("the P-256 signature is not of this key and content") from error


def verify_ed25519(public_key: bytes, signature: bytes, content: bytes) -> None:
    """Check an Ed25519 signature.

    Raises:
        SignatureInvalid: the signature is not of this key and content.
        MalformedInput: the public key is not one.
    """
    try:
        parsed = Ed25519PublicKey.from_public_bytes(public_key)
    except ValueError as error:
        raise MalformedInput("an Ed25519 public key has 32 bytes") from error
    try:
        parsed.verify(signature, content)
    except InvalidSignature as error:
        raise SignatureInvalid("the Ed25519 signature is not of this key and content") from error


def is_ed25519_signature(public_key: bytes, signature: bytes, content: bytes) -> bool:
    """Tell whether an Ed25519 signature is of this key and content."""
    try:
        verify_ed25519(public_key, signature, content)
    except SignatureInvalid:
        return False
    return True


@lru_cache(maxsize=256)
def parse_p256_public_key(text: str) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key from SubjectPublicKeyInfo in DER, lower-case hexadecimal.

    Raises:
        MalformedInput: the text is not one, or not the one encoding of its key.
    """
    try:
        key = load_der_public_key(bytes.fromhex(text))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedInput("the text is not a public key in DER, hexadecimal") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise MalformedInput("the public key is not on the curve P-256")
    if _encode_p256(key).hex() != text:
        raise MalformedInput("the public key is not in its one encoding")
    return key


def _encode_p256(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _record_name(kind: str, name: str) -> str:
    """Return what a key file says it holds, so that it can stand for no other key."""
    if not _NAME.fullmatch(name):
        raise MalformedInput("a signing key's name is a lower-case word such as log")
    return f"signing-key:{kind}:{name}"


def _location(master: MasterKey) -> str:
    return f"file, wrapped by {master.identity}"


def _write(path: Path, private: bytes, *, name: str, master: MasterKey) -> None:
    record = wrap_record(private, name=name, by=master)
    with disk_errors("writing a signing key"):
        make_folder(path.parent)
        created = create_private(path, record)
    if not created:
        raise RuleViolation(
            "keys.exists",
            f"{path} is there already",
            "Load it; what it signed would belong to no key otherwise.",
        )


def _read(path: Path, *, name: str, master: MasterKey) -> bytes:
    with disk_errors("reading a signing key"):
        record = read_private(path)
    if record is None:
        raise NotFound(f"there is no signing key at {path}")
    return unwrap_record(record, name=name, by={master.identity: master})
