"""Tests of the log's key and what succeeds it."""

from functools import partial

import pytest

from domain.errors import RuleViolation
from domain.events.log_key import LogKeyRotated
from domain.ledger.checkpoint import VerifierKey, encode_verifier_key
from domain.ledger.log_keys import Succession
from domain.rules.log_key import LOG_KEY, OVERLAP_MAX, refuse_while_two_sign, rotate_log_key
from tests.given import given

KEYS = [VerifierKey(name="vultus/clinic", public_key=bytes([each]) * 32) for each in range(3)]


def succession(earlier: int = 0, first: int = 10, last: int = 20) -> Succession:
    return Succession(
        earlier=KEYS[earlier], later=KEYS[earlier + 1], from_size=first, until_size=last
    )


rotate = partial(rotate_log_key, statement="signed", succession=succession(), size=10)
ROTATED = LogKeyRotated(
    earlier=encode_verifier_key(KEYS[0]),
    later=encode_verifier_key(KEYS[1]),
    from_size=10,
    until_size=20,
    statement="signed",
)


def test_a_succession_is_recorded_with_its_statement() -> None:
    given(LOG_KEY).when(rotate).then(ROTATED)
    assert given(LOG_KEY, ROTATED).state.rotations == (ROTATED,)


def test_while_two_keys_sign_there_is_no_third() -> None:
    again = partial(rotate, succession=succession(1, 20, 40), size=20)
    given(LOG_KEY, ROTATED).when(again).refuses("log-key.overlap")
    state = given(LOG_KEY, ROTATED).state
    with pytest.raises(RuleViolation, match="more than 20 records"):
        refuse_while_two_sign(state, size=20)
    refuse_while_two_sign(state, size=21)
    later = partial(rotate, succession=succession(1, 21, 40), size=21)
    assert later(state).from_size == 21


def test_only_the_key_that_signs_hands_over() -> None:
    given(LOG_KEY, ROTATED).when(
        partial(rotate, succession=succession(0, 21, 40), size=21)
    ).refuses("log-key.line")


@pytest.mark.parametrize(
    ("first", "last", "size"), [(11, 20, 10), (10, 20, 21), (10, 11 + OVERLAP_MAX, 10)]
)
def test_a_succession_begins_where_the_log_ends(first: int, last: int, size: int) -> None:
    wrong = partial(rotate, succession=succession(0, first, last), size=size)
    given(LOG_KEY).when(wrong).refuses("log-key.sizes")
