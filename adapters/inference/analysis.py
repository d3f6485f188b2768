"""What surrounds a model: what it is given, what is worked out of its outputs, and what is said.

Rules kept here:

1. An analysis is a name of released models and the versioned steps around them; the name of a
   release decides its steps, and a release that this build has no steps for is not run.
2. Everything that decides a result is a tensor with a digest: the model's inputs, what the steps
   after it are given besides, its outputs, and what those steps worked out [DRV-20].
3. Steps after the model use nothing but those tensors, so that a repeat gives the same bits.
4. What cannot be measured is withheld with its reason; it is never a number [DRV-22].
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.decode import DecodedImage
from adapters.imaging.depth import DepthMap
from adapters.imaging.pixels import Mask
from adapters.inference.overlay import Overlay
from adapters.inference.release import DomainVerdict, InputDomain, InputFacts, ModelRelease
from adapters.inference.tensors import Tensor
from domain.errors import Refusal
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion
from domain.values.finding import Finding
from domain.values.identifiers import InferenceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A capture, as far as analyses may look at it.

    Attributes:
        model: The released model's bytes, for steps before it that run a part of it.
        image: The picture of the left or only camera.
        depth: Depth as the same camera sees it; none without a locked calibration.
        camera: That camera; none without a locked calibration.
        regions: Where each region of the face is, on the picture's pixels; empty when unknown.
        makeup: Declared make-up: ``none``, ``light`` or ``full``; none when not asked.
        neutral_expression: Whether the expression was declared neutral.
        hair_back: Whether hair was declared held back; none when not asked.
        age_years: Age on the day of the session; none when unknown.
    """

    model: bytes = field(repr=False)
    image: DecodedImage
    depth: DepthMap | None
    camera: CameraIntrinsics | None
    regions: Mapping[FacialRegion, Mask] = field(repr=False)
    makeup: str | None
    neutral_expression: bool
    hair_back: bool | None
    age_years: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one run is given.

    Attributes:
        tensors: The model's inputs by name.
        beside: What the steps after the model are given besides, by name.
        facts: What is known of the input.
        flags: What else limits every output, as permanent words.
        refusals: What else speaks against a run.
    """

    tensors: Mapping[str, Tensor] = field(repr=False)
    beside: Mapping[str, Tensor] = field(repr=False)
    facts: InputFacts
    flags: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldMeasure:
    """One output that is not given, and why.

    Attributes:
        output: Permanent word of the output.
        ground: Rule, evidence, next step.
    """

    output: str
    ground: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A result that is no picture, stored for other steps to read.

    Attributes:
        name: Permanent word.
        content: Its bytes.
        media_type: What they are.
        legend: What they mean, in words.
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str
    legend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What is said of one run.

    Attributes:
        findings: In the order they are shown.
        overlays: Maps and segmentations to lay over the picture.
        withheld: What is not said, and why.
        documents: Results that are no pictures.
    """

    findings: tuple[Finding, ...]
    overlays: tuple[Overlay, ...]
    withheld: tuple[WithheldMeasure, ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A run's input as its release judges it.

    Attributes:
        inference: The run; findings derive their identifiers from it.
        domain: The released domain.
        verdict: Whether it may be run, and what its outputs must show.
    """

    inference: InferenceId
    domain: InputDomain
    verdict: DomainVerdict


class Steps(Protocol):
    """The steps around a released model."""

    @property
    def name(self) -> str:
        """Name of its releases."""

    @property
    def preprocessing(self) -> str:
        """Names and versions of the steps before the model, for the record."""

    @property
    def postprocessing(self) -> str:
        """Names and versions of the steps after the model, for the record."""

    def given(self, source: Source, domain: InputDomain) -> Given:
        """Return what a run is given of a capture.

        Raises:
            MalformedInput: the picture is no picture the model can be given.
        """

    def judge(self, domain: InputDomain, given: Given) -> DomainVerdict:
        """Return whether a run is permitted, and what its outputs must show [DRV-22]."""

    def worked_out(self, outputs: Mapping[str, Tensor], given: Given) -> Mapping[str, Tensor]:
        """Return what the steps after the model make of its outputs, by name."""

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return what is said of outputs and what was worked out of them.

        Raises:
            MalformedInput: there is nothing to report.
        """


class Analysis(Steps, Protocol):
    """The steps around the released models of one name, which this build makes itself."""

    def model(self) -> bytes:
        """Return the newest model of this name as ONNX bytes."""

    def release(self, model: Digest) -> ModelRelease:
        """Return what its release says."""
