"""Station settings from the environment, checked at start.

Rules kept here:

1. A setting that cannot work is refused at start, by name, not at first use.
2. Secrets are never settings; keys live in files under the station's folder, or in hardware.
3. The server is reached over TLS unless it is on this very machine.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from domain.errors import MalformedInput
from domain.values.capture import Camera, DeviceConfiguration
from domain.values.colour import ColourLimits
from domain.values.content import Digest
from domain.values.identifiers import DeviceId
from domain.values.light_field import LightFieldLimits
from domain.values.protocol import CalibrationLimits

SOFTWARE: Final = "0.1.0"
CONNECTORS: Final = ("J1", "J3")
ZONES: Final = ("left", "right", "top", "bottom")
DEFAULT_LIMITS: Final = CalibrationLimits(
    reprojection_error_px=0.30,
    epipolar_error_px=0.30,
    baseline_tolerance_mm=0.20,
    valid_days=30,
    illumination_valid_hours=12,
)
DEFAULT_COLOUR_LIMITS: Final = ColourLimits(
    mean=1.5, worst=4.0, held_out_mean=2.0, least_patches=22, valid_days=30
)
DEFAULT_FIELD_LIMITS: Final = LightFieldLimits(
    uniformity=0.6, level_drift=0.10, pattern_drift=0.05, cct_drift_k=200.0, duv=0.01
)
_LOCAL: Final = {"127.0.0.1", "localhost", "::1", "testserver"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Which station this is, and where it works.

    Attributes:
        folder: Keys, queue and kept facts.
        server: Address of the server.
        device: Identifier given at enrolment; none before.
        serial: Serial number of the station.
        model: Type of station.
        camera_serials: Serial numbers of the cameras, left first.
        sensor: Sensor class of both.
        firmware: Firmware version.
        lens_configuration: Words and numbers that identify lenses and focus.
        baseline_mm: Nominal distance between the cameras.
        secure_boot: Whether the boot was measured and verified.
        polarisation: Whether polarising filters are mounted.
        infeasible_reference: Why no colour reference can be in view; empty when one can.
        scene: JSON file of the simulated scene; none for real hardware.
        poll_s: Seconds between two questions for orders.
        reserve_bytes: Room on the disk below which nothing is captured.
    """

    folder: Path
    server: str
    device: DeviceId | None = None
    serial: str = "ST-0001"
    model: str = "VP-1"
    camera_serials: tuple[str, str] = ("CAM-L-0001", "CAM-R-0001")
    sensor: str = "IMX477"
    firmware: str = "2.1.0"
    lens_configuration: str = "12 mm f/4 locked at 450 mm"
    baseline_mm: float = 80.0
    secure_boot: bool = False
    polarisation: bool = False
    infeasible_reference: str = ""
    scene: Path | None = None
    poll_s: float = 0.5
    reserve_bytes: int = 200 << 20

    def __post_init__(self) -> None:
        """Refuse an address that would send pictures in the clear."""
        address = urlsplit(self.server)
        secure = address.scheme == "https"
        if not (secure or (address.scheme == "http" and address.hostname in _LOCAL)):
            raise MalformedInput("VULTUS_SERVER is an https:// address, or http:// on this machine")
        if self.camera_serials[0] == self.camera_serials[1]:
            raise MalformedInput("VULTUS_STATION_CAMERAS names two different cameras")

    def configuration(self, *, key_storage: str) -> DeviceConfiguration:
        """Return what runs and is mounted."""
        return DeviceConfiguration(
            firmware=self.firmware,
            software=SOFTWARE,
            software_digest=software_digest(),
            cameras=tuple(
                Camera(serial=serial, position=position, connector=connector, sensor=self.sensor)
                for serial, position, connector in zip(
                    self.camera_serials, ("left", "right"), CONNECTORS, strict=True
                )
            ),
            lens_configuration=self.lens_configuration,
            baseline_mm=self.baseline_mm,
            zones=ZONES,
            secure_boot=self.secure_boot,
            key_storage=key_storage,
            polarisation=self.polarisation,
        )


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment gives, with defaults for the rest.

    ``VULTUS_STATION_DATA``, ``VULTUS_SERVER``, ``VULTUS_STATION_DEVICE``,
    ``VULTUS_STATION_SERIAL``, ``VULTUS_STATION_CAMERAS`` (two serial numbers with a comma),
    ``VULTUS_STATION_FIRMWARE``, ``VULTUS_STATION_LENSES``, ``VULTUS_STATION_BASELINE_MM``,
    ``VULTUS_STATION_NO_REFERENCE`` (a reason), ``VULTUS_STATION_SCENE`` (simulated hardware).

    Raises:
        MalformedInput: a setting cannot work; the message names it.
    """
    given = os.environ if environment is None else environment
    cameras = tuple((given.get("VULTUS_STATION_CAMERAS") or "CAM-L-0001,CAM-R-0001").split(","))
    if len(cameras) != 2:  # noqa: PLR2004 - left and right
        raise MalformedInput("VULTUS_STATION_CAMERAS is two serial numbers with a comma between")
    try:
        baseline_mm = float(given.get("VULTUS_STATION_BASELINE_MM") or 80.0)
    except ValueError as error:
        raise MalformedInput("VULTUS_STATION_BASELINE_MM is a number") from error
    device, scene = given.get("VULTUS_STATION_DEVICE"), given.get("VULTUS_STATION_SCENE")
    return Settings(
        folder=Path(given.get("VULTUS_STATION_DATA") or "data/station").expanduser().absolute(),
        server=(given.get("VULTUS_SERVER") or "http://127.0.0.1:8460").rstrip("/"),
        device=DeviceId(device) if device else None,
        serial=given.get("VULTUS_STATION_SERIAL") or "ST-0001",
        camera_serials=(cameras[0].strip(), cameras[1].strip()),
        firmware=given.get("VULTUS_STATION_FIRMWARE") or "2.1.0",
        lens_configuration=given.get("VULTUS_STATION_LENSES") or "12 mm f/4 locked at 450 mm",
        baseline_mm=baseline_mm,
        infeasible_reference=given.get("VULTUS_STATION_NO_REFERENCE") or "",
        scene=Path(scene).expanduser() if scene else None,
    )


def software_digest() -> Digest:
    """Return the digest of the station software as installed: names and bytes, in order."""
    folder = Path(__file__).parent
    whole = sha256()
    for path in sorted(folder.rglob("*.py")):
        whole.update(str(path.relative_to(folder)).encode() + b"\0")
        whole.update(sha256(path.read_bytes()).digest())
    return Digest.from_raw(whole.digest())
