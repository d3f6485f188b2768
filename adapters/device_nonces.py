"""Numbers that signed requests of devices were sent with, remembered in the clinic's database.

Rules kept here:

1. A number is used once, also when two requests arrive together, at whichever process, and after
   a restart: the database decides, in one statement.
2. It is forgotten only when no process could take its request any more, for its time is too far
   from ours; also where the clocks of our processes differ by as much as a device's may.
3. Only requests whose signature was checked come here, so only our own stations fill the table.
   What has expired is removed at most once a minute by each process.
"""

import threading
from datetime import timedelta
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from adapters.database import engine_errors
from adapters.device_requests import TOLERANCE
from domain.values.identifiers import DeviceId
from domain.values.time import ServerTime

metadata = sa.MetaData()

DEVICE_NONCE = sa.Table(
    "device_nonce",
    metadata,
    sa.Column("nonce_hash", sa.LargeBinary, primary_key=True),
    sa.Column(
        "expires_us",
        sa.BigInteger,
        nullable=False,
    ),
)

REMEMBERED: Final = 3 * TOLERANCE
"""From the first use: a request dated ahead of us is taken for twice the tolerance, and longer
still where another process's clock is behind."""

SWEEP_EVERY: Final = timedelta(minutes=1)


class DeviceNonces:
    """The numbers used with one clinic's database; safe for several threads and processes."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use the clinic's database."""
        self._engine = engine
        # The two say the same, but SQLAlchemy has no word for what they have in common.
        postgres = engine.dialect.name == "postgresql"
        self._insert = postgresql.insert if postgres else sqlite.insert
        self._swept: ServerTime | None = None
        self._lock = threading.Lock()

    def use(self, device: DeviceId, nonce: str, *, now: ServerTime) -> bool:
        """Use a device's number; false when it was used before.

        Raises:
            Unavailable: the database cannot be used; the number counts as unused, or as used.
        """
        if self._sweep_is_due(now):
            self._sweep(now)
        values = {
            "nonce_hash": sha256(f"{device}/{nonce}".encode()).digest(),
            "expires_us": now.plus(REMEMBERED).us,
        }
        again = {"expires_us": values["expires_us"]}
        expired = DEVICE_NONCE.c.expires_us <= now.us
        statement = self._insert(DEVICE_NONCE).values(values)
        decided = statement.on_conflict_do_update(
            index_elements=["nonce_hash"], set_=again, where=expired
        ).returning(DEVICE_NONCE.c.nonce_hash)
        with engine_errors(), self._engine.begin() as connection:
            return connection.execute(decided).first() is not None

    def _sweep_is_due(self, now: ServerTime) -> bool:
        with self._lock:
            due = self._swept is None or self._swept.plus(SWEEP_EVERY) <= now
            if due:
                self._swept = now
            return due

    def _sweep(self, now: ServerTime) -> None:
        """Remove what has expired, but for what another process removes at this moment."""
        expired = (
            sa.select(DEVICE_NONCE.c.nonce_hash)
            .where(DEVICE_NONCE.c.expires_us <= now.us)
            .with_for_update(skip_locked=True)
        )
        with engine_errors(), self._engine.begin() as connection:
            connection.execute(
                sa.delete(DEVICE_NONCE).where(DEVICE_NONCE.c.nonce_hash.in_(expired))
            )
