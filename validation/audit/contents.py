"""Check device signatures, contents and links of a bundle.

Rules kept here:

1. A device's key counts only if a disclosed enrolment before the signed record proves it.
2. A content belongs to a bundle only if a disclosed payload names it.
3. Links are derived again from the payloads; the index has to agree with them.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, items 8 and 9.
"""

from domain.errors import MalformedInput
from domain.ledger import bundle
from domain.ledger.bundle_index import links_of
from domain.ledger.content_check import DEVICE_ENROLLED, enrolled_key
from domain.ledger.encoding import digest_text
from domain.ledger.entry import Entry, statement_of
from domain.ledger.links import texts
from validation.audit.opened_bundle import OpenedBundle
from validation.audit.outcome import Step
from validation.audit.signatures import check_p256, is_p256_key


def check_devices(read: OpenedBundle, step: Step) -> None:
    """Check every device signature, in the order of the log."""
    keys: dict[str, bytes] = {}
    sequences: dict[str, int] = {}
    checked = 0
    for entry in read.entries.values():
        header = entry.header
        if entry.device_signature is not None:
            device, sequence = str(header.device), header.device_sequence or 0
            if sequence <= sequences.get(device, -1):
                step.fail(f"record {header.seq} does not raise the sequence of device {device}")
            sequences[device] = sequence
            checked += _check_signature(entry, keys.get(device), entry.device_signature, step)
        if header.name == DEVICE_ENROLLED and header.seq in read.disclosures:
            _enrol(entry, read.disclosures[header.seq], keys, step)
    step.note(f"{checked} signatures of {len(keys)} enrolled devices")


def _check_signature(entry: Entry, key: bytes | None, signature: bytes, step: Step) -> bool:
    header = entry.header
    if key is None:
        step.fail(
            f"record {header.seq} is signed by device {header.device}, which no disclosed record "
            "before it enrols"
        )
        return False
    if not check_p256(key, signature, statement_of(header)):
        step.fail(
            f"record {header.seq} ({header.name}) carries a signature that device "
            f"{header.device} did not make over it"
        )
        return False
    return True


def _enrol(entry: Entry, disclosure: bytes, keys: dict[str, bytes], step: Step) -> None:
    try:
        device, key = enrolled_key(entry, disclosure)
    except MalformedInput as error:
        step.fail(f"record {entry.header.seq} enrols a device, but {error}")
        return
    if not is_p256_key(key):
        step.fail(f"record {entry.header.seq} enrols {device} with what is no P-256 key")
    keys[device] = key


def check_contents(read: OpenedBundle, step: Step) -> None:
    """Check every content by digest, and the index's links by what the payloads say."""
    named = {text for payload in read.payloads.values() for _, text in texts(payload)}
    for blob in read.manifest.blobs:
        digest, path = digest_text(blob.digest), bundle.blob_path(blob.digest)
        try:
            if read.archive.digest(path) != blob.digest:
                step.fail(f"the content {digest} has been changed")
            elif read.archive.size(path) != blob.size_bytes:
                step.fail(f"the content {digest} has not the size that the index says")
        except MalformedInput as error:
            step.fail(f"the content {digest}: {error}")
        if digest not in named:
            step.fail(f"no disclosed record names the content {digest}")
    derived = links_of(read.entries, read.payloads, read.manifest.blobs)
    for link in sorted(set(read.manifest.links) - set(derived)):
        step.fail(f"the index claims that record {link.seq} refers to {link.to} in {link.field}")
    for link in sorted(set(derived) - set(read.manifest.links)):
        step.fail(f"the index leaves out that record {link.seq} refers to {link.to}")
    step.note(f"{len(read.manifest.blobs)} contents, {len(derived)} links")
