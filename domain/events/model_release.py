"""Facts about model releases: registered, set beside another, approved, suspended."""

from dataclasses import dataclass

from domain.values.identifiers import PractitionerId, ReleaseId
from domain.values.model import ModelManifest
from domain.values.signature import ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRegistered:
    """A model was registered with everything that must be known of it.

    Attributes:
        release: The release.
        manifest: What it carries.
        registered_by: Who registered it; may not approve it.
    """

    release: ReleaseId
    manifest: ModelManifest
    registered_by: PractitionerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelApproved:
    """A person approved the release for use.

    Attributes:
        signature: The approval, over the manifest's digest.
    """

    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSuspended:
    """The release may not be run from now on.

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShadowed:
    """The release runs beside an approved one from now on, and nobody is shown its results.

    Attributes:
        beside: The approved release whose inputs it is given.
    """

    beside: ReleaseId


ModelReleaseEvent = ModelRegistered | ModelShadowed | ModelApproved | ModelSuspended
