"""The part of a log that was verified before, as a trusted root to go on from.

Rules kept here:

1. Nothing of that part is believed because it is stored: stored nodes count only as far as they
   lead to the trusted root, and a record only with its inclusion proof.
2. What is asked for is bounded by what is new, never by what was verified before.

BUG: that no later version of a stream stands in the verified part is looked up by its columns, not
proven. Whoever changes the columns of an older row can so hide it, and let a new record fork its
stream from the version before. Proving it would need every stream's head from the verification
before, which grows with the clinic. It is bounded instead: the next full verification compares the
columns of every row with its entry and finds it; the command and its documentation say so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from adapters.ledger.tree_store import TreeStore
from adapters.verification.sources import RecordSource
from domain.errors import IntegrityFailure, MalformedInput, ProofInvalid
from domain.ledger.checkpoint import Checkpoint
from domain.ledger.content_check import SUBJECT_KEY, SUBJECT_KEY_DESTROYED, SUBJECT_STREAM
from domain.ledger.entry import Entry, decode_entry
from domain.ledger.merkle import fold_right, leaf_hash, subtrees
from domain.ledger.proof import check_consistency, check_inclusion
from domain.ledger.range_check import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Records that were found intact before.

    Attributes:
        checkpoint: The checkpoint over them; its root is trusted.
        tree: The stored nodes.
        source: Where their rows are.
    """

    checkpoint: Checkpoint
    tree: TreeStore
    source: RecordSource

    @property
    def size(self) -> int:
        """How many they are."""
        return self.checkpoint.size

    def peaks(self) -> tuple[bytes, ...]:
        """Return the roots of the complete subtrees over them.

        Raises:
            IntegrityFailure: the stored nodes do not lead to the trusted root any more.
        """
        edge = self.tree.edge(self.size).peaks
        peaks = tuple(edge[place] for place in subtrees(0, self.size))
        if fold_right(peaks) != self.checkpoint.root:
            raise ProofInvalid("the stored tree does not lead to the root that was verified before")
        return peaks

    def heads(self, streams: Collection[bytes]) -> Mapping[bytes, Head | str]:
        """Return the last record of each stream, proven, or in words why it cannot be."""
        names = {stream.decode("ascii", "replace"): stream for stream in streams}
        found = self.source.newest(names, self.size)
        return {names[name]: self._head(name, *stored) for name, stored in found.items()}

    def _head(self, name: str, data: bytes, leaf: bytes) -> Head | str:
        try:
            header = self._proven(data, leaf).header
        except (MalformedInput, IntegrityFailure) as error:
            return str(error)
        if header.stream != name:
            return f"record {header.seq} is of another stream than it is stored under"
        return header.version, leaf

    def _proven(self, data: bytes, leaf: bytes) -> Entry:
        """Return an entry that is proven to be one of the records verified before."""
        entry = decode_entry(data)
        seq = entry.header.seq
        if leaf_hash(data) != leaf or seq >= self.size:
            raise ProofInvalid(f"record {seq} is not one of those verified before")
        check_inclusion(
            index=seq,
            size=self.size,
            leaf=leaf,
            proof=self.tree.inclusion(seq, self.size),
            root=self.checkpoint.root,
        )
        return entry

    def destroyed(self, keys: Collection[str]) -> set[str]:
        """Return which of these keys the records prove to be destroyed."""
        streams = [
            SUBJECT_STREAM + key.removeprefix(SUBJECT_KEY)
            for key in keys
            if key.startswith(SUBJECT_KEY)
        ]
        found: set[str] = set()
        for name, (data, leaf) in self.source.newest(
            streams, self.size, event=SUBJECT_KEY_DESTROYED
        ).items():
            try:
                header = self._proven(data, leaf).header
            except (MalformedInput, IntegrityFailure):
                continue
            if header.name == SUBJECT_KEY_DESTROYED and header.stream == name:
                found.add(SUBJECT_KEY + name.removeprefix(SUBJECT_STREAM))
        return found

    def differs(self, outside: Checkpoint) -> str | None:
        """Return why the verified part does not continue a smaller checkpoint; None if it does."""
        if not outside.size:
            return None
        try:
            check_consistency(
                first=outside.size,
                second=self.size,
                first_root=outside.root,
                second_root=self.checkpoint.root,
                proof=self.tree.consistency(outside.size, self.size),
            )
        except IntegrityFailure as error:
            return str(error)
        return None
