"""Witnesses the checkpoints of other logs: cosigns what continues what it cosigned before.

Rules kept here:

1. For each log one checkpoint is remembered, the newest that was cosigned. It only ever moves
   forwards, by a proof that was checked, and is durable before the cosignature is given out.
2. Looking at what is remembered and moving it is one step, however many ask at once.
3. A checkpoint that a log signed and that contradicts what it signed before is evidence: it is
   kept, and never cosigned.
4. Nobody is asked who they are. The log's own signature is what counts.

Source: C2SP specifications ``tlog-witness`` (``add-checkpoint``) and ``tlog-cosignature``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from adapters.database import engine_errors, reading
from adapters.keys.signing import Signer, is_ed25519_signature
from adapters.ledger.witnessed_logs import WitnessedLogs
from domain.errors import MalformedInput, NotFound, ProofInvalid, SignatureInvalid
from domain.ledger.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    SignedNote,
    VerifierKey,
    encode_note,
    parse_body,
    parse_note,
)
from domain.ledger.cosignature import AddCheckpoint, cosign, encode_lines, parse_request
from domain.ledger.log_keys import LogKeys
from domain.ledger.proof import check_consistency
from domain.ports import Clock

OK, BAD, FORBIDDEN, UNKNOWN, CONFLICT, INCONSISTENT = 200, 400, 403, 404, 409, 422
"""HTTP status codes of the protocol."""

TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"

_EMPTY_ROOT: Final = sha256(b"").digest()
_LOGS = sa.table(
    "witnessed_logs",
    sa.column("origin", sa.Text),
    sa.column("origin_hash", sa.Text),
    sa.column("size", sa.BigInteger),
    sa.column("root", sa.LargeBinary),
    sa.column("note", sa.LargeBinary),
    sa.column("cosigned_at_us", sa.BigInteger),
)
_CONFLICTS = sa.table(
    "witness_conflicts",
    sa.column("origin", sa.Text),
    sa.column("size", sa.BigInteger),
    sa.column("root", sa.LargeBinary),
    sa.column("note", sa.LargeBinary),
    sa.column("known", sa.LargeBinary),
    sa.column("seen_at_us", sa.BigInteger),
)
_BEGIN = sa.text(
    "INSERT INTO witnessed_logs (origin, origin_hash, size, root, note, cosigned_at_us) "
    "VALUES (:origin, :origin_hash, 0, :nothing, :nothing, 0) ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("nothing", type_=sa.LargeBinary))
_KEEP = sa.text(
    "INSERT INTO witness_conflicts (origin, size, root, note, known, seen_at_us) "
    "VALUES (:origin, :size, :root, :note, :known, :seen_at_us) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a witness answers.

    Attributes:
        status: HTTP status code.
        body: The answer.
        media_type: What the body is.
        conflict: How the log contradicts itself, if it was found to do so just now.
    """

    status: int
    body: bytes
    media_type: str = TEXT
    conflict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """What was cosigned last for a log.

    Attributes:
        origin: The log.
        size: Size of its newest cosigned checkpoint.
        cosigned_at_us: When, in microseconds since 1970.
        conflicts: Checkpoints it signed that contradict what was cosigned.
    """

    origin: str
    size: int
    cosigned_at_us: int
    conflicts: int


class Witness:
    """Cosigns for the logs on its list."""

    def __init__(
        self, engine: sa.Engine, *, name: str, signer: Signer, logs: WitnessedLogs, clock: Clock
    ) -> None:
        """Remember in this database, sign under this name."""
        self.key = VerifierKey(name=name, public_key=signer.public_key(), kind=COSIGNATURE)
        self.logs = logs
        self._engine = engine
        self._sign = signer.sign
        self._clock = clock

    def add_checkpoint(self, data: bytes) -> Answer:
        """Answer a request for a cosignature.

        Raises:
            Unavailable: database or disk are away; nothing was cosigned.
        """
        try:
            request = parse_request(data)
            note = parse_note(request.checkpoint)
            checkpoint = parse_body(note.text)
        except MalformedInput as error:
            return Answer(status=BAD, body=f"{error}\n".encode())
        keys = self.logs.keys_of(checkpoint.origin)
        if not keys:
            return Answer(status=UNKNOWN, body=b"this log is not witnessed here\n")
        if not any(_signed(each, request.checkpoint) for each in keys):
            return Answer(status=FORBIDDEN, body=b"no trusted key of this log signed this\n")
        if request.old_size > checkpoint.size:
            return Answer(status=BAD, body=b"the old size is larger than the checkpoint\n")
        return self._cosigned(request, checkpoint, note)

    def latest(self, origin_hash: str) -> bytes:
        """Return the newest checkpoint that was cosigned for a log.

        Raises:
            NotFound: none was.
            Unavailable: the database cannot be read.
        """
        query = sa.select(_LOGS.c.note).where(
            _LOGS.c.origin_hash == origin_hash, _LOGS.c.cosigned_at_us > 0
        )
        with engine_errors(), reading(self._engine).connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise NotFound("nothing was cosigned for this log")
        return bytes(found)

    def witnessed(self) -> tuple[Witnessed, ...]:
        """Return what was cosigned for each log, in the order of their names.

        Raises:
            Unavailable: the database cannot be read.
        """
        conflicts = sa.select(sa.func.count()).where(_CONFLICTS.c.origin == _LOGS.c.origin)
        query = sa.select(
            _LOGS.c.origin,
            _LOGS.c.size,
            _LOGS.c.cosigned_at_us,
            conflicts.scalar_subquery().label("conflicts"),
        ).order_by(_LOGS.c.origin)
        with engine_errors(), reading(self._engine).connect() as connection:
            return tuple(
                Witnessed(
                    origin=row.origin,
                    size=row.size,
                    cosigned_at_us=row.cosigned_at_us,
                    conflicts=row.conflicts,
                )
                for row in connection.execute(query)
            )

    def _cosigned(self, request: AddCheckpoint, checkpoint: Checkpoint, note: SignedNote) -> Answer:
        origin = checkpoint.origin
        mine = _LOGS.c.origin == origin
        with engine_errors(), self._engine.begin() as connection:
            hashed = sha256(origin.encode()).hexdigest()
            connection.execute(_BEGIN, {"origin": origin, "origin_hash": hashed, "nothing": b""})
            # SQLite has locked the whole database by now; PostgreSQL locks this row.
            known = connection.execute(sa.select(_LOGS).where(mine).with_for_update()).one()
            if request.old_size != known.size:
                return Answer(status=CONFLICT, body=f"{known.size}\n".encode(), media_type=SIZE)
            now = self._clock.now()
            try:
                _check_continues(checkpoint, request.proof, known.size, known.root)
            except ProofInvalid as error:
                if known.size:
                    connection.execute(
                        _KEEP,
                        {
                            "origin": origin,
                            "size": checkpoint.size,
                            "root": checkpoint.root,
                            "note": request.checkpoint,
                            "known": known.note,
                            "seen_at_us": now.us,
                        },
                    )
                return Answer(
                    status=INCONSISTENT,
                    body=f"{error}\n".encode(),
                    conflict=f"{origin}: {error}" if known.size else "",
                )
            line = cosign(note.text, now.us // 1_000_000, self.key, self._sign)
            own = tuple(each for each in note.signatures if each.name == origin)
            cosigned = SignedNote(text=note.text, signatures=(*own, line))
            values = {
                "size": checkpoint.size,
                "root": checkpoint.root,
                "note": encode_note(cosigned),
                "cosigned_at_us": now.us,
            }
            connection.execute(sa.update(_LOGS).where(mine).values(values))
        # Only now, that it is durable.
        return Answer(status=OK, body=encode_lines([line]))


def _signed(keys: LogKeys, note: bytes) -> bool:
    try:
        keys.open(note, is_ed25519_signature)
    except SignatureInvalid:
        return False
    return True


def _check_continues(
    checkpoint: Checkpoint, proof: Sequence[bytes], size: int, root: bytes
) -> None:
    """Check that a checkpoint continues a tree, as a witness has to.

    Raises:
        ProofInvalid: it does not, or the proof does not show it.
    """
    if not checkpoint.size and checkpoint.root != _EMPTY_ROOT:
        raise ProofInvalid("a checkpoint of no records has another root than the empty tree")
    if not size:
        if proof:
            raise ProofInvalid("there is nothing to prove where nothing was cosigned")
        return
    check_consistency(
        first=size,
        second=checkpoint.size,
        first_root=root,
        second_root=checkpoint.root,
        proof=proof,
    )
