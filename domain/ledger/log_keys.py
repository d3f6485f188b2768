"""The keys of a log, one after the other, and which of them may sign at which size.

Rules kept here:

1. A key is succeeded by a statement that both keys signed: the earlier one hands over, the later
   one proves that somebody holds it. Neither alone can do it.
2. Whoever trusts any one of a log's keys can follow the statements to all of them, forwards and
   backwards. A statement that does not belong to that line is refused, and so are two statements
   about one key that differ.
3. A key has a term: from the size at which it began to the size stated as its last. Beyond it, its
   signature counts for nothing, so a key that is stolen later signs nothing that is new.
4. At most two keys have a term at any size.

Source: ``SPECIFICATION.md``, section 4; C2SP specifications ``signed-note`` and
``tlog-checkpoint``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger.checkpoint import (
    Checkpoint,
    CheckSignature,
    Sign,
    SignedNote,
    VerifierKey,
    check_note,
    decode_decimal,
    encode_verifier_key,
    is_signed,
    parse_body,
    parse_note,
    parse_verifier_key,
    sign_note,
)

SUCCESSION_TAG: Final = "vultus/log-key-succession/v1"

_LINES: Final = 6
_FROM: Final = "from "
_UNTIL: Final = "until "


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """The statement that one key of a log follows another.

    Attributes:
        earlier: The key that hands over.
        later: The key that takes over.
        from_size: Smallest size for which the later key may sign.
        until_size: Largest size for which the earlier key may sign.
    """

    earlier: VerifierKey
    later: VerifierKey
    from_size: int
    until_size: int

    def __post_init__(self) -> None:
        """Refuse a statement about two logs, one key, or a time in which nobody could sign.

        Raises:
            MalformedInput: it is one of these.
        """
        if self.earlier.name != self.later.name or self.earlier == self.later:
            raise MalformedInput("a succession is from one key of a log to another of the same log")
        if not 0 <= self.from_size <= self.until_size:
            raise MalformedInput("the earlier key ends before the later one begins")

    @property
    def origin(self) -> str:
        """The log whose keys these are."""
        return self.later.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One key of a log and the sizes for which it may sign.

    Attributes:
        key: The key.
        first: The smallest such size.
        last: The largest; None while nothing succeeds it.
    """

    key: VerifierKey
    first: int
    last: int | None

    def covers(self, size: int) -> bool:
        """Say whether the key may sign for a size."""
        return self.first <= size and (self.last is None or size <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeys:
    """All keys of one log that are known, in the order of their terms.

    Attributes:
        terms: At least one.
    """

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, key: VerifierKey) -> Self:
        """Return the keys of a log that has had this one only."""
        return cls(terms=(Term(key=key, first=0, last=None),))

    @property
    def origin(self) -> str:
        """The log whose keys these are."""
        return self.newest.name

    @property
    def newest(self) -> VerifierKey:
        """The key that nothing has succeeded."""
        return self.terms[-1].key

    def at(self, size: int) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign for a size, the earlier one first."""
        return tuple(term.key for term in self.terms if term.covers(size))

    def check(self, note: SignedNote, check_signature: CheckSignature) -> Checkpoint:
        """Return what a note says, having checked that the log signed it with a key of its time.

        Raises:
            MalformedInput: the note is no checkpoint.
            SignatureInvalid: no key of the log signed it, or one whose term does not cover its
                size, or a signature is wrong, or it speaks for another log.
        """
        signed = [term for term in self.terms if is_signed(note, term.key, check_signature)]
        if not signed:
            raise SignatureInvalid(f"the note carries no signature of the key {self.origin}")
        checkpoint = parse_body(note.text)
        if checkpoint.origin != self.origin:
            raise SignatureInvalid(
                f"the checkpoint of {checkpoint.origin} is signed by the key {self.origin}"
            )
        if not any(term.covers(checkpoint.size) for term in signed):
            raise SignatureInvalid(
                f"the checkpoint of {checkpoint.size} records is signed only by a key of "
                f"{self.origin} whose term is {_said(signed[-1])}"
            )
        return checkpoint

    def open(self, data: bytes, check_signature: CheckSignature) -> Checkpoint:
        """Read a checkpoint from a signed note, having checked that its log signed it.

        Raises:
            MalformedInput: the bytes are not a signed checkpoint.
            SignatureInvalid: as ``check`` says.
        """
        return self.check(parse_note(data), check_signature)


def follow(
    trusted: VerifierKey, successions: Iterable[bytes], check_signature: CheckSignature
) -> LogKeys:
    """Return all keys of a log, from one that is trusted and the statements that were kept.

    Args:
        trusted: Any key of the log.
        successions: Signed statements, in any order; the same one may come more than once.
        check_signature: Checks Ed25519 signatures.

    Raises:
        MalformedInput: a statement cannot be read.
        SignatureInvalid: a statement is not signed by both keys, contradicts another one, or does
            not lead to the trusted key.
    """
    found = {open_succession(each, check_signature) for each in successions}
    after: dict[VerifierKey, Succession] = {}
    before: dict[VerifierKey, Succession] = {}
    for each in found:
        if each.earlier in after or each.later in before:
            raise SignatureInvalid(
                f"two successions of keys of {each.origin} contradict each other"
            )
        after[each.earlier] = each
        before[each.later] = each
    back = list(_walk(trusted, before, forwards=False))
    line = [*reversed(back), *_walk(trusted, after, forwards=True)]
    if len(line) != len(found):
        raise SignatureInvalid(
            f"a succession does not lead to the trusted key {encode_verifier_key(trusted)}"
        )
    terms: list[Term] = []
    first = 0
    for each in line:
        if terms and each.from_size <= (terms[-1].last or 0):
            raise SignatureInvalid(f"a key of {each.origin} was succeeded before it was alone")
        terms.append(Term(key=each.earlier, first=first, last=each.until_size))
        first = each.from_size
    newest = line[-1].later if line else trusted
    return LogKeys(terms=(*terms, Term(key=newest, first=first, last=None)))


def sign_succession(succession: Succession, sign_earlier: Sign, sign_later: Sign) -> bytes:
    """Sign a succession with both keys and write it as a signed note."""
    text = encode_succession(succession)
    return sign_note(text, succession.earlier, sign_earlier, (succession.later, sign_later))


def open_succession(data: bytes, check_signature: CheckSignature) -> Succession:
    """Read a succession from a signed note, having checked that both keys signed it.

    Raises:
        MalformedInput: the bytes are not a signed succession.
        SignatureInvalid: a key did not sign it.
    """
    note = parse_note(data)
    succession = parse_succession(note.text)
    check_note(note, succession.earlier, check_signature)
    check_note(note, succession.later, check_signature)
    return succession


def encode_succession(succession: Succession) -> str:
    """Write the text that both keys sign."""
    lines = (
        SUCCESSION_TAG,
        succession.origin,
        encode_verifier_key(succession.earlier),
        encode_verifier_key(succession.later),
        f"{_FROM}{succession.from_size}",
        f"{_UNTIL}{succession.until_size}",
    )
    return "\n".join(lines) + "\n"


def parse_succession(text: str) -> Succession:
    """Read a succession from the text that is signed.

    Raises:
        MalformedInput: the text is not one, as ``encode_succession`` would write it.
    """
    lines = text.split("\n")
    if len(lines) != _LINES + 1 or lines[0] != SUCCESSION_TAG:
        raise MalformedInput(f"a succession has {_LINES} lines and begins with {SUCCESSION_TAG}")
    _, _, earlier, later, first, last, _ = lines
    succession = Succession(
        earlier=parse_verifier_key(earlier),
        later=parse_verifier_key(later),
        from_size=decode_decimal(first.removeprefix(_FROM)),
        until_size=decode_decimal(last.removeprefix(_UNTIL)),
    )
    if encode_succession(succession) != text:
        raise MalformedInput("a succession is not written as it has to be")
    return succession


def _walk(
    key: VerifierKey, steps: dict[VerifierKey, Succession], *, forwards: bool
) -> Iterator[Succession]:
    """Yield the successions that lead away from a key in one direction, each at most once."""
    taken: set[VerifierKey] = set()
    while key in steps and key not in taken:
        taken.add(key)
        yield steps[key]
        key = steps[key].later if forwards else steps[key].earlier


def _said(term: Term) -> str:
    return f"{term.first} and more" if term.last is None else f"{term.first} to {term.last}"
