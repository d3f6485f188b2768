"""Signs checkpoints and publishes them; refuses to go backwards.

Rules kept here:

1. Before anything is signed, the tree must continue the newest checkpoint ever signed, the one
   beside the log and the one outside: same root at that size, and a consistency proof that the
   auditor's checker accepts. Otherwise history was changed, and signing would hide it.
2. Kept beside the log first, then outside. A crash or a full disk between the two is made good
   by the next call.
3. Two processes that sign the same tree write the same bytes.

Source: C2SP specification ``tlog-checkpoint``.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from hmac import compare_digest

from adapters.keys.signing import Signer, is_ed25519_signature
from adapters.ledger.checkpoints import CheckpointShelf, KeptCheckpoint, OutsideFolder
from adapters.ledger.tree_store import TreeStore
from domain.errors import ChainBroken, ProofInvalid
from domain.ledger.checkpoint import Checkpoint, VerifierKey, open_checkpoint, sign_checkpoint
from domain.ledger.proof import check_consistency
from domain.ports import Clock
from domain.values.identifiers import ClinicId

EVERY_RECORDS = 256
EVERY = timedelta(seconds=60)


def origin(clinic: ClinicId) -> str:
    """Return the name of a clinic's log in its checkpoints."""
    return f"vultus/{clinic}"


class Checkpointer:
    """Signs the head of one log."""

    def __init__(
        self,
        *,
        clinic: ClinicId,
        size: Callable[[], int],
        tree: TreeStore,
        shelf: CheckpointShelf,
        signer: Signer,
        clock: Clock,
        outside: OutsideFolder | None = None,
        every_records: int = EVERY_RECORDS,
        every: timedelta = EVERY,
    ) -> None:
        """Sign for a log.

        Args:
            clinic: Whose log it is.
            size: Returns the number of its records.
            tree: Its tree.
            shelf: Keeps checkpoints beside the log.
            signer: Holds the log's Ed25519 key.
            clock: Our clock.
            outside: Keeps copies where whoever holds the database cannot reach.
            every_records: Sign after so many new records.
            every: Sign new records after so long.
        """
        self.key = VerifierKey(name=origin(clinic), public_key=signer.public_key())
        self._size = size
        self._tree = tree
        self._shelf = shelf
        self._sign = signer.sign
        self._clock = clock
        self._outside = outside
        self._every_records = every_records
        self._every = every
        self._turn = threading.Lock()

    def sign_if_due(self) -> KeptCheckpoint | None:
        """Sign when enough records or time have passed; return what was signed.

        Raises:
            IntegrityFailure: the log does not continue what was signed before.
            Unavailable: a checkpoint cannot be kept beside the log or outside.
        """
        newest = self._shelf.newest()
        covered = 0 if newest is None else newest.size
        waiting = self._size() - covered
        if newest is not None and waiting == 0:
            if self._outside is not None and not self._outside.has(covered):
                self.sign()
            return None
        age = self._every if newest is None else _age(newest, self._clock)
        if waiting >= self._every_records or (waiting and age >= self._every) or waiting < 0:
            return self.sign()
        return None

    def sign(self) -> KeptCheckpoint | None:
        """Sign the log as it is now; return the newest checkpoint, None for an empty log.

        Raises:
            IntegrityFailure: the log does not continue what was signed before.
            Unavailable: a checkpoint cannot be kept beside the log or outside.
        """
        with self._turn:
            size = self._size()
            root = self._tree.root(size)
            newest = self._shelf.newest()
            if newest is not None:
                self._check_says(newest)
                self._check_continues(newest.note, size, root)
            if self._outside is not None and (copy := self._outside.newest()) is not None:
                self._check_continues(copy, size, root)
            if size == 0:
                return None
            if newest is None or newest.size < size:
                newest = self._signed(size, root)
                self._shelf.keep(newest)
            if self._outside is not None:
                self._outside.keep(newest.size, newest.note)
            return newest

    def _signed(self, size: int, root: bytes) -> KeptCheckpoint:
        checkpoint = Checkpoint(origin=self.key.name, size=size, root=root)
        note = sign_checkpoint(checkpoint, self.key, self._sign)
        return KeptCheckpoint(size=size, signed_at=self._clock.now(), note=note)

    def _check_says(self, kept: KeptCheckpoint) -> None:
        """Check that a checkpoint is kept under the size that was signed."""
        if open_checkpoint(kept.note, self.key, is_ed25519_signature).size != kept.size:
            message = f"the checkpoint kept for {kept.size} records is for another number"
            raise ChainBroken(message)

    def _check_continues(self, note: bytes, size: int, root: bytes) -> None:
        before = open_checkpoint(note, self.key, is_ed25519_signature)
        if before.size > size:
            message = f"the log has {size} records, and {before.size} were signed for"
            raise ChainBroken(message)
        if not compare_digest(self._tree.root(before.size), before.root):
            message = f"the first {before.size} records are not those that were signed for"
            raise ProofInvalid(message)
        check_consistency(
            first=before.size,
            second=size,
            first_root=before.root,
            second_root=root,
            proof=self._tree.consistency(before.size, size),
        )


def _age(kept: KeptCheckpoint, clock: Clock) -> timedelta:
    return timedelta(microseconds=clock.now().us - kept.signed_at.us)
