"""Which logs this server witnesses: a file of their verifier keys, kept by hand.

Rules kept here:

1. A log is witnessed because somebody here decided so: its key was added by command, and so is
   each statement by which another key of that log took over.
2. The file is replaced as a whole; whoever reads it sees it before or after, never half of it.
3. A key that is removed is no longer trusted; what was cosigned for its log is still remembered.

The folder holds ``logs.txt``, one verifier key a line, and ``successions/<name>.txt``, each a
signed note; see ``domain/ledger/SPECIFICATION.md``, section 4.
"""

import secrets
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from adapters.keys.durable_file import (
    create_private,
    disk_errors,
    make_folder,
    read_private,
    sync_folder,
)
from adapters.keys.signing import is_ed25519_signature
from domain.errors import MalformedInput, NotFound, RuleViolation
from domain.ledger.checkpoint import VerifierKey, encode_verifier_key, parse_verifier_key
from domain.ledger.log_keys import LogKeys, Succession, follow, open_succession

LOGS_MAX: Final = 500


class WitnessedLogs:
    """The keys of the logs that this server witnesses."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made with the first key."""
        self._folder = folder

    def all(self) -> tuple[VerifierKey, ...]:
        """Return every key that was added, in the order of adding.

        Raises:
            MalformedInput: the file does not hold keys.
            Unavailable: the disk cannot be read.
        """
        with disk_errors("reading the list of witnessed logs"):
            content = read_private(self._folder / "logs.txt")
        lines = (content or b"").decode("utf-8", "replace").splitlines()
        return tuple(map(parse_verifier_key, lines))

    def keys_of(self, origin: str) -> tuple[LogKeys, ...]:
        """Return the keys under which a log may speak, one line of keys for each that was added.

        Raises:
            MalformedInput: the folder does not hold keys and statements.
            Unavailable: the disk cannot be read.
        """
        trusted = [key for key in self.all() if key.name == origin]
        found = self._successions(origin) if trusted else []
        return tuple(
            follow(key, [note for each, note in found if _touches(each, key, found)], _CHECK)
            for key in trusted
        )

    def add(self, key: VerifierKey) -> None:
        """Witness a log from now on, or trust another key of it.

        Raises:
            RuleViolation: the list is full.
            Unavailable: the disk is full or read-only.
        """
        keys = self.all()
        if len(keys) >= LOGS_MAX:
            raise RuleViolation(
                "witness.logs", f"{len(keys)} logs are witnessed", "Remove one that ended first."
            )
        if key not in keys:
            self._write((*keys, key))

    def follow(self, statement: bytes) -> Succession:
        """Trust the key that took over in a witnessed log.

        Raises:
            MalformedInput: the statement cannot be read.
            SignatureInvalid: it is not signed by both keys, or contradicts another one.
            NotFound: neither of its keys is trusted.
            Unavailable: the disk is full or read-only.
        """
        succession = open_succession(statement, _CHECK)
        known = {term.key for keys in self.keys_of(succession.origin) for term in keys.terms}
        if not known & {succession.earlier, succession.later}:
            raise NotFound(f"no key of {succession.origin} in this statement is witnessed")
        there = [note for _, note in self._successions(succession.origin)]
        follow(succession.earlier, {*there, statement}, _CHECK)
        folder = self._folder / "successions"
        with disk_errors("keeping a succession"):
            make_folder(folder)
            create_private(folder / f"{sha256(statement).hexdigest()}.txt", statement)
        return succession

    def remove(self, key: VerifierKey) -> None:
        """Trust a key no longer.

        Raises:
            NotFound: it was never added.
            Unavailable: the disk is full or read-only.
        """
        keys = self.all()
        if key not in keys:
            raise NotFound(f"{encode_verifier_key(key)} is not witnessed")
        self._write(tuple(each for each in keys if each != key))

    def _successions(self, origin: str) -> list[tuple[Succession, bytes]]:
        folder = self._folder / "successions"
        found = []
        with disk_errors("reading successions"):
            for path in sorted(folder.glob("*.txt")):
                note = read_private(path) or b""
                try:
                    succession = open_succession(note, _CHECK)
                except MalformedInput as error:
                    raise MalformedInput(f"{path} is not a succession: {error}") from error
                if succession.origin == origin:
                    found.append((succession, note))
        return found

    def _write(self, keys: Iterable[VerifierKey]) -> None:
        path = self._folder / "logs.txt"
        lines = "".join(f"{encode_verifier_key(key)}\n" for key in keys)
        fresh = path.with_name(f".logs.{secrets.token_hex(8)}.txt")
        with disk_errors("writing the list of witnessed logs"):
            make_folder(self._folder)
            create_private(fresh, lines.encode())
            fresh.replace(path)
            sync_folder(self._folder)


_CHECK: Final = is_ed25519_signature


def _touches(
    succession: Succession, key: VerifierKey, found: Iterable[tuple[Succession, bytes]]
) -> bool:
    """Say whether a succession belongs to the line of keys in which this key stands."""
    line = {key}
    steps = [each for each, _ in found]
    while more := [
        each
        for each in steps
        if {each.earlier, each.later} & line and not {each.earlier, each.later} <= line
    ]:
        for each in more:
            line |= {each.earlier, each.later}
    return succession.earlier in line
