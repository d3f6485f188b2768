"""A plan that says truly whom it is about: the people of a labelled data set, not generated heads.

Rules kept here:

1. A plan that comes with the product speaks of generated heads. Over labelled pictures it becomes a
   plan of its own: the same limits, the manifest's own words for people and labels. It divides by
   what its limits ask for and by what the manifest says of some case.
2. It follows from plan and manifest alone, before any picture is measured, so that it can be
   printed, laid down and approved before it is run.
3. A written plan is run as it was approved, or not at all: one that speaks of generated heads is
   refused over labelled pictures.
"""

from dataclasses import replace

from adapters.studies.observations import Origin
from domain.errors import MalformedInput
from domain.values.study import StudyPlan
from validation.studies.manifest import Manifest
from validation.studies.plans import HEADS, STATION

_SHOWN = 8


def plan_over(plan: StudyPlan, manifest: Manifest) -> StudyPlan:
    """Return a shipped plan over a labelled data set.

    Raises:
        MalformedInput: something else was labelled than the plan is about.
    """
    require_output(plan, manifest)
    origin = manifest.origin
    number = str(origin.manifest).partition(":")[2][:_SHOWN]
    limited = {limit.stratum.partition("=")[0] for limit in plan.limits}
    known = {factor for each in manifest.cases for factor in each.factors}
    return replace(
        plan,
        strata=tuple(each for each in plan.strata if each in limited or each in known),
        name=plan.name.replace(STATION, f"on labelled pictures, set {number}"),
        population=f"labelled pictures: {origin.source} (manifest {origin.manifest})",
        reference=f"labels ({manifest.labels}) by: {origin.labelled_by}",
    )


def require_output(plan: StudyPlan, manifest: Manifest) -> None:
    """Refuse a data set about something else.

    Raises:
        MalformedInput: something else was labelled than the plan is about.
    """
    if manifest.output != plan.output:
        raise MalformedInput(
            f"study.output: {manifest.output} was labelled, the plan is about {plan.output}"
        )


def require_truth(plan: StudyPlan, origin: Origin | None) -> None:
    """Refuse to report people under a plan that says that nobody was measured.

    Raises:
        MalformedInput: the plan speaks of generated heads, the cases are of labelled pictures.
    """
    if origin is not None and origin.labelled_by is not None and HEADS in plan.population:
        raise MalformedInput(
            "study.population: the plan says that generated heads were measured, the cases are of "
            "labelled pictures; print the plan that says so: vultus study plan NAME --labelled "
            "MANIFEST"
        )
