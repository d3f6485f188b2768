"""Accounts: the secrets behind a practitioner's identity, outside the record.

Rules kept here:

1. A password is kept as an Argon2id hash, a one-time-password secret sealed under the clinic's
   key. Nothing here is ever logged.
2. A one-time code is used once, also when two requests arrive together.
3. An account's name belongs to one person, also after their access ended: no name is given to
   somebody else [21 CFR 11.100(a)]. Whoever gets new secrets is signed out everywhere.
4. A secret that is issued anew follows from the request, so that repeating it gives the same.
5. Hashing takes 64 MiB each time; only a few go on at once, whoever asks.

Source: RFC 9106 section 4, second recommended option (64 MiB, 3 passes, 4 lanes).
"""

import threading
from dataclasses import dataclass
from typing import Final

import argon2
import sqlalchemy as sa
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from adapters.database import reading
from adapters.one_time_password import SECRET_BYTES, step_of
from adapters.sign_ins import SignIns, metadata, sign_ins_of
from domain.errors import NotFound, RuleViolation
from domain.ports import KeyRing, Randomness
from domain.values.identifiers import PractitionerId
from domain.values.time import ServerTime

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

_TOKEN_BYTES = 32
_UNUSED = -1
_ASSOCIATED = b"vultus/account/totp\n"
_ANEW = "vultus/account/totp/"
_BLOCKED = ""
"""In the place of a hash: matches no password."""
_HASHING = threading.BoundedSemaphore(4)
_HASHER = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
_NOBODY: Final[list[str]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found about a claimed identity.

    Attributes:
        practitioner: Whose account it is; none when there is no such account.
        failed: The factor that failed, ``ended`` where nothing lets in any more, or none when all
            are good.
    """

    practitioner: PractitionerId | None
    failed: str | None


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
        self.sign_ins = SignIns(engine, randomness=randomness)
        """Who is in."""

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
                connection.execute(sign_ins_of(practitioner))
        except sa.exc.IntegrityError:
            # Without its cause: that holds the values.
            raise RuleViolation(
                "access.account-taken",
                "the account's name belongs to somebody else",
                "Choose another name.",
            ) from None
        return secret

    def name_of(self, practitioner: PractitionerId) -> str | None:
        """Return the name of a person's account, or none."""
        found = self._find(ACCOUNT.c.practitioner == str(practitioner))
        return None if found is None else str(found["account"])

    def renew(
        self, practitioner: PractitionerId, *, password: str | None, request: str | None
    ) -> bytes | None:
        """Replace password, one-time-password secret or both, and end every sign-in.

        Args:
            practitioner: Whose.
            password: The new password; none keeps the old one.
            request: Names the request for a new secret, which follows from it; none keeps the old.

        Returns:
            The new secret, or none where it was kept. What stands there already is left alone.

        Raises:
            NotFound: the person has no account.
        """
        own = ACCOUNT.c.practitioner == str(practitioner)
        found = self._account(own)
        values: dict[str, object] = {}
        if password is not None and not _matches(found["password_hash"], password):
            values["password_hash"] = _hashed(password)
        secret = None
        if request is not None:
            purpose = f"{_ANEW}{practitioner}/{request}".encode()
            secret = self._keys.derive(self._clinic_key, purpose)[:SECRET_BYTES]
            if self._secret(found) != secret:
                nonce = self._randomness.token(12)
                sealed = self._keys.seal(self._clinic_key, nonce, secret, _ASSOCIATED)
                values |= {"totp_nonce": nonce, "totp_sealed": sealed, "totp_last_step": _UNUSED}
        if values:
            with self._engine.begin() as connection:
                connection.execute(sa.update(ACCOUNT).where(own).values(values))
                connection.execute(sign_ins_of(practitioner))
        return secret

    def choose(self, practitioner: PractitionerId, password: str, *, token: str) -> int:
        """Set a password that the person chose; end every other sign-in and return how many.

        Raises:
            NotFound: the person has no account.
            RuleViolation: it is the password that is in force.
        """
        own = ACCOUNT.c.practitioner == str(practitioner)
        if _matches(self._account(own)["password_hash"], password):
            raise RuleViolation(
                "access.other-password",
                "the new password is the one in force, which somebody else may know",
                "Choose another one.",
            )
        hashed = _hashed(password)
        with self._engine.begin() as connection:
            connection.execute(sa.update(ACCOUNT).where(own).values(password_hash=hashed))
            return connection.execute(sign_ins_of(practitioner, but=token)).rowcount

    def block(self, practitioner: PractitionerId) -> None:
        """Let nobody in by a person's account any more, from this moment; its name stays taken."""
        own = ACCOUNT.c.practitioner == str(practitioner)
        with self._engine.begin() as connection:
            connection.execute(sa.update(ACCOUNT).where(own).values(password_hash=_BLOCKED))
            connection.execute(sign_ins_of(practitioner))

    def prove_password(self, practitioner: PractitionerId, password: str) -> Proof:
        """Check the password alone of a signed-in practitioner."""
        found = self._account(ACCOUNT.c.practitioner == str(practitioner))
        good = _matches(found["password_hash"], password)
        return Proof(practitioner=practitioner, failed=None if good else "password")

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

    def _find(self, condition: sa.ColumnElement[bool]) -> sa.RowMapping | None:
        with reading(self._engine).connect() as connection:
            found = connection.execute(sa.select(ACCOUNT).where(condition))
            return found.mappings().one_or_none()

    def _account(self, condition: sa.ColumnElement[bool]) -> sa.RowMapping:
        found = self._find(condition)
        if found is None:
            message = "this person has no account"
            raise NotFound(message)
        return found

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
        if row["password_hash"] == _BLOCKED:
            _matches(self._nobody, password or "")
            return Proof(practitioner=practitioner, failed="ended")
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


def _hashed(password: str) -> str:
    with _HASHING:
        return _HASHER.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    with _HASHING:
        try:
            return _HASHER.verify(password_hash, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
