"""A witness cosigns what continues what it cosigned, and nothing else."""

import threading
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.eventlog.log import RecordLog
from adapters.keys.signing import Ed25519Signer, is_ed25519_signature
from adapters.ledger.log_signing import origin
from adapters.ledger.witness import (
    BAD,
    CONFLICT,
    FORBIDDEN,
    INCONSISTENT,
    OK,
    SIZE,
    UNKNOWN,
    Answer,
    Witness,
)
from adapters.ledger.witnessed_logs import WitnessedLogs
from domain.errors import MalformedInput, NotFound, RuleViolation, SignatureInvalid
from domain.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    encode_verifier_key,
    parse_note,
    sign_checkpoint,
)
from domain.ledger.cosignature import AddCheckpoint, cosignatures, encode_request, parse_lines
from domain.ledger.log_keys import LogKeys, Succession, sign_succession
from tests.contracts.logs import CLINIC, Logs, a_run

SIGNERS = [Ed25519Signer.generate() for _ in range(3)]
KEYS = [VerifierKey(name=origin(CLINIC), public_key=each.public_key()) for each in SIGNERS]
HASHED = sha256(origin(CLINIC).encode()).hexdigest()


class Court:
    """A witness, and a log that asks it."""

    def __init__(self, logs: Logs, folder: Path) -> None:
        """Begin with a witness that knows the log."""
        self.logs = logs
        self.listed = WitnessedLogs(folder / "witness")
        self.listed.add(KEYS[0])
        self.witness = self.another()
        self.log: RecordLog = logs.open()
        self.stream = logs.new_stream()

    def another(self) -> Witness:
        """Return the witness as another process opens it."""
        return Witness(
            self.logs.engine(),
            name="vultus/peer/witness",
            signer=WITNESS,
            logs=self.listed,
            clock=self.logs.clock,
        )

    def record(self, count: int) -> None:
        """Append some records."""
        version = len(self.log.stream_entries(self.stream))
        self.log.append(a_run(self.stream, count, version=version))

    def checkpoint(self, size: int, *signers: int, root: bytes | None = None) -> bytes:
        """Return a signed checkpoint of the log."""
        head = Checkpoint(origin=origin(CLINIC), size=size, root=root or self.log.tree.root(size))
        first, *others = ((KEYS[each], SIGNERS[each].sign) for each in signers or (0,))
        return sign_checkpoint(head, *first, *others)

    def ask(self, old: int, size: int, *signers: int, root: bytes | None = None) -> Answer:
        """Ask for a cosignature with the right proof."""
        proof = self.log.tree.consistency(old, size) if 0 < old <= size else ()
        note = self.checkpoint(size, *signers, root=root)
        return self.witness.add_checkpoint(
            encode_request(AddCheckpoint(old_size=old, proof=proof, checkpoint=note))
        )


WITNESS = Ed25519Signer.generate()


@pytest.fixture
def court(kept_logs: Logs, tmp_path: Path) -> Court:
    """Return a witness and a log of five records, on each database."""
    court = Court(kept_logs, tmp_path)
    court.record(5)
    return court


def test_what_continues_is_cosigned_with_the_time_and_remembered(court: Court) -> None:
    with pytest.raises(NotFound):
        court.witness.latest(HASHED)
    answered = court.ask(0, 3)
    assert answered.status == OK
    (line,) = parse_lines(answered.body)
    shown = parse_note(court.witness.latest(HASHED))
    (said,) = cosignatures(shown, [court.witness.key], is_ed25519_signature)
    assert said.timestamp == court.logs.clock.now().us // 1_000_000
    assert LogKeys.of(KEYS[0]).check(shown, is_ed25519_signature).size == 3
    assert line in shown.signatures
    assert court.ask(3, 5).status == OK
    court.record(4)
    # Durable: another process goes on from there.
    court.witness = court.another()
    assert court.ask(5, 9).status == OK
    assert court.ask(9, 9).status == OK  # the same again, with a new time
    (found,) = court.witness.witnessed()
    assert (found.origin, found.size, found.conflicts) == (origin(CLINIC), 9, 0)


def test_an_old_size_that_is_not_the_last_is_told_the_last(court: Court) -> None:
    assert court.ask(0, 3).status == OK
    for old, size in ((0, 5), (2, 5), (0, 2)):
        answered = court.ask(old, size)
        assert (answered.status, answered.body, answered.media_type) == (CONFLICT, b"3\n", SIZE)
    assert court.witness.witnessed()[0].size == 3


@pytest.mark.verifies("REQ-IN-002", "DRV-03")
def test_a_second_history_is_refused_and_kept_as_evidence(court: Court) -> None:
    assert court.ask(0, 3).status == OK
    other = court.checkpoint(5, root=bytes(32))
    for size, root in ((5, bytes(32)), (3, bytes(32)), (3, bytes(32))):
        answered = court.ask(3, size, root=root)
        assert answered.status == INCONSISTENT
        assert origin(CLINIC) in answered.conflict
    assert court.witness.witnessed()[0].conflicts == 2
    assert court.logs.sql("SELECT count(*) FROM witness_conflicts") == [(2,)]
    ((note,),) = court.logs.sql("SELECT note FROM witness_conflicts WHERE size = 5")
    assert bytes(note) == other
    assert court.ask(3, 5).status == OK


def test_a_proof_where_nothing_is_to_be_proven_is_refused(court: Court) -> None:
    note = court.checkpoint(3)
    request = AddCheckpoint(old_size=0, proof=(bytes(32),), checkpoint=note)
    answered = court.witness.add_checkpoint(encode_request(request))
    assert (answered.status, answered.conflict) == (INCONSISTENT, "")
    assert court.ask(0, 0, root=bytes(32)).status == INCONSISTENT
    assert court.ask(0, 0).status == OK
    assert court.ask(0, 5).status == OK


def test_who_is_not_known_is_told_so(court: Court) -> None:
    assert court.ask(0, 3, 1).status == FORBIDDEN
    assert court.ask(0, 3, 1, 0).status == OK  # unknown signatures are passed over
    assert court.witness.add_checkpoint(b"nonsense").status == BAD
    assert court.ask(5, 3).status == BAD
    court.listed.remove(KEYS[0])
    assert court.ask(3, 5).status == UNKNOWN
    with pytest.raises(NotFound):
        court.listed.remove(KEYS[0])


def test_a_wrong_signature_of_a_known_key_is_forbidden(court: Court) -> None:
    note = court.checkpoint(3)
    wrong = note.replace(b64encode(court.log.tree.root(3)), b64encode(bytes(32)))
    request = AddCheckpoint(old_size=0, proof=(), checkpoint=wrong)
    assert court.witness.add_checkpoint(encode_request(request)).status == FORBIDDEN


def test_a_crowd_of_signatures_is_not_carried_on(court: Court) -> None:
    note = court.checkpoint(3) + "— crowd AAAAAAA=\n".encode() * 60
    request = AddCheckpoint(old_size=0, proof=(), checkpoint=note)
    assert court.witness.add_checkpoint(encode_request(request)).status == OK
    assert len(parse_note(court.witness.latest(HASHED)).signatures) == 2


def test_of_many_at_once_each_continues_the_one_before(court: Court) -> None:
    court.record(11)
    court.ask(0, 1)
    witnesses = [court.another() for _ in range(4)]
    sizes: list[int] = []

    def push(witness: Witness, size: int) -> None:
        for _ in range(50):
            (known,) = witness.witnessed()
            proof = court.log.tree.consistency(known.size, size) if known.size <= size else ()
            request = AddCheckpoint(
                old_size=min(known.size, size), proof=proof, checkpoint=court.checkpoint(size)
            )
            answered = witness.add_checkpoint(encode_request(request))
            assert answered.status in {OK, CONFLICT}
            if answered.status == OK:
                sizes.append(size)
                return
            if int(answered.body) > size:
                return

    threads = [
        threading.Thread(target=push, args=(witness, 4 * number))
        for number, witness in enumerate(witnesses, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert court.witness.witnessed()[0].size == 16
    assert 16 in sizes
    assert court.witness.witnessed()[0].conflicts == 0


def succession(earlier: int, later: int, first: int, last: int) -> bytes:
    made = Succession(earlier=KEYS[earlier], later=KEYS[later], from_size=first, until_size=last)
    return sign_succession(made, SIGNERS[earlier].sign, SIGNERS[later].sign)


def test_a_key_that_took_over_is_trusted_by_its_statement_and_the_earlier_one_ends(
    court: Court,
) -> None:
    assert court.ask(0, 3).status == OK
    assert court.ask(3, 5, 1).status == FORBIDDEN
    court.listed.follow(succession(0, 1, 4, 5))
    court.listed.follow(succession(0, 1, 4, 5))
    assert court.ask(3, 5, 1).status == OK
    court.record(4)
    # Whoever has the earlier key now can no longer speak for the log.
    assert court.ask(5, 9, 0).status == FORBIDDEN
    assert court.ask(5, 9, 1).status == OK
    with pytest.raises(SignatureInvalid):
        court.listed.follow(succession(0, 2, 4, 5))
    with pytest.raises(NotFound):
        court.listed.follow(
            sign_succession(
                Succession(
                    earlier=VerifierKey(name="vultus/other", public_key=KEYS[0].public_key),
                    later=VerifierKey(name="vultus/other", public_key=KEYS[1].public_key),
                    from_size=1,
                    until_size=2,
                ),
                SIGNERS[0].sign,
                SIGNERS[1].sign,
            )
        )


def test_the_list_keeps_its_order_and_its_bounds(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    court.listed.add(KEYS[1])
    court.listed.add(KEYS[0])
    assert court.listed.all() == (KEYS[0], KEYS[1])
    assert len(court.listed.keys_of(origin(CLINIC))) == 2
    assert court.listed.keys_of("vultus/unknown") == ()
    monkeypatch.setattr("adapters.ledger.witnessed_logs.LOGS_MAX", 2)
    with pytest.raises(RuleViolation):
        court.listed.add(KEYS[2])


def test_a_damaged_list_is_refused(court: Court, tmp_path: Path) -> None:
    folder = tmp_path / "witness"
    court.listed.follow(succession(0, 1, 4, 5))
    (path,) = (folder / "successions").iterdir()
    path.write_bytes(b"nonsense")
    with pytest.raises(MalformedInput, match="is not a succession"):
        court.listed.keys_of(origin(CLINIC))
    path.unlink()
    (folder / "logs.txt").write_text(encode_verifier_key(KEYS[0])[:-1])
    with pytest.raises(MalformedInput):
        court.listed.all()
