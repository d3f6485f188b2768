"""Facts about runs of released models on accepted attempts."""

from dataclasses import dataclass

from domain.values.content import Digest
from domain.values.finding import Finding
from domain.values.identifiers import AttemptId, InferenceId, ReleaseId, SessionId, SubjectId
from domain.values.model import Artefact, OutputDifference, RunFacts, TensorDigest


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceRequested:
    """A run of one release on one attempt was called for.

    Attributes:
        inference: The run.
        subject: Whose face.
        session: The session.
        attempt: The attempt.
        release: The release.
        model: Digest of the release's model.
        frames: Digests of the frames to run on.
    """

    inference: InferenceId
    subject: SubjectId
    session: SessionId
    attempt: AttemptId
    release: ReleaseId
    model: Digest
    frames: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceCompleted:
    """The run gave results.

    Attributes:
        run: How it was executed.
        inputs: Input tensors.
        outputs: Output tensors.
        findings: What was found.
        artefacts: Stored results such as maps.
    """

    run: RunFacts
    inputs: tuple[TensorDigest, ...]
    outputs: tuple[TensorDigest, ...]
    findings: tuple[Finding, ...]
    artefacts: tuple[Artefact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceFailed:
    """The run gave no result.

    Attributes:
        rule: The rule or step that failed.
        evidence: What was found.
    """

    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproductionChecked:
    """The run was executed again and compared.

    Attributes:
        outcome: ``identical``, ``within-tolerance`` or ``different``.
        evidence: What was compared, in words.
        platform: Digest of the platform of the repeat.
    """

    outcome: str
    evidence: str
    platform: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceRefused:
    """The run was not begun, because what is stored is not what was released; it has not ended.

    Attributes:
        rule: The rule that refused it.
        evidence: What was found.
    """

    rule: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowCompared:
    """Another release ran on the same capture, and nobody is shown what it gave.

    Attributes:
        release: The release in the shadow.
        run: How it was executed.
        inputs: Input tensors.
        outputs: Output tensors.
        differences: Each output of both.
    """

    release: ReleaseId
    run: RunFacts
    inputs: tuple[TensorDigest, ...]
    outputs: tuple[TensorDigest, ...]
    differences: tuple[OutputDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowRefused:
    """Another release was to run on the same capture, and gave nothing to compare.

    Attributes:
        release: The release in the shadow.
        rule: The rule or step that refused it.
        evidence: What was found.
    """

    release: ReleaseId
    rule: str
    evidence: str


InferenceEvent = (
    InferenceRequested
    | InferenceCompleted
    | InferenceFailed
    | InferenceRefused
    | ReproductionChecked
    | ShadowCompared
    | ShadowRefused
)
