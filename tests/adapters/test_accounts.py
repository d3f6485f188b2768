"""Accounts and sign-ins: what is stored, what proves who somebody is, when it ends."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import argon2
import pytest
import sqlalchemy as sa

from adapters import accounts
from adapters.accounts import ACCOUNT, Accounts, hash_of_nobody
from adapters.database import migrate, open_engine
from adapters.memory import ManualClock, MemoryKeyRing, SeededRandomness
from adapters.one_time_password import STEP_S, code_at
from adapters.sign_ins import ABSOLUTE_US, IDLE_US, SIGN_IN
from domain.errors import NotFound, RuleViolation
from tests.builders import MORNING, OPERATOR, PRACTITIONER

KEY = "clinic:test"
PASSWORD = "correct horse battery staple"
SECOND = timedelta(seconds=1)


class Kept:
    """Accounts in a database, and a clock."""

    def __init__(self, folder: Path) -> None:
        """Make the database."""
        dsn = f"sqlite:///{folder}/accounts.db"
        migrate(dsn)
        self.engine = open_engine(dsn)
        self.clock = ManualClock(MORNING)
        keys = MemoryKeyRing(SeededRandomness("keys"))
        keys.create(KEY)
        self.accounts = Accounts(
            self.engine, keys=keys, clinic_key=KEY, randomness=SeededRandomness("tokens")
        )

    def code(self, secret: bytes) -> str:
        """Return the code of this moment."""
        return code_at(secret, self.clock.now().us // 1_000_000 // STEP_S)

    def rows(self, table: sa.Table) -> list[tuple[object, ...]]:
        """Return everything that is stored in a table."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.select(table))]


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Kept]:
    """Accounts in an empty database, with the hashes that are shipped."""
    found = Kept(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """Accounts in an empty database, with hashes that take no time."""
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_HASHER", weak)
    found = Kept(tmp_path)
    yield found
    found.engine.dispose()


@pytest.mark.verifies("REQ-IN-217")
def test_no_secret_is_stored_in_clear(kept: Kept) -> None:
    secret = kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    token = kept.accounts.sign_ins.begin(OPERATOR, now=kept.clock.now())

    stored = repr(kept.rows(ACCOUNT) + kept.rows(SIGN_IN))
    assert "olga" in stored
    for each in (PASSWORD, token, bytes.fromhex(token), secret, secret.hex()):
        assert repr(each).strip("b'\"") not in stored


@pytest.mark.verifies("REQ-IN-217")
def test_passwords_are_hashed_as_rfc_9106_recommends(shipped: Kept) -> None:
    shipped.accounts.issue(OPERATOR, account="olga", password=PASSWORD)

    hashed = str(shipped.rows(ACCOUNT)[0][2])
    parameters = argon2.extract_parameters(hashed)
    assert parameters.type is argon2.Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65536, 3, 4)
    assert parameters.salt_len >= 16


def test_all_factors_together_prove_who_it_is_and_each_one_alone_does_not(kept: Kept) -> None:
    secret = kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    now, code = kept.clock.now(), kept.code(secret)
    prove = kept.accounts.prove

    wrong = prove(account="olga", password="guess", code=code, now=now)
    stale = prove(account="olga", password=PASSWORD, code="000000", now=now)
    nobody = prove(account="olaf", password=PASSWORD, code=code, now=now)
    good = prove(account="olga", password=PASSWORD, code=code, now=now)

    assert (wrong.practitioner, wrong.failed) == (OPERATOR, "password")
    assert (stale.practitioner, stale.failed) == (OPERATOR, "code")
    assert (nobody.practitioner, nobody.failed) == (None, "account")
    assert (good.practitioner, good.failed) == (OPERATOR, None)


@pytest.mark.verifies("REQ-IN-198")
def test_a_code_is_used_once_also_by_two_at_once(kept: Kept) -> None:
    secret = kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    now, code = kept.clock.now(), kept.code(secret)
    together = threading.Barrier(4)

    def prove() -> str | None:
        together.wait()
        return kept.accounts.prove_again(OPERATOR, password=None, code=code, now=now).failed

    with ThreadPoolExecutor(4) as pool:
        found = [each.result() for each in [pool.submit(prove) for _ in range(4)]]

    assert sorted(found, key=str) == [None, "code", "code", "code"]


def test_an_unknown_account_costs_a_hash_as_well(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    original = argon2.PasswordHasher.verify

    def count(self: argon2.PasswordHasher, hashed: str, password: str) -> bool:
        verified.append(hashed)
        return original(self, hashed, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", count)
    secret = kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    for account in ("olga", "olaf"):
        code, now = kept.code(secret), kept.clock.now()
        kept.accounts.prove(account=account, password="guess", code=code, now=now)

    known, unknown = map(argon2.extract_parameters, verified)
    assert known == unknown


@pytest.mark.verifies("REQ-IN-198")
def test_a_sign_in_ends_after_idleness_and_says_so_once(kept: Kept) -> None:
    token = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    idle = timedelta(microseconds=IDLE_US)

    assert kept.accounts.sign_ins.current(token, now=MORNING.plus(idle - SECOND)) is not None
    later = MORNING.plus(idle - SECOND + idle)
    assert kept.accounts.sign_ins.expire(token, now=MORNING.plus(idle)) is None
    assert not kept.accounts.sign_ins.holds(token, now=later)
    assert kept.accounts.sign_ins.current(token, now=later) is None

    ended = kept.accounts.sign_ins.expire(token, now=later)
    assert ended is not None
    assert (ended.practitioner, ended.reason) == (OPERATOR, "idle")
    assert kept.accounts.sign_ins.expire(token, now=later) is None


def test_a_sign_in_ends_at_its_age_however_active(kept: Kept) -> None:
    token = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    step = timedelta(microseconds=IDLE_US) - SECOND
    now, end = MORNING, MORNING.plus(timedelta(microseconds=ABSOLUTE_US))

    while now.plus(step) < end:
        now = now.plus(step)
        assert kept.accounts.sign_ins.current(token, now=now) is not None
    assert kept.accounts.sign_ins.current(token, now=end) is None
    ended = kept.accounts.sign_ins.expire(token, now=end)
    assert ended is not None
    assert ended.reason == "expired"


def test_looking_whether_it_holds_keeps_no_sign_in_alive(kept: Kept) -> None:
    token = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    half = timedelta(microseconds=IDLE_US // 2)

    assert kept.accounts.sign_ins.holds(token, now=MORNING.plus(half))
    assert not kept.accounts.sign_ins.holds(token, now=MORNING.plus(half * 2))


def test_being_seen_is_not_written_for_every_request(kept: Kept) -> None:
    token = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    kept.accounts.sign_ins.current(token, now=MORNING.plus(9 * SECOND))
    before = kept.rows(SIGN_IN)
    kept.accounts.sign_ins.current(token, now=MORNING.plus(10 * SECOND))

    assert before[0][3] == MORNING.us
    assert kept.rows(SIGN_IN)[0][3] == MORNING.plus(10 * SECOND).us


def test_a_name_belongs_to_one_person(kept: Kept) -> None:
    kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)

    assert kept.accounts.taken("olga", by_other_than=PRACTITIONER)
    assert not kept.accounts.taken("olga", by_other_than=OPERATOR)
    with pytest.raises(RuleViolation) as refused:
        kept.accounts.issue(PRACTITIONER, account="olga", password=PASSWORD)
    assert refused.value.rule == "access.account-taken"
    assert refused.value.__cause__ is None
    assert kept.rows(ACCOUNT)[0][1] == OPERATOR


def test_issuing_again_gives_the_same_secret_until_it_was_used(kept: Kept) -> None:
    issue = kept.accounts.issue
    first = issue(OPERATOR, account="olga", password=PASSWORD)

    assert issue(OPERATOR, account="olga", password=PASSWORD) == first
    kept.accounts.prove_again(OPERATOR, password=None, code=kept.code(first), now=kept.clock.now())
    assert issue(OPERATOR, account="olga", password=PASSWORD) != first


def test_new_secrets_end_every_sign_in_of_that_person_only(kept: Kept) -> None:
    kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    old = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    other = kept.accounts.sign_ins.begin(PRACTITIONER, now=MORNING)
    kept.accounts.issue(OPERATOR, account="olga", password="another long password")

    assert kept.accounts.sign_ins.current(old, now=MORNING) is None
    assert kept.accounts.sign_ins.current(other, now=MORNING) is not None


def test_a_secret_issued_anew_follows_from_the_request_and_takes_the_old_ones_place(
    kept: Kept,
) -> None:
    first = kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    code = kept.code(first)
    kept.accounts.prove(account="olga", password=PASSWORD, code=code, now=kept.clock.now())
    old = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    renew = kept.accounts.renew
    second = renew(OPERATOR, password=None, request="one")

    assert second is not None
    assert second not in (first, renew(OPERATOR, password=None, request="two"))
    assert renew(OPERATOR, password=None, request="one") == second
    assert kept.accounts.sign_ins.current(old, now=MORNING) is None
    kept.clock.advance(timedelta(seconds=STEP_S))
    proofs = [
        kept.accounts.prove(account="olga", password=PASSWORD, code=each, now=kept.clock.now())
        for each in (kept.code(first), kept.code(second))
    ]
    assert [each.failed for each in proofs] == ["code", None]
    # What stands there already is left alone, and so is who came in by it.
    new = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    assert renew(OPERATOR, password=PASSWORD, request="one") == second
    assert kept.accounts.sign_ins.current(new, now=MORNING) is not None


def test_a_password_alone_is_replaced_without_telling_a_secret(kept: Kept) -> None:
    secret = kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)

    assert kept.accounts.renew(OPERATOR, password="another long password", request=None) is None
    assert kept.accounts.prove_password(OPERATOR, PASSWORD).failed == "password"
    assert kept.accounts.prove_password(OPERATOR, "another long password").failed is None
    proof = kept.accounts.prove_again(
        OPERATOR, password=None, code=kept.code(secret), now=kept.clock.now()
    )
    assert proof.failed is None


def test_a_chosen_password_is_another_one_and_ends_the_other_sign_ins(kept: Kept) -> None:
    kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    other, own = (kept.accounts.sign_ins.begin(OPERATOR, now=MORNING) for _ in range(2))
    with pytest.raises(RuleViolation) as refused:
        kept.accounts.choose(OPERATOR, PASSWORD, token=own)

    assert refused.value.rule == "access.other-password"
    assert kept.accounts.choose(OPERATOR, "another long password", token=own) == 1
    assert kept.accounts.sign_ins.current(other, now=MORNING) is None
    assert kept.accounts.sign_ins.current(own, now=MORNING) is not None


@pytest.mark.verifies("REQ-IN-194")
def test_a_blocked_account_lets_nobody_in_and_keeps_its_name(kept: Kept) -> None:
    secret = kept.accounts.issue(OPERATOR, account="olga", password=PASSWORD)
    token = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    kept.accounts.block(OPERATOR)
    now, code = kept.clock.now(), kept.code(secret)

    assert kept.accounts.sign_ins.current(token, now=now) is None
    for password in (PASSWORD, ""):
        proof = kept.accounts.prove(account="olga", password=password, code=code, now=now)
        assert (proof.practitioner, proof.failed) == (OPERATOR, "ended")
        assert kept.accounts.prove_password(OPERATOR, password).failed == "password"
    again = kept.accounts.prove_again(OPERATOR, password=None, code=code, now=now)
    assert again.failed == "ended"
    assert kept.accounts.taken("olga", by_other_than=PRACTITIONER)
    assert kept.accounts.name_of(OPERATOR) == "olga"


def test_nothing_is_renewed_where_there_is_no_account(kept: Kept) -> None:
    assert kept.accounts.name_of(OPERATOR) is None
    with pytest.raises(NotFound):
        kept.accounts.renew(OPERATOR, password=PASSWORD, request=None)


def test_ending_a_sign_in_twice_changes_nothing(kept: Kept) -> None:
    token = kept.accounts.sign_ins.begin(OPERATOR, now=MORNING)
    kept.accounts.sign_ins.end(token)
    kept.accounts.sign_ins.end(token)

    assert kept.accounts.sign_ins.current(token, now=MORNING) is None


def test_one_hash_that_nobody_matches_serves_every_account_store_of_a_process() -> None:
    made = hash_of_nobody(SeededRandomness("first"))
    assert hash_of_nobody(SeededRandomness("second")) == made
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(made, PASSWORD)
