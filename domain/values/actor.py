"""Who acts, and what they may be entrusted with.

Rules kept here:

1. Every recorded fact names one actor: a practitioner, a device or a service.
2. Roles are granted and revoked by recorded facts; an actor's text form carries no name.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Self

from domain.errors import MalformedInput
from domain.values.identifiers import DeviceId, PractitionerId


class Role(StrEnum):
    """What a practitioner may be entrusted with at the clinic."""

    OPERATOR = "operator"
    PRACTITIONER = "practitioner"
    QUALITY_MANAGER = "quality-manager"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy-officer"
    ADMINISTRATOR = "administrator"


class ActorKind(StrEnum):
    """The three kinds of actors."""

    PRACTITIONER = "practitioner"
    DEVICE = "device"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever caused a fact.

    Attributes:
        kind: Practitioner, device or service.
        name: The identifier, or the service's word.
    """

    kind: ActorKind
    name: str

    def __post_init__(self) -> None:
        """Refuse an actor without a proper name."""
        if self.kind is ActorKind.PRACTITIONER:
            PractitionerId(self.name)
        elif self.kind is ActorKind.DEVICE:
            DeviceId(self.name)
        elif not self.name.replace("-", "").isalnum():
            message = "a service is named by one word"
            raise MalformedInput(message)

    @classmethod
    def practitioner(cls, practitioner: PractitionerId) -> Self:
        """Return the practitioner as an actor."""
        return cls(ActorKind.PRACTITIONER, str(practitioner))

    @classmethod
    def device(cls, device: DeviceId) -> Self:
        """Return the device as an actor."""
        return cls(ActorKind.DEVICE, str(device))

    @classmethod
    def service(cls, word: str) -> Self:
        """Return one of our own programs as an actor."""
        return cls(ActorKind.SERVICE, word)

    @staticmethod
    def parse(text: str) -> "Actor":
        """Read the text form ``kind:name``.

        Raises:
            MalformedInput: the text has another form.
        """
        return _parsed(text)

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}"


# A few actors cause most facts, and an actor never changes.
@lru_cache(maxsize=1024)
def _parsed(text: str) -> Actor:
    kind, colon, name = text.partition(":")
    if not colon or kind not in set(ActorKind):
        message = "an actor is written practitioner:…, device:… or service:…"
        raise MalformedInput(message)
    return Actor(ActorKind(kind), name)
