"""Signs checkpoints and publishes them; refuses to go backwards.

Rules kept here:

1. Before anything is signed, the tree must continue the newest checkpoint ever signed, the one
   beside the log and those outside, wherever one can be reached: same root at that size, and a
   consistency proof that the auditor's checker accepts. Otherwise history was changed, and signing
   would hide it.
2. Kept beside the log first, then outside. A crash, a full disk or a place that is away between
   the two is made good later; none of them keeps the clinic from going on.
3. A checkpoint carries the signature of every key whose term covers its size, as far as the key is
   at hand. A key ends once the one after it has signed for a size beyond its term.
4. Two processes that sign the same tree sign the same text.

Source: C2SP specification ``tlog-checkpoint``.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from hmac import compare_digest

from adapters.keys.signing import Signer, is_ed25519_signature
from adapters.ledger.checkpoints import CheckpointShelf, KeptCheckpoint
from adapters.ledger.log_signing import LogSigners, OneKey, RecordedKeys, origin
from adapters.ledger.outside import Copies
from adapters.ledger.tree_store import TreeStore
from domain.errors import ChainBroken, IntegrityFailure, ProofInvalid
from domain.ledger.checkpoint import Checkpoint, VerifierKey, sign_checkpoint
from domain.ledger.log_keys import LogKeys
from domain.ledger.proof import check_consistency
from domain.ports import Clock
from domain.values.identifiers import ClinicId

EVERY_RECORDS = 256
EVERY = timedelta(seconds=60)


class Checkpointer:
    """Signs the head of one log."""

    def __init__(
        self,
        *,
        clinic: ClinicId,
        size: Callable[[], int],
        tree: TreeStore,
        shelf: CheckpointShelf,
        signer: Signer | RecordedKeys,
        clock: Clock,
        copies: Copies | None = None,
        every_records: int = EVERY_RECORDS,
        every: timedelta = EVERY,
    ) -> None:
        """Sign for a log.

        Args:
            clinic: Whose log it is.
            size: Returns the number of its records.
            tree: Its tree.
            shelf: Keeps checkpoints beside the log.
            signer: Holds the log's Ed25519 key, or all it had and has.
            clock: Our clock.
            copies: Keeps copies where whoever holds the database cannot reach.
            every_records: Sign after so many new records.
            every: Sign new records after so long.
        """
        self._signers: LogSigners = (
            signer if isinstance(signer, RecordedKeys) else OneKey(origin(clinic), signer)
        )
        self._recorded = signer if isinstance(signer, RecordedKeys) else None
        self._origin = origin(clinic)
        self._size = size
        self._tree = tree
        self._shelf = shelf
        self._clock = clock
        self._copies = copies or Copies(clock=clock)
        self._every_records = every_records
        self._every = every
        self._turn = threading.Lock()

    @property
    def key(self) -> VerifierKey:
        """The log's newest key."""
        return self.keys.newest

    @property
    def keys(self) -> LogKeys:
        """Every key the log had, and the sizes for which it may sign."""
        return self._signers.keys()

    def successions(self) -> tuple[bytes, ...]:
        """Return the signed statements by which one key followed another, in order."""
        return self._signers.successions()

    def sign_if_due(self) -> KeptCheckpoint | None:
        """Sign when enough records or time have passed; return what was signed.

        Raises:
            IntegrityFailure: the log does not continue what was signed before.
            Unavailable: a checkpoint cannot be kept beside the log.
        """
        newest = self._shelf.newest()
        covered = 0 if newest is None else newest.size
        waiting = self._size() - covered
        if newest is not None and waiting == 0:
            self._copies.keep_near(newest)
            return None
        age = self._every if newest is None else _age(newest, self._clock)
        if waiting >= self._every_records or (waiting and age >= self._every) or waiting < 0:
            return self.sign()
        return None

    def sign(self) -> KeptCheckpoint | None:
        """Sign the log as it is now; return the newest checkpoint, None for an empty log.

        Raises:
            IntegrityFailure: the log does not continue what was signed before.
            Unavailable: a checkpoint cannot be kept beside the log.
        """
        with self._turn:
            # What was signed is read before the log: another process may sign more meanwhile, and
            # a log that is read first would seem to have lost what it recorded since.
            newest, seen = self._shelf.newest(), tuple(self._copies.seen())
            size = self._size()
            root = self._tree.root(size)
            keys = self.keys
            if newest is not None and newest.size != self._continued(newest.note, size, root, keys):
                message = f"the checkpoint kept for {newest.size} records is for another number"
                raise ChainBroken(message)
            for place, note in seen:
                try:
                    self._continued(note, size, root, keys)
                except IntegrityFailure as error:
                    self._copies.contradicted(place, str(error))
                    raise
            if size == 0:
                return None
            if newest is None or newest.size < size:
                newest = self._signed(size, root)
                self._shelf.keep(newest)
            self._copies.keep_near(newest)
            if self._recorded is not None:
                self._recorded.end_terms(newest.size)
            return newest

    def copy(self) -> None:
        """Bring every place outside up to date; may take as long as they do.

        Raises:
            IntegrityFailure: what was recorded of the log's keys does not hold.
            Unavailable: the database is away.
        """
        self._copies.copy(self._shelf, self.successions(), self._check_outside)

    def _signed(self, size: int, root: bytes) -> KeptCheckpoint:
        checkpoint = Checkpoint(origin=self._origin, size=size, root=root)
        first, *others = self._signers.signers(size)
        note = sign_checkpoint(checkpoint, *first, *others)
        return KeptCheckpoint(size=size, signed_at=self._clock.now(), note=note)

    def _check_outside(self, note: bytes) -> None:
        size = self._size()
        self._continued(note, size, self._tree.root(size), self.keys)

    def _continued(self, note: bytes, size: int, root: bytes, keys: LogKeys) -> int:
        """Return the size that a note states, having checked that the log continues it."""
        before = keys.open(note, is_ed25519_signature)
        if before.size > size:
            message = f"the log has {size} records, and {before.size} were signed for"
            raise ChainBroken(message)
        if not compare_digest(self._tree.root(before.size), before.root):
            message = f"the first {before.size} records are not those that were signed for"
            raise ProofInvalid(message)
        if before.size:
            check_consistency(
                first=before.size,
                second=size,
                first_root=before.root,
                second_root=root,
                proof=self._tree.consistency(before.size, size),
            )
        return before.size


def _age(kept: KeptCheckpoint, clock: Clock) -> timedelta:
    return timedelta(microseconds=clock.now().us - kept.signed_at.us)
