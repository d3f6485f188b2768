"""Check what entries say about blobs, devices and erasure, record by record.

Rules kept here:

1. Reading stored blobs, checking signatures and opening plaintexts is passed in; what is not
   passed in is not checked and not counted as checked.
2. A device signature counts only under the key of the device's last enrolment before it, and an
   enrolment only if its payload is what the entry commits to.
3. A blob may be absent only if its key was destroyed, which the log itself must say, even if only
   later. So absences are judged at the end.
4. Signatures and contents can be checked in one go or apart, by different processes.

Source: ``SPECIFICATION.md``, sections 3 to 5.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.bundle import split_disclosure
from domain.ledger.checkpoint import CheckSignature
from domain.ledger.entry import Entry, commitment, decode_entry, statement_of
from domain.ledger.problem import ProblemKind, Problems
from domain.ledger.skim import Signed, is_laid_out, places_to_look_at, skim, skim_signed

DEVICE_ENROLLED: Final = "DeviceEnrolled"
SUBJECT_KEY_DESTROYED: Final = "SubjectKeyDestroyed"
SUBJECT_STREAM: Final = "subject-"
SUBJECT_KEY: Final = "subject:"
DEVICE_STREAM: Final = "device-"

_DEVICE_STREAM: Final = DEVICE_STREAM.encode()
_DEVICE_ENROLLED: Final = DEVICE_ENROLLED.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBlob:
    """A blob as a record names it.

    Attributes:
        seq: The record.
        event: The record's event.
        name: Name of the stored file, 32 bytes.
        stored_digest: SHA-256 that the stored file must have.
        key_id: The data key it is encrypted under.
    """

    seq: int
    event: str
    name: bytes
    stored_digest: bytes
    key_id: str


@dataclass(slots=True, kw_only=True)
class ContentFindings:
    """What was checked and found over a run of records.

    Attributes:
        signatures: Device signatures checked.
        blobs: Blob references checked.
        erased: Keys that the log says are destroyed.
        erased_before: The same of records that were not looked at again.
        named: Blobs that a record depends on and that nobody looked at yet.
        absent: Blobs that were not there, which only an erasure can excuse.
        first_sequences: For each device its first device sequence, and the record's seq.
        last_sequences: For each device its last device sequence.
        problems: What was found wrong.
    """

    signatures: int = 0
    blobs: int = 0
    erased: set[str] = field(default_factory=set)
    erased_before: set[str] = field(default_factory=set)
    named: list[NamedBlob] = field(default_factory=list)
    absent: list[NamedBlob] = field(default_factory=list)
    first_sequences: dict[str, tuple[int, int]] = field(default_factory=dict)
    last_sequences: dict[str, int] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)

    def join(self, later: "ContentFindings") -> None:
        """Take in the findings over the records that follow these."""
        for device, (sequence, seq) in later.first_sequences.items():
            self._check_rising(device, sequence, seq)
            self.first_sequences.setdefault(device, (sequence, seq))
        self.signatures += later.signatures
        self.blobs += later.blobs
        self.erased |= later.erased
        self.named += later.named
        self.absent += later.absent
        self.last_sequences |= later.last_sequences
        self.problems.take(later.problems)

    def take_sequence(self, device: str, sequence: int, seq: int) -> None:
        """Note the next device sequence of a device, which has to be higher than the last."""
        self._check_rising(device, sequence, seq)
        self.first_sequences.setdefault(device, (sequence, seq))
        self.last_sequences[device] = sequence

    def _check_rising(self, device: str, sequence: int, seq: int) -> None:
        last = self.last_sequences.get(device)
        if last is not None and sequence <= last:
            self.problems.add(
                ProblemKind.DEVICE_SEQUENCE,
                seq,
                f"record {seq} has device sequence {sequence} of device {device}, "
                f"which had reached {last} before",
            )

    def take_blob(self, blob: NamedBlob, digest: bytes | None) -> None:
        """Compare the stored file's SHA-256 with the recorded one; None where there is no file."""
        self.blobs += 1
        if digest is None:
            self.absent.append(blob)
        elif digest != blob.stored_digest:
            self.problems.add(
                ProblemKind.BLOB_CHANGED,
                blob.seq,
                f"record {blob.seq} ({blob.event}) depends on the blob {blob.name.hex()}, "
                "whose stored bytes are not the recorded ones",
            )

    def settle(self) -> None:
        """Hold against the log every absent blob that no erasure in it excuses."""
        for blob in self.absent:
            if blob.key_id not in self.erased | self.erased_before:
                self.problems.add(
                    ProblemKind.BLOB_MISSING,
                    blob.seq,
                    f"record {blob.seq} ({blob.event}) depends on the blob {blob.name.hex()}, "
                    "which is missing, and its key was not destroyed",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSources:
    """Where contents come from; None means that they are not checked.

    Attributes:
        blob_digest: SHA-256 of the stored file of that name, or None if there is no such file.
        name_blobs: Whether blobs are only to be named, for somebody else to look at.
        check_signature: Checks a P-256 signature under a SubjectPublicKeyInfo.
        disclose: Salt and payload of a ``DeviceEnrolled`` record, or None if they cannot be had.
    """

    blob_digest: Callable[[bytes], bytes | None] | None = None
    name_blobs: bool = False
    check_signature: CheckSignature | None = None
    disclose: Callable[[Entry, bytes], bytes | None] | None = None


class ContentChecker:
    """Checks the contents that entries name, in the order of the log."""

    __slots__ = ("_keys", "_sources", "findings")

    def __init__(self, sources: ContentSources, device_keys: Mapping[str, bytes]) -> None:
        """Start with the keys of devices that enrolled before the first record."""
        self._sources = sources
        self._keys = dict(device_keys)
        self.findings = ContentFindings()

    def take(self, entry: Entry, ciphertext: bytes) -> None:
        """Check the next record."""
        self.take_contents(entry)
        signature = entry.device_signature
        if signature is not None:
            header = entry.header
            statement = statement_of(header)
            device, sequence = str(header.device), header.device_sequence or 0
            self._check_device(
                Signed(header.seq, header.name, device, sequence, statement, signature)
            )
        if entry.header.name == DEVICE_ENROLLED:
            self._enrol(entry, ciphertext)

    def take_bytes(self, data: bytes, ciphertext: bytes) -> None:
        """Check the next record, given as its bytes; what no chain can read is named by that."""
        try:
            entry = decode_entry(data)
        except MalformedInput as error:
            if is_laid_out(data):
                self.unreadable(data, 0, error)
        else:
            self.take(entry, ciphertext)

    def take_contents(self, entry: Entry) -> None:
        """Check what the next record says about blobs and erasure, and no signature."""
        header = entry.header
        if header.name == SUBJECT_KEY_DESTROYED and header.stream.startswith(SUBJECT_STREAM):
            self.findings.erased.add(SUBJECT_KEY + header.stream.removeprefix(SUBJECT_STREAM))
        for blob in header.blobs:
            named = NamedBlob(
                seq=header.seq,
                event=header.name,
                name=blob.name,
                stored_digest=blob.stored_digest,
                key_id=header.key_id,
            )
            if self._sources.blob_digest:
                self.findings.take_blob(named, self._sources.blob_digest(blob.name))
            elif self._sources.name_blobs:
                self.findings.named.append(named)

    def take_signatures(self, page: Sequence[tuple[int, bytes]]) -> None:
        """Check the signatures of the next records, given as place and entry, and no contents.

        Only a record that a device signed, or that may enrol one, costs more than a glance.
        """
        for at in places_to_look_at([entry for _, entry in page], _DEVICE_STREAM):
            place, data = page[at]
            try:
                signed = skim_signed(data)
                enrolment = decode_entry(data) if data.find(_DEVICE_ENROLLED) >= 0 else None
            except MalformedInput as error:
                self.unreadable(data, place, error)
                continue
            if signed is not None:
                self._check_device(signed)
            if enrolment is not None and enrolment.header.name == DEVICE_ENROLLED:
                self._enrol(enrolment, b"")

    def unreadable(self, data: bytes, place: int, error: MalformedInput) -> None:
        """Name an entry that is none by its seq, or by its place where it states none."""
        try:
            seq = skim(data).seq
        except MalformedInput as worse:
            text = f"the entry in the place of record {place} is unreadable: {worse}"
            self.findings.problems.add(ProblemKind.UNREADABLE, place, text)
        else:
            text = f"the entry of record {seq} is unreadable: {error}"
            self.findings.problems.add(ProblemKind.UNREADABLE, seq, text)

    def _check_device(self, signed: Signed) -> None:
        self.findings.take_sequence(signed.device, signed.device_sequence, signed.seq)
        if self._sources.check_signature is None:
            return
        key = self._keys.get(signed.device)
        if key is None:
            self.findings.problems.add(
                ProblemKind.DEVICE_UNKNOWN,
                signed.seq,
                f"record {signed.seq} is signed by device {signed.device}, of which no key is "
                "known",
            )
            return
        self.findings.signatures += 1
        if not self._sources.check_signature(key, signed.signature, signed.statement):
            self.findings.problems.add(
                ProblemKind.SIGNATURE_WRONG,
                signed.seq,
                f"record {signed.seq} ({signed.name}) carries a signature that device "
                f"{signed.device} did not make over it",
            )

    def _enrol(self, entry: Entry, ciphertext: bytes) -> None:
        disclosure = self._sources.disclose(entry, ciphertext) if self._sources.disclose else None
        if disclosure is None:
            return
        try:
            device, key = enrolled_key(entry, disclosure)
        except MalformedInput as error:
            self.findings.problems.add(
                ProblemKind.DISCLOSURE_WRONG,
                entry.header.seq,
                f"record {entry.header.seq} enrols a device, but {error}",
            )
        else:
            self._keys[device] = key


def enrolled_key(entry: Entry, disclosure: bytes) -> tuple[str, bytes]:
    """Return device and public key from the disclosed payload of a ``DeviceEnrolled`` record.

    Raises:
        MalformedInput: the entry does not commit to it, or it does not enrol this device.
    """
    salt, payload = split_disclosure(disclosure)
    if commitment(salt, payload) != entry.header.commitment:
        raise MalformedInput("what is disclosed of it is not what the entry commits to")
    fields = canonical.parse(payload)
    device = fields.get("device") if isinstance(fields, dict) else None
    key = fields.get("public_key") if isinstance(fields, dict) else None
    if not isinstance(device, str) or entry.header.stream != DEVICE_STREAM + device:
        raise MalformedInput("its payload names another device than its stream")
    try:
        return device, bytes.fromhex(key if isinstance(key, str) else "-")
    except ValueError as error:
        raise MalformedInput("its payload holds no public key") from error
