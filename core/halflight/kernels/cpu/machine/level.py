"""The processor that kernels are compiled for: a level of the architecture, not the host's model.

A level is what many models have in common: the code for it runs on all of them. The bytes are the
same at every level, as every sum and every fused operation is written out; only the speed differs.
"""

import itertools
import os
import platform
from typing import NamedTuple

from llvmlite import binding  # type: ignore[import-untyped]
from numba.core import config

VARIABLE = "HALFLIGHT_CPU"
NATIVE = "native"


class Level(NamedTuple):
    """A processor as LLVM knows it: a name and its features, "+avx2,+fma,..."."""

    name: str
    features: str

    def has(self, feature: str) -> bool:
        """Whether its code may use a feature."""
        return f"+{feature}" in self.features.split(",")


# Each level of the x86-64 psABI adds to the one before; LLVM names its features so.
_X86_ADDS = {
    "x86-64": "cmov cx8 fxsr mmx sse sse2",
    "x86-64-v2": "cx16 sahf popcnt sse3 ssse3 sse4.1 sse4.2",
    "x86-64-v3": "avx avx2 bmi bmi2 f16c fma lzcnt movbe xsave",
    "x86-64-v4": "avx512f avx512bw avx512cd avx512dq avx512vl",
}
# Elsewhere there is one: the least of the architecture, which on Arm has NEON.
_OTHER = {"generic": ""}


def _levels() -> dict[str, list[str]]:
    """The levels of this machine's architecture and all their features, the lowest first."""
    adds = _X86_ADDS if platform.machine() in ("x86_64", "AMD64") else _OTHER
    totals = itertools.accumulate(more.split() for more in adds.values())
    return dict(zip(adds, totals, strict=True))


def chosen_level() -> Level:
    """What HALFLIGHT_CPU names, by default the highest level that this processor offers.

    "native" is the processor's own model, or what NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say.

    Raises ValueError for an unknown name, and for a level whose features this processor lacks.
    """
    levels, wanted = _levels(), os.environ.get(VARIABLE, "")
    if wanted == NATIVE:
        return _native()
    host = binding.get_host_cpu_features() if any(levels.values()) else {}
    lacking = {name: [f for f in levels[name] if not host.get(f)] for name in levels}
    offered = [name for name in levels if not lacking[name]] or list(levels)[:1]
    wanted = wanted or offered[-1]
    if wanted not in levels:
        known = ", ".join([*levels, NATIVE])
        raise ValueError(f"{VARIABLE} is {wanted!r}: choose one of {known}, or leave it out")
    if wanted not in offered:
        raise ValueError(
            f"{VARIABLE} is {wanted!r}, but this processor lacks {', '.join(lacking[wanted])}: "
            f"choose {' or '.join(offered)}, or leave it out"
        )
    return Level(wanted, ",".join(f"+{feature}" for feature in levels[wanted]))


def _native() -> Level:
    name = config.CPU_NAME or binding.get_host_cpu_name()  # type: ignore[attr-defined]
    features = config.CPU_FEATURES  # type: ignore[attr-defined]
    if features is None:
        features = binding.get_host_cpu_features().flatten() if name != "generic" else ""
    return Level(str(name), str(features))


LEVEL = chosen_level()
