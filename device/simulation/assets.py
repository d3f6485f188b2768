"""A head ready to be rendered, made once and kept.

Rules kept here:

1. An asset is decided by identity, typology class, session change and painted appearance alone.
2. Kept assets carry the digest of this package's sources in their name: after any change to the
   code an old file is simply never found again.
3. A file appears under its final name complete or not at all; a broken file is made anew.
"""

import hashlib
import os
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.appearance import NATURAL, Appearance
from device.simulation.head import HeadSurface, build_head
from device.simulation.identity import Identity, SessionChange, TypologyClass
from device.simulation.lighting import crevices
from device.simulation.marks import LESIONS
from device.simulation.occlusion import Occlusion, find_occlusion
from device.simulation.parts import Part, build_parts
from device.simulation.skin_map import SkinMaps, draw_skin
from device.simulation.skin_record import SkinRecord, read_record
from device.simulation.texture import Tile, pore_tile

_KEPT_IN_MEMORY: Final = 3
Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadAsset:
    """Everything about one head that no pose and no light changes.

    Attributes:
        crevices: (rows, columns, 3) float32, 0..1, light let into the folds of the skin.
    """

    typology: TypologyClass
    surface: HeadSurface
    parts: tuple[Part, ...]
    maps: SkinMaps
    occlusion: Occlusion
    crevices: NDArray[np.float32]
    pores: Tile


@cache
def source_digest() -> str:
    """Return the digest of this package's sources, as 16 hex digits."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_name(kind: str, *parts: object) -> str:
    """Name a kept file after everything that decides its content."""
    text = "\n".join([source_digest(), *map(repr, parts)])
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"


def kept(folder: Path | None, name: str, make: Callable[[], Arrays]) -> Arrays:
    """Read arrays from ``folder``, or make them and keep them there."""
    if folder is None:
        return make()
    path = folder / name
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
    except (FileNotFoundError, zipfile.BadZipFile, ValueError, EOFError, KeyError):
        arrays = make()
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as target:
        np.savez(target, allow_pickle=False, **arrays)
    Path(temporary).replace(path)
    return arrays


_MEMORY: OrderedDict[str, HeadAsset] = OrderedDict()


def head_asset(
    identity: Identity,
    typology: TypologyClass,
    change: SessionChange,
    folder: Path | None,
    appearance: Appearance = NATURAL,
) -> HeadAsset:
    """Return a head: from memory, from ``folder``, or newly made."""
    looks = appearance.painted()
    name = cache_name("head", identity, typology, change, looks)
    found = _MEMORY.get(name)
    if found is None:
        arrays = kept(folder, name, lambda: _make(identity, typology, change, looks))
        found = _asset(identity, typology, arrays)
        _MEMORY[name] = found
        while len(_MEMORY) > _KEPT_IN_MEMORY:
            _MEMORY.popitem(last=False)
    _MEMORY.move_to_end(name)
    return found


def _make(
    identity: Identity, typology: TypologyClass, change: SessionChange, looks: Appearance
) -> Arrays:
    surface = build_head(identity, change, looks)
    with ThreadPoolExecutor(max_workers=2) as pool:
        looking = pool.submit(find_occlusion, build_parts(surface))
        maps = draw_skin(surface, surface.rest, typology, change, looks)
        occlusion = looking.result()
    pores = pore_tile(identity.seed)
    record = SkinRecord(spots=maps.spots, patches=maps.patches, lines=surface.lines)
    places = [*surface.landmarks.items()]
    return {
        "points": surface.points,
        "normals": surface.normals,
        "rest": surface.rest,
        "landmark_names": np.array([name for name, _ in places]),
        "landmarks": np.array([place for _, place in places], np.int32),
        "albedo": maps.albedo.astype(np.float16),
        "hair": maps.hair,
        "strands": maps.strands,
        "gloss": maps.gloss,
        "pore_depth": maps.pore_depth,
        "distances": maps.distances,
        "hair_rgb": maps.hair_rgb,
        "labels": maps.labels,
        "record": np.array(record.as_text()),
        "directions": occlusion.directions,
        "seen": occlusion.seen.astype(np.float16),
        "open_sky": occlusion.open_sky,
        "pores": pores.values,
        "pore_size_mm": np.array(pores.size_mm),
    }


def _asset(identity: Identity, typology: TypologyClass, arrays: Arrays) -> HeadAsset:
    def real(key: str) -> NDArray[np.float32]:
        return np.asarray(arrays[key], dtype=np.float32)

    record = read_record(str(arrays["record"]))
    names = [str(name) for name in arrays["landmark_names"]]
    places = [(int(row), int(column)) for row, column in arrays["landmarks"].tolist()]
    surface = HeadSurface(
        identity=identity,
        points=real("points"),
        normals=real("normals"),
        landmarks=MappingProxyType(dict(zip(names, places, strict=True))),
        rest=real("rest"),
        lines=record.lines,
        lesions=tuple(spot for spot in record.spots if spot.kind in LESIONS),
    )
    maps = SkinMaps(
        albedo=real("albedo"),
        hair=np.asarray(arrays["hair"], dtype=np.uint8),
        strands=np.asarray(arrays["strands"], dtype=np.uint8),
        gloss=real("gloss"),
        pore_depth=real("pore_depth"),
        distances=real("distances"),
        hair_rgb=real("hair_rgb"),
        spots=record.spots,
        patches=record.patches,
        labels=np.asarray(arrays["labels"], dtype=np.uint8),
    )
    occlusion = Occlusion(
        directions=real("directions"), seen=real("seen"), open_sky=real("open_sky")
    )
    return HeadAsset(
        typology=typology,
        surface=surface,
        parts=build_parts(surface),
        maps=maps,
        occlusion=occlusion,
        crevices=crevices(occlusion),
        pores=Tile(values=real("pores"), size_mm=float(arrays["pore_size_mm"])),
    )
