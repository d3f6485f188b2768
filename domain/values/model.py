"""What a model release carries, and what one run of it did.

Rules kept here:

1. A model is named by the digest of its bytes; a run names runtime, provider and settings [DRV-19].
2. Tensors are compared by digest over a stated byte layout, so a run can be repeated [DRV-20].
"""

from dataclasses import dataclass

from domain.values.content import ContentReference, Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelManifest:
    """What must be known of a model before it may be used [DRV-18].

    Attributes:
        name: Such as ``skin-colour``.
        version: Semantic version.
        model: The model's bytes by digest.
        intended_use: What its output is for.
        input_domain: Which inputs it may be run on, in words.
        outputs: Permanent words of its outputs.
        limitations: What its outputs cannot say.
        contraindications: When it must not be used.
        training_data: Summary of training data, or why there is none.
        licence: Licence of the model.
        validation: Summary of acceptance results by subgroup.
        manifest_digest: Digest of the canonical manifest that was signed.
        signature: Ed25519 signature over the manifest, hexadecimal.
        signing_key: Ed25519 public key that made it, hexadecimal.
    """

    name: str
    version: str
    model: ContentReference
    intended_use: str
    input_domain: str
    outputs: tuple[str, ...]
    limitations: tuple[str, ...]
    contraindications: tuple[str, ...]
    training_data: str
    licence: str
    validation: str
    manifest_digest: Digest
    signature: str
    signing_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorDigest:
    """One input or output tensor by name and digest."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputDifference:
    """One output as two releases gave it; no value where a release withheld it.

    Attributes:
        code: Permanent word of the output.
        unit: Unit of the values; none for words.
        approved: Value of the approved release.
        shadow: Value of the release in its shadow.
        approved_text: Words of the approved release.
        shadow_text: Words of the release in its shadow.
    """

    code: str
    unit: str | None
    approved: float | None
    shadow: float | None
    approved_text: str | None
    shadow_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """How one inference was executed.

    Attributes:
        model: Digest of the model's bytes.
        runtime: Name and version, such as ``onnxruntime 1.31.1``.
        provider: Execution provider.
        precision: Such as ``float32``.
        threads: Threads used.
        settings: Other settings, as ``name=value`` lines.
        platform: Digest of the computing platform's description.
        preprocessing: Version of the steps before the model.
    """

    model: Digest
    runtime: str
    provider: str
    precision: str
    threads: int
    settings: tuple[str, ...]
    platform: Digest
    preprocessing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A stored result, such as a map the practitioner can overlay.

    Attributes:
        name: Permanent word, such as ``melanin-map``.
        content: The stored bytes.
        legend: What the values mean, with unit and range.
    """

    name: str
    content: ContentReference
    legend: str
