"""Signatures, against published vectors; signing keys in their files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.keys.master_key import MasterKey, create_master_key_file
from adapters.keys.signing import (
    Ed25519Signer,
    P256Signer,
    Signer,
    is_ed25519_signature,
    parse_p256_public_key,
    verify_ed25519,
    verify_p256,
)
from domain.errors import DigestMismatch, MalformedInput, NotFound, RuleViolation, SignatureInvalid
from domain.ledger.checkpoint import Checkpoint, VerifierKey, open_checkpoint, sign_checkpoint

# RFC 6979, A.2.5: the key on P-256.
SCALAR = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
POINT = (
    "04"
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
# RFC 5480: the algorithm identifier of a key on P-256, then the point.
SPKI = "3059301306072a8648ce3d020106082a8648ce3d030107034200" + POINT
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RFC_6979 = P256Signer(ec.derive_private_key(SCALAR, ec.SECP256R1()), location="memory")


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> MasterKey:
    """Return a master key."""
    return create_master_key_file(tmp_path_factory.mktemp("master") / "master.key")


@pytest.mark.parametrize(
    ("content", "r", "s"),
    [
        (
            b"sample",
            0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
            0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
        ),
        (
            b"test",
            0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
            0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
        ),
    ],
)
def test_p256_agrees_with_rfc_6979(content: bytes, r: int, s: int) -> None:
    signature = encode_dss_signature(r, s)
    assert RFC_6979.public_key().hex() == SPKI
    assert RFC_6979.sign(content) == signature
    verify_p256(SPKI, signature, content)
    for wrong in (
        encode_dss_signature(r, s + 1),
        encode_dss_signature(s, r),
        encode_dss_signature(r, ORDER),
        encode_dss_signature(0, 0),
        signature + b"\0",
        signature[:-1],
        b"",
    ):
        with pytest.raises(SignatureInvalid):
            verify_p256(SPKI, wrong, content)
    with pytest.raises(SignatureInvalid):
        verify_p256(SPKI, signature, content + b"\0")


@pytest.mark.parametrize(
    ("seed", "public", "content", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
    ],
    ids=["test 1", "test 2", "test 3"],
)
def test_ed25519_agrees_with_rfc_8032(seed: str, public: str, content: str, signature: str) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    signer = Ed25519Signer(private, location="memory")
    signed = bytes.fromhex(signature)
    assert signer.public_key().hex() == public
    assert signer.sign(bytes.fromhex(content)) == signed
    verify_ed25519(signer.public_key(), signed, bytes.fromhex(content))
    for wrong in (signed[:-1], signed + b"\0", signed[32:] + signed[:32], bytes(64), b""):
        with pytest.raises(SignatureInvalid):
            verify_ed25519(signer.public_key(), wrong, bytes.fromhex(content))


def _verify(signer: Signer, signature: bytes, content: bytes) -> None:
    if isinstance(signer, P256Signer):
        verify_p256(signer.public_key().hex(), signature, content)
    else:
        verify_ed25519(signer.public_key(), signature, content)


SIGNERS: list[Signer] = [P256Signer.generate(), Ed25519Signer.generate()]


@pytest.mark.parametrize("signer", SIGNERS, ids=["P-256", "Ed25519"])
@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=200), bit=st.integers(0, 8 * 60))
def test_a_signature_holds_for_its_content_and_key_alone(
    signer: Signer, content: bytes, bit: int
) -> None:
    signature = signer.sign(content)
    assert signer.sign(content) == signature
    _verify(signer, signature, content)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureInvalid):
        _verify(signer, bytes(changed), content)
    with pytest.raises(SignatureInvalid):
        _verify(signer, signature, content + b"\0")
    with pytest.raises(SignatureInvalid):
        _verify(type(signer).generate(), signature, content)  # type: ignore[attr-defined]


def test_a_log_key_signs_checkpoints_that_open() -> None:
    signer = Ed25519Signer.generate()
    key = VerifierKey(name="vultus/test", public_key=signer.public_key())
    checkpoint = Checkpoint(origin="vultus/test", size=3, root=bytes(32))
    note = sign_checkpoint(checkpoint, key, signer.sign)
    assert open_checkpoint(note, key, is_ed25519_signature) == checkpoint
    other = VerifierKey(name="vultus/test", public_key=Ed25519Signer.generate().public_key())
    with pytest.raises(SignatureInvalid):
        open_checkpoint(note, other, is_ed25519_signature)
    assert not is_ed25519_signature(key.public_key, bytes(64), b"")


def test_one_public_key_has_one_text() -> None:
    assert parse_p256_public_key(SPKI).public_numbers().x == int(POINT[2:66], 16)
    compressed = ec.derive_private_key(SCALAR, ec.SECP256R1()).public_key()
    point = compressed.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    other_curve = ec.generate_private_key(ec.SECP384R1()).public_key()
    ed25519 = Ed25519PrivateKey.generate().public_key()
    for text in (
        "",
        "not hexadecimal",
        SPKI.upper(),
        f"{SPKI[:2]} {SPKI[2:]}",
        SPKI + "00",
        SPKI[:-2],
        SPKI[:-2] + "00",  # not a point of the curve
        POINT,
        "3039301306072a8648ce3d020106082a8648ce3d030107032200" + point.hex(),
        other_curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex(),
        ed25519.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex(),
    ):
        with pytest.raises(MalformedInput):
            parse_p256_public_key(text)
        with pytest.raises(MalformedInput):
            verify_p256(text, b"", b"")
    for key in (b"", bytes(31), bytes(33)):
        with pytest.raises(MalformedInput):
            verify_ed25519(key, bytes(64), b"")


def test_a_device_key_is_on_p256() -> None:
    with pytest.raises(MalformedInput):
        P256Signer(ec.generate_private_key(ec.SECP384R1()), location="memory")


KINDS: list[type[P256Signer] | type[Ed25519Signer]] = [P256Signer, Ed25519Signer]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_signs_the_same_after_loading(
    tmp_path: Path, master: MasterKey, kind: type[P256Signer] | type[Ed25519Signer]
) -> None:
    path = tmp_path / "new folder" / "signing.key"
    created = kind.create(path, name="log", master=master)
    loaded = kind.load(path, name="log", master=master)
    assert loaded.public_key() == created.public_key()
    assert loaded.sign(b"content") == created.sign(b"content")
    assert loaded.location == created.location == f"file, wrapped by {master.identity}"
    assert kind.generate().location == "memory"


@pytest.mark.parametrize("kind", KINDS)
def test_a_signing_key_is_never_replaced(
    tmp_path: Path, master: MasterKey, kind: type[P256Signer] | type[Ed25519Signer]
) -> None:
    path = tmp_path / "signing.key"
    public_key = kind.create(path, name="log", master=master).public_key()
    with pytest.raises(RuleViolation, match="there already"):
        kind.create(path, name="log", master=master)
    assert kind.load(path, name="log", master=master).public_key() == public_key


def test_a_key_file_serves_only_as_what_it_was_made_for(tmp_path: Path, master: MasterKey) -> None:
    path = tmp_path / "signing.key"
    P256Signer.create(path, name="device", master=master)
    refused: list[tuple[type[Exception], Callable[[], object]]] = [
        (DigestMismatch, lambda: P256Signer.load(path, name="log", master=master)),
        (DigestMismatch, lambda: Ed25519Signer.load(path, name="device", master=master)),
        (MalformedInput, lambda: P256Signer.load(path, name="../device", master=master)),
        (
            RuleViolation,
            lambda: P256Signer.load(
                path, name="device", master=create_master_key_file(tmp_path / "other")
            ),
        ),
        (NotFound, lambda: P256Signer.load(tmp_path / "none", name="device", master=master)),
    ]
    for error, load in refused:
        with pytest.raises(error):
            load()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DigestMismatch):
        P256Signer.load(path, name="device", master=master)


@pytest.mark.verifies("REQ-IN-217")
def test_a_private_key_is_neither_in_its_file_nor_shown(tmp_path: Path, master: MasterKey) -> None:
    path = tmp_path / "signing.key"
    device = P256Signer.create(path, name="device", master=master)
    scalar = device._private.private_numbers().private_value.to_bytes(32, "big")
    assert scalar not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    log = Ed25519Signer.create(tmp_path / "log.key", name="log", master=master)
    seed = log._private.private_bytes_raw()
    assert seed not in (tmp_path / "log.key").read_bytes()
    shown = f"{device!r} {device.location} {log!r} {log.location}"
    assert scalar.hex() not in shown
    assert seed.hex() not in shown
    assert decode_dss_signature(device.sign(b"content"))
