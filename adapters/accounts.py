"""Accounts and sign-ins: the secrets behind a practitioner's identity, outside the record.

Rules kept here:

1. A password is kept as an Argon2id hash; a one-time-password secret is sealed under the clinic's
   key; a session token is kept as its SHA-256. Nothing here is ever logged.
2. A one-time code is used once, also when two requests arrive together.
3. A sign-in ends after idleness or at its absolute age, whichever comes first. That it was seen
   is noted every ten seconds, so it may end as much too early, and never too late.
4. An account's name belongs to one person. Whoever gets new secrets is signed out everywhere.
5. Hashing takes 64 MiB each time; only a few go on at once, whoever asks.

Source: RFC 9106 section 4, second recommended option (64 MiB, 3 passes, 4 lanes).
"""

import threading
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import argon2
import sqlalchemy as sa
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from adapters.database import reading
from adapters.one_time_password import SECRET_BYTES, step_of
from domain.errors import RuleViolation
from domain.ports import KeyRing, Randomness
from domain.values.identifiers import PractitionerId
from domain.values.time import ServerTime

metadata = sa.MetaData()

ACCOUNT = sa.Table(
    "account",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("practitioner", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("totp_nonce", sa.LargeBinary, nullable=False),
    sa.Column("totp_sealed", sa.LargeBinary, nullable=False),
    sa.Column("totp_last_step", sa.BigInteger, nullable=False),
)

SIGN_IN = sa.Table(
    "sign_in",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("practitioner", sa.Text, nullable=False),
    sa.Column("began_us", sa.BigInteger, nullable=False),
    sa.Column("seen_us", sa.BigInteger, nullable=False),
)

IDLE_US = 15 * 60 * 1_000_000
ABSOLUTE_US = 12 * 3600 * 1_000_000
SEEN_US = 10 * 1_000_000
_TOKEN_BYTES = 32
_UNUSED = -1
_ASSOCIATED = b"vultus/account/totp\n"
_HASHING = threading.BoundedSemaphore(4)
_HASHER = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
_NOBODY: Final[list[str]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found about a claimed identity.

    Attributes:
        practitioner: Whose account it is; none when there is no such account.
        failed: The factor that failed, or none when all are good.
    """

    practitioner: PractitionerId | None
    failed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in that is still good.

    Attributes:
        practitioner: Who.
        began: When all factors were last proven.
    """

    practitioner: PractitionerId
    began: ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A sign-in that has just been found ended.

    Attributes:
        practitioner: Whose.
        reason: ``idle`` or ``expired``.
    """

    practitioner: PractitionerId
    reason: str


def hash_of_nobody(randomness: Randomness) -> str:
    """Return a hash nobody can match, made once for this process and those forked from it.

    So an unknown account costs as much time as a known one.
    """
    if not _NOBODY:
        _NOBODY.append(_HASHER.hash(randomness.token(_TOKEN_BYTES)))
    return _NOBODY[0]


class Accounts:
    """Accounts of one clinic in its database."""

    def __init__(
        self, engine: sa.Engine, *, keys: KeyRing, clinic_key: str, randomness: Randomness
    ) -> None:
        """Use the clinic's database and key."""
        self._engine = engine
        self._keys = keys
        self._clinic_key = clinic_key
        self._randomness = randomness
        self._nobody = hash_of_nobody(randomness)

    def taken(self, account: str, *, by_other_than: PractitionerId) -> bool:
        """Return whether an account's name belongs to somebody else."""
        row = self._find(ACCOUNT.c.account == account)
        return row is not None and row["practitioner"] != by_other_than

    def in_use(self, practitioner: PractitionerId) -> bool:
        """Return whether a person has an account and proved it with a one-time code once."""
        found = self._find(ACCOUNT.c.practitioner == str(practitioner))
        return found is not None and found["totp_last_step"] != _UNUSED

    def issue(self, practitioner: PractitionerId, *, account: str, password: str) -> bytes:
        """Create or replace a person's account and return its one-time-password secret.

        Repeating it with the same account and password returns the same secret, until the first
        code was used.

        Raises:
            RuleViolation: the account's name belongs to somebody else.
        """
        found = self._find(ACCOUNT.c.practitioner == str(practitioner))
        if (
            found is not None
            and found["account"] == account
            and found["totp_last_step"] == _UNUSED
            and _matches(found["password_hash"], password)
        ):
            return self._secret(found)
        secret = self._randomness.token(SECRET_BYTES)
        nonce = self._randomness.token(12)
        sealed = self._keys.seal(self._clinic_key, nonce, secret, _ASSOCIATED)
        values = {
            "account": account,
            "practitioner": str(practitioner),
            "password_hash": _hashed(password),
            "totp_nonce": nonce,
            "totp_sealed": sealed,
            "totp_last_step": _UNUSED,
        }
        own = ACCOUNT.c.practitioner == str(practitioner)
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(ACCOUNT).where(own))
                connection.execute(sa.insert(ACCOUNT).values(values))
                connection.execute(
                    sa.delete(SIGN_IN).where(SIGN_IN.c.practitioner == str(practitioner))
                )
        except sa.exc.IntegrityError:
            # Without its cause: that holds the values.
            raise RuleViolation(
                "access.account-taken",
                "the account's name belongs to somebody else",
                "Choose another name.",
            ) from None
        return secret

    def prove(self, *, account: str, password: str, code: str, now: ServerTime) -> Proof:
        """Check password and one-time code of an account."""
        row = self._find(ACCOUNT.c.account == account)
        return self._prove(row, password=password, code=code, now=now)

    def prove_again(
        self, practitioner: PractitionerId, *, password: str | None, code: str, now: ServerTime
    ) -> Proof:
        """Check the one-time code of a signed-in practitioner, and the password where given."""
        row = self._find(ACCOUNT.c.practitioner == str(practitioner))
        return self._prove(row, password=password, code=code, now=now)

    def begin(self, practitioner: PractitionerId, *, now: ServerTime) -> str:
        """Start a sign-in and return its token, which is kept nowhere."""
        token = self._randomness.token(_TOKEN_BYTES).hex()
        with self._engine.begin() as connection:
            connection.execute(
                sa.insert(SIGN_IN).values(
                    token_hash=_hash(token),
                    practitioner=str(practitioner),
                    began_us=now.us,
                    seen_us=now.us,
                )
            )
        return token

    def current(self, token: str, *, now: ServerTime) -> SignIn | None:
        """Return the sign-in behind a token and note that it was seen; none when it has ended."""
        with reading(self._engine).connect() as connection:
            row = connection.execute(_still_good(token, now)).one_or_none()
        if row is None:
            return None
        if row.seen_us <= now.us - SEEN_US:
            with self._engine.begin() as connection:
                connection.execute(
                    sa.update(SIGN_IN)
                    .where(SIGN_IN.c.token_hash == _hash(token), SIGN_IN.c.seen_us < now.us)
                    .values(seen_us=now.us)
                )
        return SignIn(practitioner=PractitionerId(row.practitioner), began=ServerTime(row.began_us))

    def holds(self, token: str, *, now: ServerTime) -> bool:
        """Return whether a sign-in is still good, without noting that it was seen."""
        with reading(self._engine).connect() as connection:
            return connection.execute(_still_good(token, now)).one_or_none() is not None

    def expire(self, token: str, *, now: ServerTime) -> Ended | None:
        """Forget a sign-in that ended by itself; none when there is none, or another did it."""
        idle, expired = SIGN_IN.c.seen_us <= now.us - IDLE_US, SIGN_IN.c.began_us <= _oldest(now)
        with self._engine.begin() as connection:
            row = connection.execute(
                sa.delete(SIGN_IN)
                .where(SIGN_IN.c.token_hash == _hash(token), idle | expired)
                .returning(SIGN_IN.c.practitioner, SIGN_IN.c.began_us)
            ).one_or_none()
        if row is None:
            return None
        reason = "expired" if row.began_us <= _oldest(now) else "idle"
        return Ended(practitioner=PractitionerId(row.practitioner), reason=reason)

    def end(self, token: str) -> None:
        """End a sign-in; ending it again changes nothing."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(SIGN_IN).where(SIGN_IN.c.token_hash == _hash(token)))

    def _find(self, condition: sa.ColumnElement[bool]) -> sa.RowMapping | None:
        with reading(self._engine).connect() as connection:
            found = connection.execute(sa.select(ACCOUNT).where(condition))
            return found.mappings().one_or_none()

    def _prove(
        self,
        row: sa.RowMapping | None,
        *,
        password: str | None,
        code: str,
        now: ServerTime,
    ) -> Proof:
        if row is None:
            _matches(self._nobody, password or "")
            return Proof(practitioner=None, failed="account")
        practitioner = PractitionerId(row["practitioner"])
        if password is not None and not _matches(row["password_hash"], password):
            return Proof(practitioner=practitioner, failed="password")
        secret = self._secret(row)
        last = row["totp_last_step"]
        step = step_of(secret, code, now_s=now.us // 1_000_000, last_step=last)
        if step is None or not self._use(row["account"], last=last, step=step):
            return Proof(practitioner=practitioner, failed="code")
        return Proof(practitioner=practitioner, failed=None)

    def _secret(self, found: sa.RowMapping) -> bytes:
        return self._keys.open(
            self._clinic_key, found["totp_nonce"], found["totp_sealed"], _ASSOCIATED
        )

    def _use(self, account: str, *, last: int, step: int) -> bool:
        """Mark a step as used; false when another request used one meanwhile."""
        with self._engine.begin() as connection:
            result = connection.execute(
                sa.update(ACCOUNT)
                .where(ACCOUNT.c.account == account, ACCOUNT.c.totp_last_step == last)
                .values(totp_last_step=step)
            )
            return bool(result.rowcount == 1)


def _still_good(token: str, now: ServerTime) -> sa.Select[tuple[str, int, int]]:
    return sa.select(SIGN_IN.c.practitioner, SIGN_IN.c.began_us, SIGN_IN.c.seen_us).where(
        SIGN_IN.c.token_hash == _hash(token),
        SIGN_IN.c.seen_us > now.us - IDLE_US,
        SIGN_IN.c.began_us > _oldest(now),
    )


def _oldest(now: ServerTime) -> int:
    return now.us - ABSOLUTE_US


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _hashed(password: str) -> str:
    with _HASHING:
        return _HASHER.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    with _HASHING:
        try:
            return _HASHER.verify(password_hash, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
