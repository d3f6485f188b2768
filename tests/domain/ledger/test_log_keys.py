"""The keys of a log follow one another by statements that both signed, or not at all."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    encode_body,
    parse_note,
    sign_checkpoint,
    sign_note,
)
from domain.ledger.log_keys import (
    LogKeys,
    Succession,
    encode_succession,
    follow,
    open_succession,
    parse_succession,
    sign_succession,
)
from tests.domain.ledger.test_checkpoint import check_ed25519

ORIGIN = "vultus/clinic"
SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 6)]
KEYS = [
    VerifierKey(name=ORIGIN, public_key=each.public_key().public_bytes_raw()) for each in SECRETS
]
TERMS = ((0, 20), (10, 45), (30, None))
"""What follows from the successions below: the sizes for which each of three keys may sign."""


def succession(earlier: int = 0, later: int = 1, *, first: int = 10, last: int = 20) -> Succession:
    return Succession(earlier=KEYS[earlier], later=KEYS[later], from_size=first, until_size=last)


def signed(earlier: int = 0, later: int = 1, *, first: int = 10, last: int = 20) -> bytes:
    return sign_succession(
        succession(earlier, later, first=first, last=last),
        SECRETS[earlier].sign,
        SECRETS[later].sign,
    )


LINE = (signed(), signed(1, 2, first=30, last=45))


def checkpoint(size: int, *signers: int) -> bytes:
    first, *others = ((KEYS[each], SECRETS[each].sign) for each in signers)
    head = Checkpoint(origin=ORIGIN, size=size, root=bytes(32))
    return sign_checkpoint(head, *first, *others)


@pytest.mark.parametrize("trusted", [0, 1, 2])
@pytest.mark.parametrize("kept", [LINE, LINE[::-1], (*LINE, LINE[0])])
def test_whoever_trusts_any_key_of_a_log_comes_to_all_of_them(
    trusted: int, kept: tuple[bytes, ...]
) -> None:
    keys = follow(KEYS[trusted], kept, check_ed25519)

    assert tuple((term.first, term.last) for term in keys.terms) == TERMS
    assert [term.key for term in keys.terms] == KEYS[:3]
    assert (keys.newest, keys.origin) == (KEYS[2], ORIGIN)
    assert keys.at(9) == (KEYS[0],)
    assert keys.at(20) == (KEYS[0], KEYS[1])
    assert keys.at(46) == (KEYS[2],)


def test_a_log_that_never_changed_its_key_has_one_for_ever() -> None:
    keys = follow(KEYS[0], (), check_ed25519)

    assert keys == LogKeys.of(KEYS[0])
    assert keys.open(checkpoint(1 << 40, 0), check_ed25519).size == 1 << 40


@given(st.integers(0, 60), st.sampled_from([0, 1, 2]))
def test_a_key_signs_within_its_term_and_not_beyond(size: int, signer: int) -> None:
    keys = follow(KEYS[1], LINE, check_ed25519)
    first, last = TERMS[signer]
    note = checkpoint(size, signer)
    if first <= size and (last is None or size <= last):
        assert keys.open(note, check_ed25519).size == size
    else:
        with pytest.raises(SignatureInvalid, match="whose term is"):
            keys.open(note, check_ed25519)


def test_a_key_stolen_after_its_end_signs_nothing_new() -> None:
    keys = follow(KEYS[0], LINE, check_ed25519)

    with pytest.raises(SignatureInvalid, match=r"21 records .* whose term is 0 to 20"):
        keys.open(checkpoint(21, 0), check_ed25519)
    with pytest.raises(SignatureInvalid, match="whose term is 30 and more"):
        keys.open(checkpoint(29, 2), check_ed25519)


def test_both_keys_sign_while_their_terms_overlap() -> None:
    note = checkpoint(15, 0, 1)

    for known in (LogKeys.of(KEYS[0]), LogKeys.of(KEYS[1]), follow(KEYS[0], LINE, check_ed25519)):
        assert known.open(note, check_ed25519).size == 15


def test_a_wrong_signature_of_one_key_spoils_what_the_other_signed() -> None:
    note = parse_note(checkpoint(15, 0, 1))
    wrong = replace(note.signatures[1], signature=bytes(64))
    keys = follow(KEYS[0], LINE, check_ed25519)

    with pytest.raises(SignatureInvalid, match="not over this note"):
        keys.check(replace(note, signatures=(note.signatures[0], wrong)), check_ed25519)


def test_a_stranger_signs_for_nobody() -> None:
    keys = follow(KEYS[0], LINE, check_ed25519)

    with pytest.raises(SignatureInvalid, match="no signature"):
        keys.open(checkpoint(15, 4), check_ed25519)
    other = Checkpoint(origin="vultus/other", size=3, root=bytes(32))
    with pytest.raises(SignatureInvalid, match="is signed by the key"):
        keys.open(sign_note(encode_body(other), KEYS[0], SECRETS[0].sign), check_ed25519)


@pytest.mark.parametrize("signer", [0, 1, 4])
def test_a_succession_that_one_of_both_did_not_sign_is_refused(signer: int) -> None:
    text = encode_succession(succession())
    alone = sign_note(text, KEYS[signer], SECRETS[signer].sign)

    with pytest.raises(SignatureInvalid):
        open_succession(alone, check_ed25519)
    with pytest.raises(SignatureInvalid):
        follow(KEYS[0], [alone], check_ed25519)


@pytest.mark.parametrize(
    "kept",
    [
        (signed(), signed(last=21)),
        (signed(), signed(0, 2)),
        (signed(0, 2), signed(1, 2)),
        (signed(), signed(1, 0, first=30, last=40)),
        (signed(), signed(3, 4)),
        (signed(3, 4),),
        (signed(), signed(1, 2, first=20, last=30)),
    ],
    ids=["two ends", "two heirs", "two forebears", "a ring", "a stray", "a stranger", "too soon"],
)
def test_statements_that_make_no_single_line_are_refused(kept: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureInvalid):
        follow(KEYS[0], kept, check_ed25519)


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62))
def test_a_succession_is_read_back_as_it_was_written(first: int, more: int) -> None:
    made = succession(first=first, last=first + more)

    assert parse_succession(encode_succession(made)) == made
    assert open_succession(signed(first=first, last=first + more), check_ed25519) == made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("vultus/log-key-succession/v1", "vultus/log-key-succession/v2"),
        ("from 10", "from 010"),
        ("from 10", "10"),
        ("from 10", "until 10"),
        ("until 20", "until 9"),
        ("until 20\n", "until 20"),
        ("until 20\n", "until 20\nand more\n"),
        (f"\n{ORIGIN}\n", "\nvultus/other\n"),
    ],
)
def test_a_text_that_is_not_a_succession_is_refused(old: str, new: str) -> None:
    text = encode_succession(succession())
    assert old in text

    with pytest.raises(MalformedInput):
        parse_succession(text.replace(old, new, 1))


def test_a_succession_is_between_two_keys_of_one_log() -> None:
    with pytest.raises(MalformedInput):
        replace(succession(), later=replace(KEYS[1], name="vultus/other"))
    with pytest.raises(MalformedInput):
        replace(succession(), later=KEYS[0])
    with pytest.raises(MalformedInput):
        replace(succession(), from_size=-1)


def test_a_succession_is_no_checkpoint_and_a_checkpoint_no_succession() -> None:
    with pytest.raises(MalformedInput):
        LogKeys.of(KEYS[0]).open(signed(), check_ed25519)
    with pytest.raises(MalformedInput):
        open_succession(checkpoint(10, 0, 1), check_ed25519)
