"""Checkpoints: the signed size and root of the tree, as text that other tools can read.

Rules kept here:

1. The body is a C2SP tlog-checkpoint: origin, size, root. Extension lines are read and never
   written.
2. The envelope is a C2SP signed note with Ed25519 signatures. The key name is the origin.
3. Which keys of a log may sign at which size is the matter of ``log_keys``; what a witness adds,
   of ``cosignature``.
4. Parsing is strict: text that ``encode`` would not write again byte for byte is refused.
5. This module knows formats, not curves: making and checking a signature is passed in.

Source: C2SP specifications ``signed-note`` v1.0.0 and ``tlog-checkpoint`` v1.0.0.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger.encoding import DIGEST_SIZE, U64_MAX

CheckSignature: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""Says whether, under a public key, a signature is valid for a message; in this order."""

Sign: TypeAlias = Callable[[bytes], bytes]
"""Returns the signature over a message."""

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
PUBLIC_KEY_SIZE: Final = 32
SIGNATURES_MAX: Final = 64
NOTE_BYTES_MAX: Final = 1 << 20

_KEY_ID_SIZE: Final = 4
_BODY_LINES: Final = 3
_SIGNATURE_LINE: Final = re.compile(r"— (\S+) (\S+)")
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,19}")
_KEY_NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log says about itself at one moment.

    Attributes:
        origin: Which log says it: ``vultus/<clinic id>``.
        size: Number of leaves.
        root: Root hash over them, 32 bytes.
        extensions: Further lines of the body, unknown to us and covered by the signature.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what has no line of its own.

        Raises:
            MalformedInput: a line is empty or broken, or a number is out of range.
        """
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line or _CONTROL.search(line):
                raise MalformedInput("a checkpoint line is empty or holds a control character")
        if not 0 <= self.size <= U64_MAX:
            raise MalformedInput(f"a checkpoint cannot state a size of {self.size}")
        if len(self.root) != DIGEST_SIZE:
            raise MalformedInput(f"a checkpoint's root has {DIGEST_SIZE} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """The public half of an Ed25519 key, under its holder's name.

    Attributes:
        name: Key name; for a log, its origin.
        public_key: The 32 bytes of RFC 8032.
        kind: C2SP signature type: what a log signs (0x01), or what a witness does (0x04).
    """

    name: str
    public_key: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        """Refuse a name that a signature line could not carry.

        Raises:
            MalformedInput: the name or the key is malformed.
        """
        if not _KEY_NAME.fullmatch(self.name):
            raise MalformedInput("a key name is empty or holds a space or plus sign")
        if len(self.public_key) != PUBLIC_KEY_SIZE:
            raise MalformedInput(f"an Ed25519 public key has {PUBLIC_KEY_SIZE} bytes")

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signature lines refer to this key."""
        named = b"%b\n%c%b" % (self.name.encode(), self.kind, self.public_key)
        return sha256(named).digest()[:_KEY_ID_SIZE]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line of a note, of any signature type.

    Attributes:
        name: Name of the key that signed.
        key_id: The four bytes that tell it from others of that name.
        signature: The signature itself.
    """

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNote:
    """A text and the signatures under it.

    Attributes:
        text: What is signed; ends in a newline.
        signatures: In the order of their lines.
    """

    text: str
    signatures: tuple[NoteSignature, ...]


def encode_verifier_key(key: VerifierKey) -> str:
    """Write a verifier key as the one-line text that people exchange."""
    material = b64encode(bytes([key.kind]) + key.public_key).decode()
    return f"{key.name}+{key.key_id.hex()}+{material}"


def parse_verifier_key(text: str, kind: int = ED25519) -> VerifierKey:
    """Read a verifier key of a kind from its text.

    Raises:
        MalformedInput: the text is not one, it is of another kind, or its key id is wrong.
    """
    name, _, rest = text.partition("+")
    _, _, material = rest.partition("+")
    decoded = decode_base64(material)
    if decoded[:1] != bytes([kind]):
        wanted = "a log's Ed25519 key" if kind == ED25519 else "a witness's Ed25519 key"
        raise MalformedInput(f"the verifier key is not {wanted} (type 0x{kind:02x})")
    key = VerifierKey(name=name, public_key=decoded[1:], kind=kind)
    if encode_verifier_key(key) != text:
        raise MalformedInput("the verifier key does not carry its own key id")
    return key


def encode_body(checkpoint: Checkpoint) -> str:
    """Write the text that is signed."""
    root = b64encode(checkpoint.root).decode()
    lines = (checkpoint.origin, str(checkpoint.size), root, *checkpoint.extensions)
    return "\n".join(lines) + "\n"


def parse_body(text: str) -> Checkpoint:
    """Read a checkpoint from the text that is signed.

    Raises:
        MalformedInput: the text is not a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) <= _BODY_LINES or lines.pop():
        raise MalformedInput("a checkpoint has at least three lines, each ended by a newline")
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin=origin,
        size=decode_decimal(size),
        root=decode_base64(root),
        extensions=tuple(extensions),
    )


def encode_note(note: SignedNote) -> bytes:
    """Write a signed note."""
    lines = (
        f"— {line.name} {b64encode(line.key_id + line.signature).decode()}\n"
        for line in note.signatures
    )
    return f"{note.text}\n{''.join(lines)}".encode()


def parse_note(data: bytes) -> SignedNote:
    """Read a signed note; no signature is checked.

    Raises:
        MalformedInput: the bytes are not a signed note, or an unreasonably large one.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise MalformedInput("the signed note is unreasonably large")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedInput("the signed note is not UTF-8") from error
    if _CONTROL.search(whole):
        raise MalformedInput("the signed note holds a control character")
    text, separator, lines = whole.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise MalformedInput("the signed note has no signature lines after a blank line")
    signature_lines = lines[:-1].split("\n")
    if len(signature_lines) > SIGNATURES_MAX:
        raise MalformedInput(f"the signed note has more than {SIGNATURES_MAX} signatures")
    return SignedNote(
        text=text + "\n",
        signatures=tuple(_parse_signature_line(line) for line in signature_lines),
    )


def sign_note(text: str, key: VerifierKey, sign: Sign, *others: tuple[VerifierKey, Sign]) -> bytes:
    """Sign a text with the private half of each key, and write the signed note."""
    lines = tuple(
        NoteSignature(name=each.name, key_id=each.key_id, signature=do_sign(text.encode()))
        for each, do_sign in ((key, sign), *others)
    )
    return encode_note(SignedNote(text=text, signatures=lines))


def sign_checkpoint(
    checkpoint: Checkpoint, key: VerifierKey, sign: Sign, *others: tuple[VerifierKey, Sign]
) -> bytes:
    """Sign a checkpoint with each key, and write it as a signed note.

    Raises:
        MalformedInput: the name of a key is not the checkpoint's origin.
    """
    for each, _ in ((key, sign), *others):
        if each.name != checkpoint.origin:
            message = f"the key {each.name} may not sign for the log {checkpoint.origin}"
            raise MalformedInput(message)
    return sign_note(encode_body(checkpoint), key, sign, *others)


def with_signatures(data: bytes, added: Iterable[NoteSignature]) -> bytes:
    """Return a signed note with more lines at its end; those that it has stay single.

    Raises:
        MalformedInput: the bytes are not a signed note.
    """
    note = parse_note(data)
    lines = dict.fromkeys((*note.signatures, *added))
    return encode_note(SignedNote(text=note.text, signatures=tuple(lines)))


def is_signed(note: SignedNote, key: VerifierKey, check_signature: CheckSignature) -> bool:
    """Say whether the holder of ``key`` signed the note; lines of other keys are ignored.

    Raises:
        SignatureInvalid: there is a signature of that key, and it is wrong.
    """
    key_id = key.key_id
    lines = [line for line in note.signatures if (line.name, line.key_id) == (key.name, key_id)]
    for line in lines:
        if not check_signature(key.public_key, line.signature, note.text.encode()):
            raise SignatureInvalid(f"the signature of the key {key.name} is not over this note")
    return bool(lines)


def check_note(note: SignedNote, key: VerifierKey, check_signature: CheckSignature) -> None:
    """Check that the holder of ``key`` signed the note; lines of other keys are ignored.

    Raises:
        SignatureInvalid: there is no signature of that key, or one that is wrong.
    """
    if not is_signed(note, key, check_signature):
        raise SignatureInvalid(f"the note carries no signature of the key {key.name}")


def open_checkpoint(data: bytes, key: VerifierKey, check_signature: CheckSignature) -> Checkpoint:
    """Read a checkpoint from a signed note, having checked that its log signed it.

    Raises:
        MalformedInput: the bytes are not a signed checkpoint.
        SignatureInvalid: the log did not sign it with this key, or it speaks for another log.
    """
    note = parse_note(data)
    check_note(note, key, check_signature)
    checkpoint = parse_body(note.text)
    if checkpoint.origin != key.name:
        raise SignatureInvalid(
            f"the checkpoint of {checkpoint.origin} is signed by the key {key.name}"
        )
    return checkpoint


def _parse_signature_line(line: str) -> NoteSignature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None or not _KEY_NAME.fullmatch(match[1]):
        raise MalformedInput("a signature line is malformed")
    decoded = decode_base64(match[2])
    if len(decoded) <= _KEY_ID_SIZE:
        raise MalformedInput("a signature line carries no signature")
    return NoteSignature(
        name=match[1], key_id=decoded[:_KEY_ID_SIZE], signature=decoded[_KEY_ID_SIZE:]
    )


def decode_decimal(text: str) -> int:
    """Read a decimal number in its one canonical form.

    Raises:
        MalformedInput: the text is not digits without leading zeroes, or has too many.
    """
    if not _DECIMAL.fullmatch(text):
        raise MalformedInput("a number is not written in decimal without leading zeroes")
    return int(text)


def decode_base64(text: str) -> bytes:
    """Decode base64 in its one canonical form.

    Raises:
        MalformedInput: the text is not base64, or not as an encoder would write it.
    """
    try:
        decoded = b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise MalformedInput("a base64 text is malformed") from error
    if b64encode(decoded).decode() != text:
        raise MalformedInput("a base64 text is not in its canonical form")
    return decoded
