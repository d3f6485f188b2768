"""The log says which keys it has; the keys at hand sign within their terms, and end."""

from pathlib import Path

import pytest

from adapters.eventlog.log import RecordLog
from adapters.keys.log_key_files import LogKeyFiles
from adapters.keys.master_key import create_master_key_file
from adapters.keys.signing import is_ed25519_signature
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import MemoryShelf
from adapters.ledger.log_signing import RecordedKeys, stream_of
from domain.errors import IntegrityFailure
from domain.events.log_key import LogKeyRotated
from domain.ledger.checkpoint import VerifierKey, encode_verifier_key, parse_note
from domain.ledger.log_keys import Succession, sign_succession
from tests.contracts.logs import CLINIC, CLINIC_KEY, Logs, a_draft, a_run


class Office:
    """A log, its keys, and whoever signs for it."""

    def __init__(self, folder: Path) -> None:
        """Begin with an empty log."""
        self.logs = Logs("memory")
        self.log: RecordLog = self.logs.open()
        self.shelf = MemoryShelf()
        self.stream = self.logs.new_stream()
        self.files = LogKeyFiles(folder / "keys", master=create_master_key_file(folder / "master"))
        self.version = 0

    def keys(self) -> RecordedKeys:
        """Return the keys as a process opens them."""
        return RecordedKeys(
            clinic=CLINIC,
            log=self.log,
            files=self.files,
            signed_before=lambda: self.shelf.newest() is not None,
        )

    def checkpointer(self, keys: RecordedKeys) -> Checkpointer:
        """Return a checkpointer with these keys."""
        return Checkpointer(
            clinic=CLINIC,
            size=self.log.size,
            tree=self.log.tree,
            shelf=self.shelf,
            signer=keys,
            clock=self.logs.clock,
        )

    def record(self, count: int) -> None:
        """Append some records."""
        self.log.append(a_run(self.stream, count, version=self.version))
        self.version += count

    def rotate(self, number: int, overlap: int, *, later: VerifierKey | None = None) -> None:
        """Record that the next key took over."""
        earlier, signer = self.files.load(number), self.files.provide(number + 1)
        assert earlier is not None
        keys = self.keys().keys()
        made = Succession(
            earlier=keys.newest,
            later=later or VerifierKey(name=keys.origin, public_key=signer.public_key()),
            from_size=self.log.size(),
            until_size=self.log.size() + overlap,
        )
        statement = sign_succession(made, earlier.sign, signer.sign).decode()
        event = LogKeyRotated(
            earlier=encode_verifier_key(made.earlier),
            later=encode_verifier_key(made.later),
            from_size=made.from_size,
            until_size=made.until_size,
            statement=statement,
        )
        draft = a_draft(stream_of(CLINIC), number - 1, event, key=CLINIC_KEY)
        self.log.append([draft])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Return an empty log with a folder of keys."""
    return Office(tmp_path)


def test_both_keys_sign_during_the_overlap_and_the_earlier_one_ends_after_it(
    office: Office,
) -> None:
    keys = office.keys()
    signing = office.checkpointer(keys)
    first = signing.key
    office.record(3)
    signing.sign()
    office.rotate(1, overlap=4)
    # A process that was running all the while notices.
    signers = []
    for _ in range(3):
        kept = signing.sign()
        assert kept is not None
        signers.append((kept.size, len(parse_note(kept.note).signatures)))
        office.record(2)
    assert signers == [(4, 2), (6, 2), (8, 1)]
    assert signing.key != first
    assert office.files.load(1) is None
    assert len(signing.successions()) == 1
    opened = [
        signing.keys.open(each.note, is_ed25519_signature).size for each in office.shelf.all()
    ]
    assert opened == [3, 4, 6, 8]
    # And so does one that starts now.
    assert office.checkpointer(office.keys()).sign() is not None


def test_an_earlier_key_may_end_before_its_time(office: Office) -> None:
    keys = office.keys()
    signing = office.checkpointer(keys)
    office.record(3)
    office.rotate(1, overlap=100)
    assert keys.end_terms(office.log.size(), early=True) == 1
    assert keys.end_terms(office.log.size(), early=True) == 0
    kept = signing.sign()
    assert kept is not None
    assert len(parse_note(kept.note).signatures) == 1
    assert signing.keys.open(kept.note, is_ed25519_signature).size == 4


def test_a_key_that_is_gone_is_never_replaced(office: Office) -> None:
    signing = office.checkpointer(office.keys())
    office.record(3)
    signing.sign()
    office.files.end(1)
    for _ in range(2):
        with pytest.raises(IntegrityFailure, match="is gone"):
            office.keys()


def test_a_newest_key_that_is_gone_or_another_one_signs_nothing(office: Office) -> None:
    office.record(3)
    office.keys()
    office.rotate(1, overlap=4)
    office.files.end(2)
    with pytest.raises(IntegrityFailure, match="is gone"):
        office.keys()
    office.files.provide(2)
    with pytest.raises(IntegrityFailure, match="not the one the log names"):
        office.keys()


def test_what_is_no_succession_is_refused(office: Office) -> None:
    keys = office.keys()
    office.log.append([a_draft(stream_of(CLINIC))])
    with pytest.raises(IntegrityFailure, match="does not say which key"):
        keys.keys()
