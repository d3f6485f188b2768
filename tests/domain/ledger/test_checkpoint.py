"""Checkpoints against the examples of the C2SP specifications, with real Ed25519."""

from base64 import b64decode
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger.checkpoint import (
    SIGNATURES_MAX,
    Checkpoint,
    NoteSignature,
    SignedNote,
    VerifierKey,
    check_note,
    decode_decimal,
    encode_body,
    encode_note,
    encode_verifier_key,
    open_checkpoint,
    parse_body,
    parse_note,
    parse_verifier_key,
    sign_checkpoint,
)

# Source: C2SP specification signed-note, section "Example".
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
    "RKuwHjG1Yu72IneyaQM=\n"
).encode()

# Source: C2SP specification tlog-checkpoint, first example.
EXAMPLE_CHECKPOINT = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv"
    "2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()

# Source: C2SP specification signed-note, introduction.
EXAMPLE_POEM = (
    "Ognuno sta solo sul cuor della terra\n"
    "trafitto da un raggio di sole:\n"
    "\n"
    "ed è subito sera.\n"
    "\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouF"
    "SQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
).encode()

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(name="vultus/clinic", public_key=SECRET.public_key().public_bytes_raw())
HEAD = Checkpoint(origin="vultus/clinic", size=3, root=bytes(32))


def check_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the signature is valid."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


lines = st.text(
    st.characters(codec="utf-8", exclude_characters="\n", min_codepoint=0x20), min_size=1
)
checkpoints = st.builds(
    Checkpoint,
    origin=lines,
    size=st.integers(0, (1 << 64) - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(lines, max_size=2).map(tuple),
)


def test_the_example_note_verifies_with_the_example_key() -> None:
    key = parse_verifier_key(EXAMPLE_KEY)
    assert key.key_id.hex() == "530d903a"
    note = parse_note(EXAMPLE_NOTE)
    check_note(note, key, check_ed25519)
    assert note.text == "This is an example message.\n"
    assert encode_note(note) == EXAMPLE_NOTE
    assert encode_verifier_key(key) == EXAMPLE_KEY


def test_the_example_note_does_not_verify_when_its_text_is_changed() -> None:
    note = parse_note(EXAMPLE_NOTE.replace(b"example message", b"exemplary message"))
    with pytest.raises(SignatureInvalid, match="not over this note"):
        check_note(note, parse_verifier_key(EXAMPLE_KEY), check_ed25519)


def test_the_example_checkpoint_is_read() -> None:
    note = parse_note(EXAMPLE_CHECKPOINT)
    checkpoint = parse_body(note.text)
    assert checkpoint == Checkpoint(
        origin="example.com/behind-the-sofa",
        size=20852163,
        root=b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="),
    )
    assert encode_body(checkpoint) == note.text
    assert encode_note(note) == EXAMPLE_CHECKPOINT


def test_a_note_may_hold_empty_lines_and_any_language() -> None:
    note = parse_note(EXAMPLE_POEM)
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert encode_note(note) == EXAMPLE_POEM


@given(checkpoints)
def test_a_checkpoint_is_read_back_as_it_was_written(checkpoint: Checkpoint) -> None:
    assert parse_body(encode_body(checkpoint)) == checkpoint


@given(st.integers(0, 1 << 63), st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_opens_with_its_key(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin=KEY.name, size=size, root=root)
    assert open_checkpoint(sign_checkpoint(checkpoint, KEY, SECRET.sign), KEY, check_ed25519) == (
        checkpoint
    )


@given(st.data())
def test_a_signed_checkpoint_with_any_bit_flipped_does_not_open(data: st.DataObject) -> None:
    signed = bytearray(sign_checkpoint(HEAD, KEY, SECRET.sign))
    place = data.draw(st.integers(0, len(signed) * 8 - 1))
    signed[place // 8] ^= 1 << place % 8
    with pytest.raises((MalformedInput, SignatureInvalid)):
        open_checkpoint(bytes(signed), KEY, check_ed25519)


def test_signatures_of_unknown_keys_are_ignored() -> None:
    note = parse_note(sign_checkpoint(HEAD, KEY, SECRET.sign))
    witness = NoteSignature(name="witness.example", key_id=b"wxyz", signature=b"anything")
    namesake = NoteSignature(name=KEY.name, key_id=b"wxyz", signature=b"anything")
    signed = encode_note(replace(note, signatures=(witness, namesake, *note.signatures)))
    assert open_checkpoint(signed, KEY, check_ed25519) == HEAD


def test_a_note_without_a_signature_of_the_key_is_refused() -> None:
    note = SignedNote(
        text=encode_body(HEAD),
        signatures=(NoteSignature(name="other", key_id=b"wxyz", signature=b"s"),),
    )
    with pytest.raises(SignatureInvalid, match="no signature of the key"):
        open_checkpoint(encode_note(note), KEY, check_ed25519)


def test_one_wrong_signature_of_the_key_spoils_the_note() -> None:
    note = parse_note(sign_checkpoint(HEAD, KEY, SECRET.sign))
    wrong = replace(note.signatures[0], signature=bytes(64))
    with pytest.raises(SignatureInvalid, match="not over this note"):
        check_note(replace(note, signatures=(*note.signatures, wrong)), KEY, check_ed25519)


def test_a_key_cannot_speak_for_another_log() -> None:
    other = replace(HEAD, origin="vultus/other")
    with pytest.raises(MalformedInput, match="may not sign for"):
        sign_checkpoint(other, KEY, SECRET.sign)
    line = NoteSignature(
        name=KEY.name, key_id=KEY.key_id, signature=SECRET.sign(encode_body(other).encode())
    )
    signed = encode_note(SignedNote(text=encode_body(other), signatures=(line,)))
    with pytest.raises(SignatureInvalid, match="is signed by the key"):
        open_checkpoint(signed, KEY, check_ed25519)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", ""),
        ("origin", "a\nb"),
        ("origin", "a\tb"),
        ("size", -1),
        ("size", 1 << 64),
        ("root", bytes(31)),
        ("extensions", ("",)),
        ("extensions", ("a\nb",)),
    ],
)
def test_a_checkpoint_without_lines_of_its_own_is_refused(field: str, value: object) -> None:
    parts: dict[str, object] = {"origin": "o", "size": 0, "root": bytes(32), field: value}
    with pytest.raises(MalformedInput):
        Checkpoint(**parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n1\n" + "A" * 43 + "=",
        "origin\n01\n" + "A" * 43 + "=\n",
        "origin\n+1\n" + "A" * 43 + "=\n",
        "origin\n\u0661\n" + "A" * 43 + "=\n",
        "origin\n1\n" + "A" * 42 + "B=\n",
        "origin\n1\n" + "A" * 40 + "\n",
        "origin\n1\n?\n",
        "origin\n1\nÄ\n",
        "origin\n1\n" + "A" * 43 + "=\n\nafter an empty line\n",
    ],
)
def test_a_text_that_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        parse_body(text)


SIGNATURE = "— name AAAAAAA=\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\n\n" + SIGNATURE.encode(),
        b"text\n\n",
        b"text\n" + SIGNATURE.encode(),
        ("text\n\n" + SIGNATURE.rstrip("\n")).encode(),
        ("te\txt\n\n" + SIGNATURE).encode(),
        ("text\r\n\n" + SIGNATURE).encode(),
        b"text\n\n- name AAAAAAA=\n",
        "text\n\n— name\n".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
        "text\n\n— na\u00a0me AAAAAAA=\n".encode(),
        "text\n\n— name AAAA====\n".encode(),
        "text\n\n— name AAAAAA==\n".encode(),
        "text\n\n— name AAAAAAB=\n".encode(),
        ("text\n\n" + SIGNATURE * (SIGNATURES_MAX + 1)).encode(),
        b"x" * (1 << 20) + b"\n\n" + SIGNATURE.encode(),
    ],
)
def test_bytes_that_are_not_a_signed_note_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        parse_note(data)


def test_a_note_may_have_sixteen_signatures() -> None:
    assert len(parse_note(("text\n\n" + SIGNATURE * 16).encode()).signatures) == 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fox+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_a_text_that_is_not_a_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        parse_verifier_key(text)


def test_a_decimal_number_has_one_form() -> None:
    assert decode_decimal("10") == 10
    for text in ("", "010", "-1", "1" * 21):
        with pytest.raises(MalformedInput):
            decode_decimal(text)
