"""Sign-ins: who is in, by a token that is kept nowhere in clear.

Rules kept here:

1. A session token is kept as its SHA-256, and never logged.
2. A sign-in ends after idleness or at its absolute age, whichever comes first. That it was seen
   is noted every ten seconds, so it may end as much too early, and never too late.
"""

from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from adapters.database import reading
from domain.ports import Randomness
from domain.values.identifiers import PractitionerId
from domain.values.time import ServerTime

metadata = sa.MetaData()
"""The tables of accounts and sign-ins, outside the record."""

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


class SignIns:
    """Sign-ins of one clinic in its database."""

    def __init__(self, engine: sa.Engine, *, randomness: Randomness) -> None:
        """Use the clinic's database."""
        self._engine = engine
        self._randomness = randomness

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


def _still_good(token: str, now: ServerTime) -> sa.Select[tuple[str, int, int]]:
    return sa.select(SIGN_IN.c.practitioner, SIGN_IN.c.began_us, SIGN_IN.c.seen_us).where(
        SIGN_IN.c.token_hash == _hash(token),
        SIGN_IN.c.seen_us > now.us - IDLE_US,
        SIGN_IN.c.began_us > _oldest(now),
    )


def sign_ins_of(practitioner: PractitionerId, *, but: str | None = None) -> sa.Delete:
    """Return what ends every sign-in of a person, but that of one token where given."""
    ending = sa.delete(SIGN_IN).where(SIGN_IN.c.practitioner == str(practitioner))
    return ending if but is None else ending.where(SIGN_IN.c.token_hash != _hash(but))


def _oldest(now: ServerTime) -> int:
    return now.us - ABSOLUTE_US


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
