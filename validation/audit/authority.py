"""Whose word a checkpoint carries: the log's keys, one after the other, and witnesses.

Rules kept here:

1. One key of the log is trusted, whichever; the others follow from it by statements that were
   signed by both keys each. A statement that does not hold is a failure, and nothing follows.
2. A witness that the reader names has to have signed, and what it signed is said with its time.
   Witnesses that nobody named are passed over, and how many is said.

Source: ``domain/ledger/SPECIFICATION.md``, section 4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger.checkpoint import SignedNote, VerifierKey, encode_verifier_key, parse_body
from domain.ledger.cosignature import cosignatures
from domain.ledger.log_keys import LogKeys, follow
from validation.audit.outcome import Step
from validation.audit.signatures import check_ed25519


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the reader brings, apart from checkpoints.

    Attributes:
        log_key: Any key of the log, as known from elsewhere; the enclosed one is used without.
        witnesses: Keys of witnesses that have to have signed.
        successions: Statements about keys of the log that were kept elsewhere.
    """

    log_key: VerifierKey | None = None
    witnesses: tuple[VerifierKey, ...] = ()
    successions: tuple[bytes, ...] = ()


NOTHING = Trust()


def follow_keys(trusted: VerifierKey, statements: Iterable[bytes], step: Step) -> LogKeys:
    """Return the log's keys, saying where they changed."""
    try:
        keys = follow(trusted, statements, check_ed25519)
    except (MalformedInput, SignatureInvalid) as error:
        step.fail(f"the log's keys do not follow one another: {error}")
        return LogKeys.of(trusted)
    for term in keys.terms[1:]:
        step.note(f"from {term.first} records on: {encode_verifier_key(term.key)}")
    return keys


def check_witnesses(
    notes: Sequence[SignedNote], log: str, witnesses: Sequence[VerifierKey], step: Step
) -> bool:
    """Check that every witness asked for signed one of these checkpoints; say which and when.

    Returns:
        Whether any witness was asked for, and all of them signed.
    """
    strangers = {
        (line.name, line.key_id)
        for note in notes
        for line in note.signatures
        if line.name != log
        and (line.name, line.key_id) not in {(w.name, w.key_id) for w in witnesses}
    }
    if strangers:
        step.note(f"{len(strangers)} further signers were not asked for (--witness KEY)")
    signed = 0
    for witness in witnesses:
        try:
            found = [
                (parse_body(note.text).size, said)
                for note in notes
                for said in cosignatures(note, [witness], check_ed25519)
            ]
        except SignatureInvalid as error:
            step.fail(str(error))
            continue
        if not found:
            step.fail(f"no checkpoint here is cosigned by the witness {witness.name}")
            continue
        signed += 1
        size, said = max(found, key=lambda each: each[0])
        step.note(f"{said}, at {size} records")
    if signed:
        step.note(f"cosigned by {signed} of {len(witnesses)} witnesses asked for")
    return bool(witnesses) and signed == len(witnesses)
