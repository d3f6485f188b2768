"""Proof files: an inclusion proof and its checkpoint as text that needs nothing else.

Rules kept here:

1. The text is a C2SP tlog-proof without extra data, so any tool for that format can check a
   record of ours against the bytes of its entry.
2. Parsing is strict: text that ``encode`` would not write again byte for byte is refused.

Source: C2SP specification ``tlog-proof``, version 1.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from domain.errors import MalformedInput
from domain.ledger.checkpoint import decode_base64, decode_decimal
from domain.ledger.encoding import DIGEST_SIZE

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
PATH_MAX: Final = 64

_INDEX: Final = "index "


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFile:
    """The proof that one record is in the tree of one checkpoint.

    Attributes:
        index: Seq of the record.
        path: The inclusion proof, from the leaf's sibling up.
        checkpoint: The signed checkpoint, byte for byte.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        """Refuse what no tree of 2⁶⁴ leaves can need.

        Raises:
            MalformedInput: the path is too long or a hash has the wrong length.
        """
        if len(self.path) > PATH_MAX or any(len(node) != DIGEST_SIZE for node in self.path):
            raise MalformedInput(f"an inclusion proof has at most {PATH_MAX} hashes of 32 bytes")


def encode(proof: ProofFile) -> bytes:
    """Write a proof file."""
    lines = (
        FIRST_LINE,
        f"{_INDEX}{proof.index}",
        *(b64encode(node).decode() for node in proof.path),
    )
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + proof.checkpoint


def parse(data: bytes) -> ProofFile:
    """Read a proof file; nothing is proven by that.

    Raises:
        MalformedInput: the bytes are not a proof file without extra data.
    """
    head, separator, checkpoint = data.partition(b"\n\n")
    if not separator:
        raise MalformedInput("a proof file has an empty line before its checkpoint")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedInput("a proof file's proof is not ASCII") from error
    if first != FIRST_LINE:
        raise MalformedInput(f"a proof file begins with {FIRST_LINE}")
    if not lines or not lines[0].startswith(_INDEX):
        raise MalformedInput("a proof file's second line is not its index")
    return ProofFile(
        index=decode_decimal(lines[0].removeprefix(_INDEX)),
        path=tuple(decode_base64(line) for line in lines[1:]),
        checkpoint=checkpoint,
    )
