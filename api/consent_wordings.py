"""The texts a subject is shown, purpose by purpose.

Rules kept here:

1. A text that was shown is never edited; a new text is a new version.
2. Each text says what it is for, how long, who sees it, how to take it back, and that refusing
   changes nothing about care.
"""

from dataclasses import dataclass

from domain.errors import NotFound
from domain.values.consent import Purpose, Wording
from domain.values.content import Digest

_RIGHTS = (
    " You may say no, and you may take this back at any time; neither changes how you are cared "
    "for. Ask us for a copy of anything we hold about you."
)

_TEXTS: dict[Purpose, str] = {
    Purpose.CLINICAL_CAPTURE: (
        "I agree that the clinic takes standardised photographs and depth measurements of my face "
        "and keeps them, encrypted, as part of my clinical record for as long as the law requires "
        "such records to be kept. Only people who care for me, and those who check the quality of "
        "that care, may look at them; every look is recorded." + _RIGHTS
    ),
    Purpose.AI_ANALYSIS: (
        "I agree that software measures my photographs, for example the colour of my skin. What it "
        "finds is only an aid: a practitioner reviews every finding, and decides. It is not a "
        "diagnosis." + _RIGHTS
    ),
    Purpose.REFERRER_SHARING: (
        "I agree that the clinic shares my report with the practitioner who referred me, by a link "
        "that ends after seven days." + _RIGHTS
    ),
    Purpose.TEACHING: (
        "I agree that my photographs are shown, without my name, to teach people who work at this "
        "clinic. My face may be recognised." + _RIGHTS
    ),
    Purpose.RESEARCH: (
        "I agree that my photographs and measurements are used, without my name, in research that "
        "an ethics committee has approved. My face may be recognised." + _RIGHTS
    ),
    Purpose.MARKETING: (
        "I agree that the clinic shows the photographs I have chosen in its own advertising. What "
        "has been published cannot always be called back." + _RIGHTS
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWording:
    """One text.

    Attributes:
        version: Version of the text.
        language: Language tag (RFC 5646).
        purpose: What it asks agreement to.
        text: The exact words.
    """

    version: str
    language: str
    purpose: Purpose
    text: str

    @property
    def wording(self) -> Wording:
        """The text by version, language and digest."""
        digest = Digest.of(self.text.encode())
        return Wording(version=self.version, language=self.language, text=digest)


WORDINGS = tuple(
    ConsentWording(version="2026-11", language="en-AU", purpose=purpose, text=text)
    for purpose, text in _TEXTS.items()
)


def find_wording(purpose: Purpose, version: str, language: str) -> ConsentWording:
    """Return a text.

    Raises:
        NotFound: there is no such text.
    """
    for each in WORDINGS:
        if (each.purpose, each.version, each.language) == (purpose, version, language):
            return each
    message = f"There is no wording {version} in {language} for {purpose.value}."
    raise NotFound(message)
