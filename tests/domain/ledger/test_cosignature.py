"""Cosignatures against the examples of the C2SP specifications, with real Ed25519."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    NoteSignature,
    VerifierKey,
    encode_body,
    encode_verifier_key,
    open_checkpoint,
    parse_note,
    parse_verifier_key,
    sign_checkpoint,
    with_signatures,
)
from domain.ledger.cosignature import (
    AddCheckpoint,
    Cosigned,
    cosign,
    cosignatures,
    cosigned_message,
    encode_lines,
    encode_request,
    parse_lines,
    parse_request,
    parse_witness_key,
    time_text,
)
from tests.domain.ledger.test_checkpoint import EXAMPLE_CHECKPOINT, check_ed25519

# Source: C2SP specification tlog-cosignature, first example; its key is not published.
EXAMPLE_LINE = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2"
    "oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()

# Source: C2SP specification tlog-cosignature, section "Ed25519 signed message".
EXAMPLE_MESSAGE = (
    b"cosignature/v1\n"
    b"time 1679315147\n"
    b"example.com/behind-the-sofa\n"
    b"20852163\n"
    b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)

# Source: C2SP specification tlog-witness, section "add-checkpoint".
EXAMPLE_REQUEST = (
    b"old 20852014\n"
    b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    b"jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    b"5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    b"/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    b"\n"
) + EXAMPLE_CHECKPOINT

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
WITNESS = VerifierKey(
    name="witness.example/w",
    public_key=SECRET.public_key().public_bytes_raw(),
    kind=COSIGNATURE,
)
LOG_SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = VerifierKey(name="vultus/clinic", public_key=LOG_SECRET.public_key().public_bytes_raw())
HEAD = Checkpoint(origin=LOG.name, size=3, root=bytes(32))
NOTE = sign_checkpoint(HEAD, LOG, LOG_SECRET.sign)
WHEN = 1_772_528_400


def line(timestamp: int = WHEN) -> NoteSignature:
    return cosign(encode_body(HEAD), timestamp, WITNESS, SECRET.sign)


def test_the_example_line_is_framed_as_its_specification_says() -> None:
    (read,) = parse_lines(EXAMPLE_LINE)

    assert (read.name, read.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert int.from_bytes(read.signature[:8], "big") == 1679315147
    assert len(read.signature) == 8 + 64
    assert encode_lines([read]) == EXAMPLE_LINE
    assert with_signatures(EXAMPLE_CHECKPOINT, [read]) == EXAMPLE_CHECKPOINT + EXAMPLE_LINE


def test_the_example_message_is_what_is_signed() -> None:
    body = parse_note(EXAMPLE_CHECKPOINT).text

    assert cosigned_message(body, 1679315147) == EXAMPLE_MESSAGE


def test_the_example_request_is_read_and_written() -> None:
    request = parse_request(EXAMPLE_REQUEST)

    assert (request.old_size, len(request.proof)) == (20852014, 4)
    assert request.checkpoint == EXAMPLE_CHECKPOINT
    assert encode_request(request) == EXAMPLE_REQUEST


def test_a_witness_has_a_key_of_its_own_kind() -> None:
    text = encode_verifier_key(WITNESS)

    assert parse_witness_key(text) == WITNESS
    with pytest.raises(MalformedInput, match="log's Ed25519 key"):
        parse_verifier_key(text)
    with pytest.raises(MalformedInput, match="witness's Ed25519 key"):
        parse_witness_key(encode_verifier_key(LOG))
    assert replace(LOG, kind=COSIGNATURE).key_id != LOG.key_id
    with pytest.raises(MalformedInput, match="cannot be a witness's"):
        cosign(encode_body(HEAD), WHEN, LOG, LOG_SECRET.sign)


@given(st.integers(1, (1 << 63) - 1))
def test_a_cosigned_checkpoint_says_who_and_when(timestamp: int) -> None:
    cosigned = with_signatures(NOTE, [line(timestamp)])

    assert cosignatures(parse_note(cosigned), [WITNESS], check_ed25519) == (
        Cosigned(witness=WITNESS, timestamp=timestamp),
    )
    assert open_checkpoint(cosigned, LOG, check_ed25519) == HEAD


def test_a_cosignature_is_said_with_its_time() -> None:
    said = str(Cosigned(witness=WITNESS, timestamp=WHEN))

    assert said == "cosigned by witness.example/w at 2026-03-03T09:00:00Z"
    assert time_text(1 << 62) == "second 4611686018427387904"


def test_whom_nobody_asked_for_is_passed_over() -> None:
    stranger = replace(line(), name="stranger.example/w")
    note = parse_note(with_signatures(NOTE, [stranger]))

    assert cosignatures(note, [WITNESS], check_ed25519) == ()
    assert cosignatures(note, [], check_ed25519) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(line(), signature=line().signature[:-1]),
        replace(line(), signature=(WHEN + 1).to_bytes(8, "big") + line().signature[8:]),
        replace(line(), signature=bytes(8) + line().signature[8:]),
        replace(line(), signature=b"\xff" * 8 + line().signature[8:]),
        cosign(encode_body(replace(HEAD, size=4)), WHEN, WITNESS, SECRET.sign),
    ],
)
def test_a_wrong_cosignature_of_a_known_witness_spoils_the_note(wrong: NoteSignature) -> None:
    note = parse_note(with_signatures(NOTE, [line(), wrong]))

    with pytest.raises(SignatureInvalid, match="cosignature of witness"):
        cosignatures(note, [WITNESS], check_ed25519)


def test_a_line_that_is_there_stays_single() -> None:
    once = with_signatures(NOTE, [line()])

    assert with_signatures(once, [line()]) == once


@pytest.mark.parametrize("timestamp", [0, -1, 1 << 63])
def test_a_time_out_of_range_is_never_signed(timestamp: int) -> None:
    with pytest.raises(MalformedInput):
        line(timestamp)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"0\n\n" + NOTE,
        b"old 00\n\n" + NOTE,
        b"old 0\nnot base64\n\n" + NOTE,
        b"old 0\n" + b"A" * 40 + b"\n\n" + NOTE,
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + NOTE,
        "old ٣\n\n".encode() + NOTE,
    ],
)
def test_bytes_that_are_no_request_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        parse_request(data)


@given(
    st.integers(0, 1 << 62),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
)
def test_a_request_is_read_back_as_it_was_written(size: int, proof: tuple[bytes, ...]) -> None:
    request = AddCheckpoint(old_size=size, proof=proof, checkpoint=NOTE)

    assert parse_request(encode_request(request)) == request


@pytest.mark.parametrize("data", [b"", b"\n", b"text\n", EXAMPLE_LINE.rstrip(b"\n")])
def test_bytes_that_are_no_lines_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        parse_lines(data)
