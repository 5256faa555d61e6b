"""No kernel writes or reads outside its arrays, or uses scratch memory that it has not written."""

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.cpu.machine import scratch as scratch_module
from halflight.kernels.cpu.machine.compiler import compiled
from halflight.kernels.cpu.machine.vector import LANES, copy_floats
from tests.halflight.kernels.backends import COMPILED
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.guarded import Fences, Zones, run_in, scratch_in
from tests.halflight.kernels.python import run_python


@pytest.mark.parametrize("name", COMPILED)
def test_surroundings_and_results_keep_their_bytes(name):
    backend = kernels.load(name)
    for case in all_cases():
        zones = Zones()
        received = run_in(zones, case, backend)
        assert not zones.broken(), f"{case.kernel} writes outside its arrays or scratch"
        for output, value in case.run(backend).items():
            assert received[output].tobytes() == value.tobytes(), f"{case.kernel}: {output}"


@compiled(entry=True)
def _overrun(target, source):
    copy_floats(target, 0, source, 0, source.size)


@pytest.mark.parametrize("beyond", [0, 1])
def test_an_overrun_is_noticed(beyond):
    zones = Zones()
    with scratch_in(zones):
        target = scratch_module.scratch("target", LANES)
    _overrun(target, np.zeros(LANES + beyond, np.float32))
    assert zones.broken() == [0] * beyond


SCRIPT = """
import faulthandler, sys
from halflight import kernels
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.guarded import Fences, run_in

faulthandler.enable()
for at_end in (True, False):
    fences = Fences(at_end=at_end)
    for name in ("cpu", "cpu_precise"):
        backend = kernels.load(name)
        for number, case in enumerate(all_cases()):
            if name == "cpu" or case.kernel.startswith("conv"):
                print(at_end, name, number, case.kernel, file=sys.stderr)
                run_in(fences, case, backend)
"""

OVERREAD = """
import numpy as np
from tests.halflight.kernels.guarded import Fences
from tests.halflight.kernels.test_guard_zones import LANES, _overrun

source = Fences(at_end=True)((LANES,), np.float32)
_overrun(np.empty(2 * LANES, np.float32), np.lib.stride_tricks.as_strided(source, (LANES + 1,)))
"""


def test_nothing_outside_is_read(root):
    """Whole vectors may be loaded beyond what is used, but never beyond an array's end."""
    run = run_python(SCRIPT, root)
    assert run.returncode == 0, run.stderr[-2000:]


def test_an_overread_ends_the_process(root):
    assert run_python(OVERREAD, root).returncode < 0


def test_fenced_arrays_are_like_others():
    for at_end in (True, False):
        array = Fences(at_end=at_end)((3, 1025), np.float32)
        assert np.isnan(array).all()
        array[:] = 1.0
        assert array.sum() == array.size
