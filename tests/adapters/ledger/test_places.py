"""Settings name places outside: folders, buckets and witnesses."""

from pathlib import Path

import pytest

from adapters.blobs.location import Bucket, parse_location
from adapters.keys.signing import Ed25519Signer
from adapters.ledger.outside_bucket import OutsideBucket
from adapters.ledger.outside_folder import OutsideFolder
from adapters.ledger.outside_witness import OutsideWitness
from adapters.ledger.places import WitnessAddress, open_place, parse_places
from domain.errors import MalformedInput
from domain.ledger.checkpoint import COSIGNATURE, VerifierKey, encode_verifier_key

KEY = VerifierKey(name="w", public_key=Ed25519Signer.generate().public_key(), kind=COSIGNATURE)
WITNESS = f"https://peer.example/witness#{encode_verifier_key(KEY)}"


def locate(text: str) -> Path | Bucket:
    return parse_location(text, endpoint="https://storage.example")


def test_several_places_are_named_one_after_the_other() -> None:
    folder, bucket, witness = parse_places(
        f"/mnt/copies, s3://copies/clinic {WITNESS}\n/mnt/copies", locate
    )
    assert folder == Path("/mnt/copies")
    assert isinstance(bucket, Bucket)
    assert str(bucket) == "s3://copies/clinic"
    assert witness == WitnessAddress(address="https://peer.example/witness", key=KEY)
    assert parse_places(" , ", locate) == ()


@pytest.mark.parametrize("text", ["ftp://copies", "s3://Copies", "https://peer.example/witness"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        parse_places(f"/mnt/copies {text}", locate)


def test_a_place_is_opened_without_asking_it_anything() -> None:
    opened = [
        open_place(each, origin="log", prove=lambda _first, _second: ())
        for each in parse_places(f"/mnt/copies s3://copies/clinic {WITNESS}", locate)
    ]
    assert [type(each) for each in opened] == [OutsideFolder, OutsideBucket, OutsideWitness]
    assert [each.name for each in opened] == [
        "/mnt/copies",
        "s3://copies/clinic",
        "https://peer.example/witness",
    ]
    assert [each.near for each in opened] == [True, False, False]
