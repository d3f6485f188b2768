"""Whole logs for tests: made with real keys, tampered with in every way we claim to name."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from domain.ledger import canonical
from domain.ledger.chain import EMPTY_STREAM, StreamHead
from domain.ledger.checkpoint import Checkpoint
from domain.ledger.content_check import ContentSources
from domain.ledger.entry import BlobAddress, Entry, commitment, encode_entry, statement_of
from domain.ledger.export import StoredRecord
from domain.ledger.merkle import Tree, leaf_hash
from tests.domain.ledger.strategies import header_at

DEVICE = "0198c0de-0000-7000-8000-00000000000b"
SUBJECT = "0198c0de-0000-7000-8000-00000000000e"
ORIGIN = "vultus/0198c0de-0000-7000-8000-00000000000a"


def device_key(number: int) -> ec.EllipticCurvePrivateKey:
    """Return a fixed P-256 key."""
    return ec.derive_private_key(number + 1, ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return its public half as SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def check_p256(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether a device signature is valid."""
    key = load_der_public_key(public_key)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


class LogMaker:
    """Makes a log record by record, as the real one would be stored."""

    def __init__(self) -> None:
        """Start empty."""
        self.records: list[StoredRecord] = []
        self.disclosures: dict[int, bytes] = {}
        self.blobs: dict[bytes, bytes] = {}
        self._heads: dict[str, StreamHead] = {}

    def add(
        self,
        stream: str,
        *,
        name: str = "SessionOpened",
        payload: canonical.JsonInput = None,
        blobs: Sequence[bytes] = (),
        signed_by: ec.EllipticCurvePrivateKey | None = None,
        sequence: int | None = None,
        device: str = DEVICE,
        **header: Any,  # noqa: ANN401 - fields of a header
    ) -> int:
        """Add a record and return its seq."""
        seq = len(self.records)
        head = self._heads.get(stream, EMPTY_STREAM)
        salt, plain = sha256(b"salt %d" % seq).digest(), canonical.encode(payload)
        stored = [b"stored " + content for content in blobs]
        made = replace(
            header_at(seq, stream, head.version + 1),
            name=name,
            commitment=commitment(salt, plain),
            blobs=tuple(
                BlobAddress(
                    name=sha256(b"name " + content).digest(),
                    stored_digest=sha256(content).digest(),
                )
                for content in stored
            ),
            **header,
        )
        if sequence is not None:
            made = replace(
                made, device=device, device_sequence=sequence, device_time_us=1_000_000 + seq
            )
        signature = None
        if signed_by is not None:
            algorithm = ec.ECDSA(SHA256(), deterministic_signing=True)
            signature = signed_by.sign(statement_of(made), algorithm)
        ciphertext = sha256(b"ciphertext %d" % seq).digest() * 3
        entry = encode_entry(
            Entry(
                header=made,
                previous=head.leaf,
                content_digest=sha256(ciphertext).digest(),
                device_signature=signature,
            )
        )
        leaf = leaf_hash(entry)
        self.records.append(StoredRecord(entry, ciphertext, leaf))
        self._heads[stream] = StreamHead(version=made.version, leaf=leaf)
        self.disclosures[seq] = salt + plain
        self.blobs |= {
            address.name: content for address, content in zip(made.blobs, stored, strict=True)
        }
        return seq

    def enrol(self, key: ec.EllipticCurvePrivateKey, device: str = DEVICE) -> int:
        """Add the enrolment of a device."""
        return self.add(
            f"device-{device}",
            name="DeviceEnrolled",
            payload={"device": device, "public_key": public_bytes(key).hex()},
        )

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """Return the checkpoint over the first records, or all."""
        return checkpoint_of(self.records[:size])

    def sources(self, **changes: Any) -> ContentSources:  # noqa: ANN401 - fields of the sources
        """Return where the contents of this log come from."""
        sources = ContentSources(
            blob_digest=lambda name: (
                sha256(self.blobs[name]).digest() if name in self.blobs else None
            ),
            check_signature=check_p256,
            disclose=lambda entry, _: self.disclosures.get(entry.header.seq),
        )
        return replace(sources, **changes)


def checkpoint_of(records: Sequence[StoredRecord]) -> Checkpoint:
    """Return the checkpoint over records as they are stored."""
    tree = Tree()
    for record in records:
        tree.append(record.leaf or leaf_hash(record.entry))
    return Checkpoint(origin=ORIGIN, size=tree.size, root=tree.root())


def clinic_log() -> LogMaker:
    """Return a small log with two devices' worth of everything: twenty records."""
    log = LogMaker()
    key = device_key(1)
    log.enrol(key)
    log.add("model-release-1", name="ModelRegistered", blobs=[b"model"])
    for session in range(3):
        stream = f"capture-session-{session}"
        log.add(stream, key_id=f"subject:{SUBJECT}")
        for attempt in range(3):
            number = 1 + session * 3 + attempt
            log.add(
                stream,
                name="AttemptSubmitted",
                blobs=[b"frame %d" % number],
                signed_by=key,
                sequence=number,
                key_id=f"subject:{SUBJECT}",
            )
        log.add(f"assessment-{session}", name="ReportIssued", blobs=[b"report %d" % session])
    log.add("clinic-1", name="SoftwareDeployed")
    log.add("clinic-1", name="SoftwareDeployed")
    log.add("clinic-1", name="SoftwareDeployed")
    return log
