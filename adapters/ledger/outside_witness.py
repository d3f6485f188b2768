"""A witness outside: another party's server that signs only what continues what it saw.

Rules kept here:

1. The witness is known by its verifier key, and nothing it says without that key's signature
   counts.
2. A witness that saw more records than we have, or that finds our checkpoint inconsistent, is an
   alarm. A witness that does not know us, or answers nonsense, is a problem of that place.
3. Every request ends, no answer is believed to be small, and no redirection is followed.

Source: C2SP specification ``tlog-witness``.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import httpx

from adapters.blobs.location import is_loopback
from adapters.keys.signing import is_ed25519_signature
from adapters.ledger.checkpoints import KeptCheckpoint
from domain.errors import (
    ChainBroken,
    MalformedInput,
    NotPermitted,
    ProofInvalid,
    RecordsError,
    SignatureInvalid,
    Unavailable,
)
from domain.ledger.checkpoint import (
    NoteSignature,
    SignedNote,
    VerifierKey,
    decode_decimal,
    parse_body,
    parse_note,
)
from domain.ledger.cosignature import (
    AddCheckpoint,
    cosignatures,
    encode_request,
    parse_lines,
    parse_witness_key,
)

ANSWER_BYTES_MAX: Final = 1 << 20
TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)

_OK, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _INCONSISTENT = 200, 403, 404, 409, 422
_SHOWS_NOTHING: Final = (_FORBIDDEN, _NOT_FOUND, 405, 501)  # a witness need not show anything
_TRIES: Final = 3
Prove = Callable[[int, int], tuple[bytes, ...]]
"""Returns the consistency proof from one size of our log to another."""


class OutsideWitness:
    """Sends checkpoints to a witness and brings back its cosignatures."""

    near = False

    def __init__(
        self,
        address: str,
        key: VerifierKey,
        *,
        origin: str,
        prove: Prove,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Use a witness at an address.

        Args:
            address: Prefix of its interface, for reading and for writing.
            key: The key under which it is known.
            origin: Whose checkpoints are sent.
            prove: Makes proofs of our log.
            transport: How to reach it; none for the network.
        """
        self.name = address
        self._key = key
        self._origin = origin
        self._prove = prove
        self._known = 0
        self._http = httpx.Client(
            headers={"Accept-Encoding": "identity", "Content-Type": "text/plain; charset=utf-8"},
            timeout=TIMEOUT,
            transport=transport,
            follow_redirects=False,
        )

    def newest(self) -> bytes | None:
        """Return the note of the newest checkpoint that it cosigned, if there is one.

        Raises:
            Unavailable: it is away.
            MalformedInput: what it shows is no checkpoint that it signed.
        """
        origin = sha256(self._origin.encode()).hexdigest()
        status, answer = self._ask("GET", f"/{origin}/checkpoint")
        if status in _SHOWS_NOTHING:
            return None
        if status != _OK:
            raise self._refused(status)
        shown = parse_note(answer)
        self._own_lines(shown)
        self._known = parse_body(shown.text).size
        return answer

    def has(self, size: int) -> bool:
        """Return whether it is known to have seen as much."""
        return self._known >= size

    def keep(self, kept: KeptCheckpoint) -> tuple[NoteSignature, ...]:
        """Have a checkpoint cosigned and return the witness's line.

        Raises:
            ChainBroken: it cosigned more records than we signed for.
            ProofInvalid: it finds the checkpoint inconsistent with what it saw.
            NotPermitted: it does not know us, or not our key.
            MalformedInput: it answers without its signature.
            Unavailable: it is away.
        """
        for _ in range(_TRIES):
            proof = self._prove(self._known, kept.size) if self._known > 0 else ()
            request = AddCheckpoint(old_size=self._known, proof=proof, checkpoint=kept.note)
            status, answer = self._ask("POST", "/add-checkpoint", encode_request(request))
            if status == _OK:
                lines = self._checked(kept.note, answer)
                self._known = kept.size
                return lines
            if status == _INCONSISTENT:
                raise ProofInvalid(
                    f"{self.name} refused the checkpoint of {kept.size} records: it does not "
                    f"continue the {self._known} records that it saw of this log"
                )
            if status != _CONFLICT:
                raise self._refused(status)
            known = decode_decimal(answer.decode("ascii", "replace").removesuffix("\n"))
            if known > kept.size:
                self._check_have(known, kept.size)
                self._known = known
                return ()  # another process of ours was quicker
            self._known = known
        raise Unavailable(f"{self.name} is busy with other checkpoints of this log")

    def keep_file(self, name: str, note: bytes) -> None:
        """Keep nothing: a witness keeps checkpoints only."""

    def _checked(self, note: bytes, answer: bytes) -> tuple[NoteSignature, ...]:
        signed = SignedNote(text=parse_note(note).text, signatures=parse_lines(answer))
        return self._own_lines(signed)

    def _check_have(self, known: int, size: int) -> None:
        try:
            self._prove(size, known)
        except ChainBroken as error:
            raise ChainBroken(
                f"{self.name} refused the checkpoint of {size} records: it saw {known} records of "
                "this log, and there are fewer"
            ) from error

    def _own_lines(self, note: SignedNote) -> tuple[NoteSignature, ...]:
        """Return the witness's own lines under a note; what others signed is passed over."""
        try:
            found = cosignatures(note, [self._key], is_ed25519_signature)
        except SignatureInvalid as error:
            raise MalformedInput(f"{self.name} answered with a wrong signature") from error
        if not found:
            raise MalformedInput(f"{self.name} answered without a signature of {self._key.name}")
        mine = (self._key.name, self._key.key_id)
        return tuple(line for line in note.signatures if (line.name, line.key_id) == mine)

    def _ask(self, method: str, path: str, content: bytes | None = None) -> tuple[int, bytes]:
        try:
            with self._http.stream(method, self.name + path, content=content) as response:
                answer = bytearray()
                for piece in response.iter_bytes(1 << 16):
                    answer += piece
                    if len(answer) > ANSWER_BYTES_MAX:
                        raise MalformedInput(f"{self.name} answers with more than it should")
                return response.status_code, bytes(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"{self.name} cannot be reached: {type(error).__name__}") from error

    def _refused(self, status: int) -> RecordsError:
        if status == _NOT_FOUND:
            return NotPermitted(
                f"{self.name} does not witness this log; have it run `vultus witness add`"
            )
        if status == _FORBIDDEN:
            return NotPermitted(
                f"{self.name} does not know the key that signed; have it run `vultus witness add` "
                "with the statement by which the key took over"
            )
        return Unavailable(f"{self.name} answered {status}")


def parse_address(text: str) -> tuple[str, VerifierKey]:
    """Return address and key of a witness from ``https://…/witness#<verifier key>``.

    Raises:
        MalformedInput: it is no such address, or lacks the key.
    """
    address, _, key = text.partition("#")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or "@" in parts.netloc or parts.query or parts.scheme not in {"http", "https"}:
        raise MalformedInput("a witness is named https://host/witness#<its verifier key>")
    if parts.scheme == "http" and not is_loopback(host):
        raise MalformedInput(f"{address}: a witness beyond this machine is asked under https://")
    if not key:
        raise MalformedInput(
            f"{address} lacks the witness's key; append # and what its `vultus witness key` prints"
        )
    return address.rstrip("/"), parse_witness_key(key)
