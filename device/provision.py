"""Makes the station's key and says what its enrolment needs.

Rule kept here: the key is made at the station, once, and never leaves it [REQ-IN-215].
"""

from dataclasses import dataclass

from device.secure_key import FileSecureKey
from device.settings import Settings
from domain.values.capture import DeviceConfiguration


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """What enrolment needs to know of a station.

    Attributes:
        serial: Serial number.
        model: Type of station.
        public_key: P-256 public key, SubjectPublicKeyInfo in DER, hexadecimal.
        configuration: What runs and is mounted.
    """

    serial: str
    model: str
    public_key: str
    configuration: DeviceConfiguration


def provision(settings: Settings) -> Provisioned:
    """Make the station's key, unless it has one, and say what to enrol."""
    key = FileSecureKey.load_or_create(settings.folder / "keys")
    return Provisioned(
        serial=settings.serial,
        model=settings.model,
        public_key=key.public_key().hex(),
        configuration=settings.configuration(key_storage=key.location),
    )
