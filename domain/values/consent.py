"""Purposes of consent and the wording that was shown.

Rules kept here:

1. One purpose is one question with one answer; nothing is implied by another purpose.
2. A wording is named by version, language and the digest of the exact text.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.values.content import Digest


class Purpose(StrEnum):
    """What consent is for."""

    CLINICAL_CAPTURE = "clinical-capture"
    AI_ANALYSIS = "ai-analysis"
    REFERRER_SHARING = "referrer-sharing"
    TEACHING = "teaching"
    RESEARCH = "research"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The exact text a subject was shown.

    Attributes:
        version: Version of the text, such as ``2026-01``.
        language: Language tag (RFC 5646), such as ``en-AU``.
        text: Digest of the exact text.
    """

    version: str
    language: str
    text: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Whether a subject's consent covers one purpose at one moment.

    Attributes:
        purpose: What was asked about.
        covered: Whether an agreement is in force.
        evidence: What the record says, in words.
    """

    purpose: Purpose
    covered: bool
    evidence: str
