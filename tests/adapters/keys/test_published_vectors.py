"""Our signature checks and our key rings, against every published case of their sizes."""

from pathlib import Path
from typing import Any

import pytest

from adapters.keys.key_ring import FileKeyRing
from adapters.keys.master_key import MasterKey, create_master_key_file
from adapters.keys.signing import is_ed25519_signature, verify_ed25519, verify_p256
from adapters.keys.wrapping import KEY_SIZE, AesWrappingKey
from adapters.memory import MemoryKeyRing
from device.secure_key import FileSecureKey
from domain.errors import DigestMismatch, MalformedInput, SignatureInvalid
from domain.ports import KeyRing
from domain.values.identifiers import ClinicId
from tests.adapters.keys.rings import subject_key
from tests.domain.ledger.vectors import load

VECTORS = load("wycheproof")
Case = dict[str, Any]


class Dealt:
    """Randomness that deals the bytes it is given."""

    def __init__(self) -> None:
        """Have nothing to deal."""
        self.next = b""

    def token(self, size: int) -> bytes:
        """Deal them."""
        assert len(self.next) == size
        return self.next

    def uuid(self) -> str:
        """Deal no identifier."""
        raise AssertionError


def named(case: Case) -> str:
    """Name a case as its source does."""
    return f"tcId-{case['tc_id']}"


def test_every_published_case_of_our_sizes_is_here() -> None:
    counts = {name: len(VECTORS[name]) for name in VECTORS if name != "source"}
    assert counts == {"ed25519": 151, "ecdsa_p256_sha256": 484, "aes_256_gcm": 66}


@pytest.mark.verifies("DRV-03")
@pytest.mark.parametrize("case", VECTORS["ed25519"], ids=named)
def test_ed25519_gives_the_published_verdict(case: Case) -> None:
    key, signature, message = _unhex(case, "key", "signature", "message")
    assert is_ed25519_signature(key, signature, message) is case["valid"]
    if case["valid"]:
        verify_ed25519(key, signature, message)
    else:
        with pytest.raises(SignatureInvalid):
            verify_ed25519(key, signature, message)


@pytest.mark.verifies("DRV-03")
@pytest.mark.parametrize("case", VECTORS["ecdsa_p256_sha256"], ids=named)
def test_ecdsa_p256_gives_the_published_verdict(case: Case) -> None:
    signature, message = _unhex(case, "signature", "message")
    if case["valid"]:
        verify_p256(case["key"], signature, message)
    else:
        with pytest.raises(SignatureInvalid):
            verify_p256(case["key"], signature, message)


@pytest.fixture(scope="module")
def memory() -> tuple[KeyRing, Dealt]:
    """A ring in memory whose keys are dealt."""
    dealt = Dealt()
    return MemoryKeyRing(dealt), dealt


@pytest.mark.parametrize("case", VECTORS["aes_256_gcm"], ids=named)
def test_a_ring_in_memory_gives_the_published_verdict(
    memory: tuple[KeyRing, Dealt], case: Case
) -> None:
    ring, dealt = memory
    (dealt.next,) = _unhex(case, "key")
    _check(ring, case)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MasterKey]:
    """Where rings are kept, and their master key."""
    made = tmp_path_factory.mktemp("rings")
    return made, create_master_key_file(made / "master")


@pytest.mark.parametrize("case", VECTORS["aes_256_gcm"], ids=named)
def test_a_ring_on_disk_gives_the_published_verdict(
    folder: tuple[Path, MasterKey], monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    place, master = folder
    (key,) = _unhex(case, "key")
    with FileKeyRing(place / "keys", clinic=ClinicId.derived("published"), master=master) as ring:
        monkeypatch.setattr("adapters.keys.key_ring.secrets.token_bytes", lambda size: key[:size])
        _check(ring, case)


@pytest.mark.parametrize("case", VECTORS["aes_256_gcm"], ids=named)
def test_a_wrapping_key_and_a_stations_storage_give_the_published_verdict(
    monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    key, nonce, sealed = _unhex(case, "key", "nonce", "sealed")
    associated, plaintext = _unhex(case, "associated", "plaintext")
    wrapper = AesWrappingKey("published", key)
    storage = FileSecureKey(None, key)  # type: ignore[arg-type] # nothing is signed here
    if not case["valid"]:
        for unsealed in (wrapper.unwrap, storage.open):
            with pytest.raises(DigestMismatch):
                unsealed(nonce + sealed, associated)
        return
    assert storage.open(nonce + sealed, associated) == plaintext
    if len(plaintext) == KEY_SIZE:
        assert wrapper.unwrap(nonce + sealed, associated) == plaintext
        monkeypatch.setattr("adapters.keys.wrapping.os.urandom", lambda _: nonce)
        assert wrapper.wrap(plaintext, associated) == nonce + sealed
    else:
        # It is what was wrapped, and no key.
        with pytest.raises(MalformedInput):
            wrapper.unwrap(nonce + sealed, associated)


def _check(ring: KeyRing, case: Case) -> None:
    name = subject_key(("published", case["tc_id"]))
    ring.create(name)
    nonce, sealed, associated, plaintext = _unhex(
        case, "nonce", "sealed", "associated", "plaintext"
    )
    if case["valid"]:
        assert ring.open(name, nonce, sealed, associated) == plaintext
        assert ring.seal(name, nonce, plaintext, associated) == sealed
    else:
        with pytest.raises(DigestMismatch):
            ring.open(name, nonce, sealed, associated)


def _unhex(case: Case, *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]
