"""Which place outside a setting names, and how it is opened.

Rules kept here:

1. A folder, ``s3://bucket/prefix``, or ``https://host/witness#<verifier key of the witness>``.
2. What cannot be a place is refused when the setting is read, not when the first copy is due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from adapters.blobs.location import SCHEME, Bucket
from adapters.ledger.outside import Place
from adapters.ledger.outside_bucket import OutsideBucket
from adapters.ledger.outside_folder import OutsideFolder
from adapters.ledger.outside_witness import OutsideWitness, Prove, parse_address
from domain.ledger.checkpoint import VerifierKey


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessAddress:
    """Where a witness is, and under which key it is known.

    Attributes:
        address: Prefix of its interface.
        key: Its verifier key.
    """

    address: str
    key: VerifierKey


Destination: TypeAlias = Path | Bucket | WitnessAddress
"""A place outside, as a setting names it."""


def parse_places(text: str, locate: Callable[[str], Path | Bucket]) -> tuple[Destination, ...]:
    """Return the places that a setting names, separated by commas or spaces.

    Args:
        text: The setting.
        locate: Returns the folder or bucket that one text names.

    Raises:
        MalformedInput: a text names no place.
    """
    return tuple(_parse(each, locate) for each in dict.fromkeys(text.replace(",", " ").split()))


def open_place(destination: Destination, *, origin: str, prove: Prove) -> Place:
    """Return a place; nothing is asked of it yet.

    Args:
        destination: Where it is.
        origin: Whose checkpoints go there.
        prove: Makes consistency proofs of that log.
    """
    if isinstance(destination, Path):
        return OutsideFolder(destination)
    if isinstance(destination, Bucket):
        return OutsideBucket.at(destination)
    return OutsideWitness(destination.address, destination.key, origin=origin, prove=prove)


def _parse(text: str, locate: Callable[[str], Path | Bucket]) -> Destination:
    if "://" not in text or text.startswith(SCHEME):
        return locate(text)
    address, key = parse_address(text)
    return WitnessAddress(address=address, key=key)
