"""Who signs for the log at which size: what the log says of its keys, and the keys at hand.

Rules kept here:

1. The log itself says which keys it had: every succession is a record of it. What is at hand is
   compared with that, and a key that is not the one the log names signs nothing.
2. Other processes rotate, too: what the log says is read anew before every signature.
3. The first key is made where nothing was ever signed. A key that is gone is never replaced by
   another one; that is what a succession is for.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from adapters.keys.log_key_files import FIRST, LogKeyFiles
from adapters.keys.signing import Signer, is_ed25519_signature
from domain.errors import IntegrityFailure
from domain.events.log_key import LogKeyRotated
from domain.events.record import Record
from domain.ledger.checkpoint import Sign, VerifierKey, parse_verifier_key
from domain.ledger.log_keys import LogKeys, follow
from domain.values.identifiers import ClinicId, LogKeyId, StreamName


def origin(clinic: ClinicId) -> str:
    """Return the name of a clinic's log in its checkpoints."""
    return f"vultus/{clinic}"


def stream_of(clinic: ClinicId) -> StreamName:
    """Return the stream in which the successions of a log's keys are recorded."""
    return LogKeyId.derived(clinic).stream


class LogSigners(Protocol):
    """Knows the keys of a log and signs with those that may."""

    def keys(self) -> LogKeys:
        """Return every key the log had, and its term."""
        ...

    def signers(self, size: int) -> Sequence[tuple[VerifierKey, Sign]]:
        """Return the keys at hand that may sign for a size, the earlier one first."""
        ...

    def successions(self) -> tuple[bytes, ...]:
        """Return the signed statements by which one key followed another, in order."""
        ...


class OneKey:
    """Signs for a log that has had one key."""

    def __init__(self, name: str, signer: Signer) -> None:
        """Sign with this key under the log's name."""
        self._key = VerifierKey(name=name, public_key=signer.public_key())
        self._sign = signer.sign

    def keys(self) -> LogKeys:
        """Return the one key."""
        return LogKeys.of(self._key)

    def signers(self, _size: int) -> Sequence[tuple[VerifierKey, Sign]]:
        """Return the one key."""
        return ((self._key, self._sign),)

    def successions(self) -> tuple[bytes, ...]:
        """Return nothing: nothing followed it."""
        return ()


class RecordedStreams(Protocol):
    """What is needed of the event log."""

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Return the records of a stream after a version, in order."""
        ...


class RecordedKeys:
    """Signs with the keys that the log says it has."""

    def __init__(
        self,
        *,
        clinic: ClinicId,
        log: RecordedStreams,
        files: LogKeyFiles,
        signed_before: Callable[[], bool],
    ) -> None:
        """Look at the log and at the keys; make the first key where nothing was signed.

        Raises:
            IntegrityFailure: the key that has to sign is gone or is another one.
        """
        self._origin = origin(clinic)
        self._stream = stream_of(clinic)
        self._log = log
        self._files = files
        self._rotations: list[LogKeyRotated] = []
        self._signers: dict[int, Signer] = {}
        self._turn = threading.Lock()
        self._read()
        if not self._rotations and files.load(FIRST) is None:
            if signed_before():
                raise IntegrityFailure(
                    "the log's key is gone, and there are checkpoints that it signed; put the "
                    "secrets folder back from a backup"
                )
            files.provide(FIRST)
        self.signers(0 if not self._rotations else self._rotations[-1].until_size + 1)

    def keys(self) -> LogKeys:
        """Return every key the log had, and its term.

        Raises:
            IntegrityFailure: what was recorded of the keys does not hold.
        """
        with self._turn:
            self._read()
            return self._keys()

    def signers(self, size: int) -> Sequence[tuple[VerifierKey, Sign]]:
        """Return the keys at hand that may sign for a size, the earlier one first.

        Raises:
            IntegrityFailure: the newest key is gone, or is not the one that the log names.
        """
        with self._turn:
            self._read()
            keys = self._keys()
            return tuple(
                (term.key, signer.sign)
                for number, term in enumerate(keys.terms, start=FIRST)
                if term.covers(size) and (signer := self._signer(number, term.key, keys))
            )

    def successions(self) -> tuple[bytes, ...]:
        """Return the signed statements by which one key followed another, in order."""
        with self._turn:
            self._read()
            return tuple(each.statement.encode() for each in self._rotations)

    def end_terms(self, size: int, *, early: bool = False) -> int:
        """Destroy the keys that may not sign beyond a size; return how many were there.

        Args:
            size: Number of records that the newest key signed for.
            early: Whether the key whose term still overlaps ends as well.
        """
        with self._turn:
            self._read()
            ended = 0
            for number, each in enumerate(self._rotations, start=FIRST):
                if early or each.until_size < size:
                    ended += self._files.load(number) is not None
                    self._files.end(number)
                    self._signers.pop(number, None)
            return ended

    def _read(self) -> None:
        for record in self._log.stream(self._stream, after_version=len(self._rotations)):
            if not isinstance(record.event, LogKeyRotated):
                raise IntegrityFailure(f"record {record.seq} does not say which key took over")
            self._rotations.append(record.event)

    def _keys(self) -> LogKeys:
        if not self._rotations:
            return LogKeys.of(self._public(FIRST))
        return follow(
            parse_verifier_key(self._rotations[0].earlier),
            [each.statement.encode() for each in self._rotations],
            is_ed25519_signature,
        )

    def _public(self, number: int) -> VerifierKey:
        signer = self._signers.get(number) or self._files.load(number)
        if signer is None:
            raise IntegrityFailure("the log's key is gone; put the secrets folder back")
        self._signers[number] = signer
        return VerifierKey(name=self._origin, public_key=signer.public_key())

    def _signer(self, number: int, key: VerifierKey, keys: LogKeys) -> Signer | None:
        """Return a key at hand; the newest one has to be, an earlier one may have ended."""
        if key != keys.newest and self._files.load(number) is None:
            self._signers.pop(number, None)
            return None
        if self._public(number) != key:
            raise IntegrityFailure(f"the log key number {number} is not the one the log names")
        return self._signers[number]
