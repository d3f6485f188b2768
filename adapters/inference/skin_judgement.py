"""When the analytic skin models may be run, beyond the limits of their released domain [DRV-22].

Rule kept here: full make-up hides what these models describe, so a picture declared to show it is
refused. Everything weaker is flagged, lowers confidence, or withholds the outputs it spoils.
"""

from dataclasses import replace

from adapters.inference.analysis import Given
from adapters.inference.release import DomainVerdict, InputDomain, judge_input
from adapters.inference.skin_density_input import mask_of
from domain.errors import Refusal


def judge_skin(domain: InputDomain, given: Given) -> DomainVerdict:
    """Return whether a skin model may be run on an input, and what its outputs must show."""
    verdict = judge_input(domain, given.facts)
    refusals = list(verdict.refusals)
    if given.facts.makeup == "full":
        refusals.append(
            Refusal(
                rule="model.makeup",
                evidence="full make-up was declared; the skin beneath it is not seen",
                next_step="Capture again on clean skin.",
            )
        )
    if verdict.permitted and not mask_of(given.beside).any():
        refusals.append(
            Refusal(
                rule="model.skin-pixels",
                evidence="no skin is left away from its outline, hair and steep slopes",
                next_step="Capture again with the face larger in the picture and unobstructed.",
            )
        )
    return replace(verdict, refusals=tuple(refusals))
