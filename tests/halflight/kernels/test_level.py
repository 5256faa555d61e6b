"""Which processor is compiled for, and that the bytes are those of every other."""

import platform

import pytest
from llvmlite import binding

from halflight.kernels.cpu.machine import level
from tests.halflight.kernels.python import output_of

X86 = platform.machine() in ("x86_64", "AMD64")
V2 = "cmov cx8 fxsr mmx sse sse2 cx16 sahf popcnt sse3 ssse3 sse4.1 sse4.2"
V3 = f"{V2} avx avx2 bmi bmi2 f16c fma lzcnt movbe xsave"
V4 = f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl"

pytestmark = pytest.mark.skipif(not X86, reason="the levels are those of x86-64")


@pytest.fixture
def host(monkeypatch):
    """Pretend a processor with these features, and no wish of the user."""

    def pretend(features):
        monkeypatch.setattr(
            binding, "get_host_cpu_features", lambda: dict.fromkeys(features.split(), True)
        )
        monkeypatch.delenv("HALFLIGHT_CPU", raising=False)

    return pretend


@pytest.mark.parametrize(
    ("features", "name"),
    [
        (V4, "x86-64-v4"),
        (f"{V4} avx512vnni amx-tile", "x86-64-v4"),
        (V3, "x86-64-v3"),
        (f"{V3} avx512f", "x86-64-v3"),
        (V3.replace("avx2 ", ""), "x86-64-v2"),
        ("cmov cx8 fxsr mmx sse sse2", "x86-64"),
    ],
)
def test_by_default_it_is_the_highest_level_that_the_host_offers(host, features, name):
    host(features)
    found = level.chosen_level()
    assert found.name == name
    assert found.has("avx512f") is (name == "x86-64-v4")
    assert found.has("fma") is (name >= "x86-64-v3")


def test_numbas_own_choice_of_a_processor_changes_nothing(host, monkeypatch):
    host(V4)
    before = level.chosen_level()
    monkeypatch.setattr("numba.core.config.CPU_NAME", "znver4")
    monkeypatch.setattr("numba.core.config.CPU_FEATURES", "+avx2")
    assert level.chosen_level() == before


def test_the_variable_chooses_another(host, monkeypatch):
    host(V4)
    monkeypatch.setenv("HALFLIGHT_CPU", "x86-64-v3")
    assert level.chosen_level().name == "x86-64-v3"
    monkeypatch.setenv("HALFLIGHT_CPU", "native")
    monkeypatch.setattr("numba.core.config.CPU_NAME", "znver4")
    monkeypatch.setattr("numba.core.config.CPU_FEATURES", "+avx2,+fma")
    assert level.chosen_level() == level.Level("znver4", "+avx2,+fma")


def test_what_cannot_be_is_refused_by_name(host, monkeypatch):
    host(V3)
    monkeypatch.setenv("HALFLIGHT_CPU", "avx512")
    with pytest.raises(
        ValueError, match=r"HALFLIGHT_CPU is 'avx512': choose one of x86-64, .*native"
    ):
        level.chosen_level()
    monkeypatch.setenv("HALFLIGHT_CPU", "x86-64-v4")
    with pytest.raises(ValueError, match=r"HALFLIGHT_CPU is 'x86-64-v4', .* lacks avx512f, "):
        level.chosen_level()


TRAINED = """
import hashlib
import numpy as np
from numba import njit
from halflight.nn import Input, Model, layers
from halflight.kernels.cpu.machine.level import LEVEL

own = njit(lambda x: x * 2.0)
assert own(2.0) == 4.0, "other code of the process keeps its own processor"
rng = np.random.Generator(np.random.Philox(key=[5, 0]))
x, y = rng.standard_normal((24, 12, 12, 2), np.float32), rng.standard_normal((24, 1), np.float32)
image = Input((12, 12, 2))
z = layers.Conv2D(16, 3, padding="same", activation="relu")(image)
z = layers.MaxPooling2D()(layers.BatchNormalization()(z))
z = layers.GlobalAveragePooling2D()(layers.Conv2D(20, 3, activation="relu")(z))
model = Model(image, layers.Dense(2)(layers.Dense(24, activation="tanh")(z)), seed=1)
model.compile("adamw", loss="gaussian_nll")
model.fit(x, y, epochs=4, batch_size=7)
digest = hashlib.sha256(model.predict(x).tobytes())
for name, value in sorted(model.get_weights().items()):
    digest.update(value.tobytes())
print(LEVEL.name, digest.hexdigest())
"""
AVX2 = ",".join(f"+{feature}" for feature in V3.split())
AVX512 = ",".join(f"+{feature}" for feature in V4.split())
# Name, features that the host needs, environment: levels, and tunings of AMD's and Intel's models.
PROCESSORS = [
    ("x86-64-v3", V3, {}),
    ("x86-64-v4", V4, {}),
    ("haswell", V3, {"NUMBA_CPU_FEATURES": AVX2}),
    ("znver2", V3, {"NUMBA_CPU_FEATURES": AVX2}),
    ("znver4", V4, {"NUMBA_CPU_FEATURES": AVX512}),
    ("skylake-avx512", V4, {"NUMBA_CPU_FEATURES": AVX512}),
]


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize(
    "processors",
    [
        pytest.param(PROCESSORS[:2], marks=pytest.mark.thorough),
        pytest.param(PROCESSORS, marks=pytest.mark.exhaustive),
    ],
    ids=["levels", "tunings"],
)
def test_a_network_trains_to_the_same_bytes_on_every_processor(root, processors):
    offered = binding.get_host_cpu_features()
    digests = {}
    for name, needed, features in processors:
        if not all(offered.get(feature) for feature in needed.split()):
            continue
        wanted = {"HALFLIGHT_CPU": "native", "NUMBA_CPU_NAME": name} | features
        wanted = wanted if features else {"HALFLIGHT_CPU": name}
        compiled_for, digests[name] = output_of(TRAINED, root, **wanted).split()
        assert compiled_for == name
    assert len(set(digests.values())) == 1, digests
