"""How much each skin measure is taken to vary when the same face is captured again.

Rule kept here: these are estimates of relative standard deviations, set by judgement and not yet
measured over repeats; every release that rests on them says so among its limitations.

Known gap: ``./vultus benchmark imaging --only repeat`` measures them; until its figures stand here,
a change of a skin measure between visits may not be relied on.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RELATIVE_SD: Final[Mapping[str, float]] = MappingProxyType(
    {
        "melanin-density": 0.02,
        "haemoglobin-density": 0.04,
        "brown-spots": 0.06,
        "brown-spot-area": 0.06,
        "brown-spot-share": 0.06,
        "redness-area": 0.10,
        "redness-share": 0.10,
        "hyperpigmentation-area": 0.10,
        "hyperpigmentation-share": 0.10,
        "dyschromia": 0.05,
        "malar-pattern": 0.10,
        "centrofacial-pattern": 0.10,
        "pattern-symmetry": 0.10,
        "pores": 0.04,
        "pore-density": 0.04,
        "roughness": 0.03,
        "relief-roughness": 0.10,
        "relief-slope": 0.10,
        "fine-line-length": 0.08,
        "wrinkle-length": 0.08,
        "wrinkle-depth": 0.10,
        "texture-gradient": 0.05,
        "dark-comedone-like": 0.15,
        "light-comedone-like": 0.15,
        "inflammatory-like": 0.15,
    }
)
