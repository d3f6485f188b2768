"""Facts about runs of released models on accepted attempts."""

from dataclasses import dataclass

from domain.values.content import Digest
from domain.values.finding import Finding
from domain.values.identifiers import AttemptId, InferenceId, ReleaseId, SessionId, SubjectId
from domain.values.model import Artefact, RunFacts, TensorDigest


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


InferenceEvent = InferenceRequested | InferenceCompleted | InferenceFailed | ReproductionChecked
