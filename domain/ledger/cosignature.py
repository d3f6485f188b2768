"""Cosignatures: what a witness adds to a checkpoint once it has seen that it continues the last.

Rules kept here:

1. A cosignature is a C2SP ``cosignature/v1`` with Ed25519: the time in seconds and the checkpoint's
   whole body are signed, under the witness's own name and a key of its own kind.
2. A line of an unknown witness says nothing and is passed over; a wrong one of a known witness
   spoils the note.
3. The request to a witness is that of C2SP ``tlog-witness``, ``add-checkpoint``; parsing is strict.

Source: C2SP specifications ``tlog-cosignature`` (Ed25519) and ``tlog-witness``.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger.checkpoint import (
    COSIGNATURE,
    CheckSignature,
    NoteSignature,
    Sign,
    SignedNote,
    VerifierKey,
    decode_base64,
    decode_decimal,
    encode_note,
    parse_note,
    parse_verifier_key,
)
from domain.ledger.encoding import DIGEST_SIZE, u64

PROOF_LINES_MAX: Final = 63
TIMESTAMP_MAX: Final = (1 << 63) - 1

_HEADER: Final = "cosignature/v1"
_OLD: Final = "old "
_TIMESTAMP_SIZE: Final = 8
_SIGNATURE_SIZE: Final = 64
_LAST_YEAR_S: Final = 253_402_300_799  # what a calendar can show: 9999-12-31T23:59:59Z
_REQUEST: Final = re.compile(rb"((?:[^\n]+\n)+)\n(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """A witness's word, checked.

    Attributes:
        witness: Whose word it is.
        timestamp: When it was given, in seconds since 1970-01-01T00:00:00Z.
    """

    witness: VerifierKey
    timestamp: int

    def __str__(self) -> str:
        return f"cosigned by {self.witness.name} at {time_text(self.timestamp)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """What a log sends to a witness.

    Attributes:
        old_size: The size that the witness cosigned last; 0 if it never did.
        proof: Consistency proof from there, its hashes.
        checkpoint: The signed checkpoint, byte for byte.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        """Refuse what no tree of 2⁶³ leaves can need.

        Raises:
            MalformedInput: the proof is too long or a hash has the wrong length.
        """
        if len(self.proof) > PROOF_LINES_MAX or any(len(e) != DIGEST_SIZE for e in self.proof):
            message = f"a consistency proof has at most {PROOF_LINES_MAX} hashes of 32 bytes"
            raise MalformedInput(message)


def parse_witness_key(text: str) -> VerifierKey:
    """Read a witness's verifier key from its text.

    Raises:
        MalformedInput: the text is not one, or is that of a log.
    """
    return parse_verifier_key(text, COSIGNATURE)


def cosigned_message(text: str, timestamp: int) -> bytes:
    """Return what a witness signs of a checkpoint's body.

    Raises:
        MalformedInput: the time is out of range.
    """
    if not 0 < timestamp <= TIMESTAMP_MAX:
        raise MalformedInput(f"a cosignature cannot be of the second {timestamp}")
    return f"{_HEADER}\ntime {timestamp}\n{text}".encode()


def cosign(text: str, timestamp: int, witness: VerifierKey, sign: Sign) -> NoteSignature:
    """Return a witness's signature line over a checkpoint's body.

    Raises:
        MalformedInput: the time is out of range, or the key is not a witness's.
    """
    if witness.kind != COSIGNATURE:
        raise MalformedInput("a log's own key cannot be a witness's")
    signature = sign(cosigned_message(text, timestamp))
    return NoteSignature(
        name=witness.name, key_id=witness.key_id, signature=u64(timestamp) + signature
    )


def cosignatures(
    note: SignedNote, witnesses: Iterable[VerifierKey], check_signature: CheckSignature
) -> tuple[Cosigned, ...]:
    """Return what these witnesses said under a note, in the order in which they are asked for.

    Raises:
        SignatureInvalid: a line of one of them is wrong.
    """
    return tuple(
        Cosigned(witness=witness, timestamp=_checked(note.text, line, witness, check_signature))
        for witness in witnesses
        for line in note.signatures
        if (line.name, line.key_id) == (witness.name, witness.key_id)
    )


def _checked(
    text: str, line: NoteSignature, witness: VerifierKey, check_signature: CheckSignature
) -> int:
    stamp, signature = line.signature[:_TIMESTAMP_SIZE], line.signature[_TIMESTAMP_SIZE:]
    timestamp = int.from_bytes(stamp, "big")
    if (
        len(signature) != _SIGNATURE_SIZE
        or not 0 < timestamp <= TIMESTAMP_MAX
        or not check_signature(witness.public_key, signature, cosigned_message(text, timestamp))
    ):
        raise SignatureInvalid(f"the cosignature of {witness.name} is not over this note")
    return timestamp


def encode_lines(lines: Iterable[NoteSignature]) -> bytes:
    """Write signature lines alone, as a witness answers."""
    return encode_note(SignedNote(text="", signatures=tuple(lines))).removeprefix(b"\n")


def parse_lines(data: bytes) -> tuple[NoteSignature, ...]:
    """Read signature lines as a witness answers.

    Raises:
        MalformedInput: the bytes are not signature lines.
    """
    return parse_note(b"\n\n" + data).signatures


def encode_request(request: AddCheckpoint) -> bytes:
    """Write the body of a request to a witness."""
    lines = (f"{_OLD}{request.old_size}", *(b64encode(node).decode() for node in request.proof))
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + request.checkpoint


def parse_request(data: bytes) -> AddCheckpoint:
    """Read the body of a request to a witness; nothing is proven by that.

    Raises:
        MalformedInput: the bytes are not such a request.
    """
    match = _REQUEST.fullmatch(data)
    if match is None:
        raise MalformedInput("a request has lines, an empty line and a checkpoint")
    try:
        old, *proof = match[1].decode("ascii").split("\n")[:-1]
    except UnicodeDecodeError as error:
        raise MalformedInput("a request's proof is not ASCII") from error
    if not old.startswith(_OLD):
        raise MalformedInput("a request begins with the old size")
    return AddCheckpoint(
        old_size=decode_decimal(old.removeprefix(_OLD)),
        proof=tuple(decode_base64(line) for line in proof),
        checkpoint=match[2],
    )


def time_text(timestamp: int) -> str:
    """Return a time in seconds as people read it: RFC 3339 in UTC."""
    if timestamp > _LAST_YEAR_S:
        return f"second {timestamp}"
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
