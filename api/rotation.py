"""Handing the log over from one key to the next.

Rules kept here:

1. The step that counts is the record that says so. What is done before it can be done again; what
   is done after it follows from it.
2. Interrupted anywhere, the record goes on: before that step with the earlier key, after it with
   both. Repeating the command finishes what was begun.
3. The earlier key has its last word alone: a checkpoint of the log as it is, before the later key
   may sign anything.
"""

from adapters.keys.log_key_files import FIRST
from api.wiring import System
from domain.errors import NotFound
from domain.events.log_key import LogKeyRotated
from domain.handling import load, update
from domain.ledger.checkpoint import VerifierKey
from domain.ledger.log_keys import Succession, sign_succession
from domain.rules.log_key import LOG_KEY, LogKey, refuse_while_two_sign, rotate_log_key
from domain.values.actor import Actor
from domain.values.identifiers import LogKeyId

OVERLAP_RECORDS = 5_000


def rotate(system: System, actor: Actor, *, overlap: int = OVERLAP_RECORDS) -> LogKeyRotated:
    """Have another key take over signing the log, and return what was recorded of it.

    Args:
        system: Whose log it is.
        actor: Who asks.
        overlap: For so many further records both keys sign.

    Raises:
        RuleViolation: two keys sign already.
        IntegrityFailure: the log does not continue what was signed before.
        Unavailable: disk or database are away; repeat the command.
    """
    stream = LogKeyId.derived(system.clinic).stream
    before, _ = load(system.log, LOG_KEY, stream)
    refuse_while_two_sign(before, size=system.log.size())
    number = FIRST + len(before.rotations)
    earlier, later = system.log_key_files.load(number), system.log_key_files.provide(number + 1)
    if earlier is None:
        message = "the key that has to hand over is gone"
        raise NotFound(message)
    system.checkpointer.sign()

    def decide(log_key: LogKey) -> LogKeyRotated:
        size = system.log.size()
        keys = system.log_keys.keys()
        succession = Succession(
            earlier=keys.newest,
            later=VerifierKey(name=keys.origin, public_key=later.public_key()),
            from_size=size,
            until_size=size + overlap,
        )
        statement = sign_succession(succession, earlier.sign, later.sign).decode()
        return rotate_log_key(log_key, succession=succession, statement=statement, size=size)

    (record,) = update(system.log, LOG_KEY, stream, decide, system.context(actor))
    system.checkpointer.sign()
    system.checkpointer.copy()
    rotated = record.event
    if not isinstance(rotated, LogKeyRotated):
        message = "what was recorded is not a succession"
        raise TypeError(message)
    return rotated
