"""The exported log: every record as stored, in one file, with what is needed to check it.

Rules kept here:

1. Records stand in the order of their seq, each as stored: leaf hash, entry, ciphertext.
2. The leaf hash is what the log believed the record to be. If the hashes lead to a checkpoint's
   root, they are the recorded ones, and a changed record is named by its own place.
3. An export is a folder of named files; this module knows names and frames, not folders.

Source: ``SPECIFICATION.md``, section 7.
"""

import struct
from typing import Final, NamedTuple

from domain.ledger.encoding import DIGEST_SIZE

EXPORT_TAG: Final = b"vultus/log-export/v1\n"
RECORDS_PATH: Final = "records.vultus-log"
LOG_KEY_PATH: Final = "log-key.txt"
SUCCESSIONS_FOLDER: Final = "log-keys"
CHECKPOINTS_FOLDER: Final = "checkpoints"
BLOBS_FOLDER: Final = "blobs"
DISCLOSURES_FOLDER: Final = "disclosures"

ENTRY_BYTES_MAX: Final = 1 << 20
CIPHERTEXT_BYTES_MAX: Final = 1 << 28

FRAME_HEAD: Final = struct.Struct(f">{DIGEST_SIZE}sII")
"""Leaf hash, length of the entry, length of the ciphertext."""


class StoredRecord(NamedTuple):
    """One record as stored.

    Attributes:
        entry: The entry's bytes.
        ciphertext: The encrypted content.
        leaf: The leaf hash stored beside them, if the store keeps one.
    """

    entry: bytes
    ciphertext: bytes
    leaf: bytes | None


def encode_frame(leaf: bytes, entry: bytes, ciphertext: bytes) -> bytes:
    """Write one record; the file is ``EXPORT_TAG`` and then one frame after the other."""
    return FRAME_HEAD.pack(leaf, len(entry), len(ciphertext)) + entry + ciphertext


def checkpoint_path(size: int) -> str:
    """Return where the checkpoint of a size lies."""
    return f"{CHECKPOINTS_FOLDER}/{size}.txt"


def succession_path(number: int) -> str:
    """Return where the statement lies by which the log got this key; the first one had none."""
    return f"{SUCCESSIONS_FOLDER}/{number}.txt"


def stored_blob_path(name: bytes) -> str:
    """Return where a stored, encrypted blob lies."""
    return f"{BLOBS_FOLDER}/{name.hex()}"


def disclosure_path(seq: int) -> str:
    """Return where salt and payload of a disclosed record lie, one after the other."""
    return f"{DISCLOSURES_FOLDER}/{seq}.payload"
