"""What is said while kernels are compiled: few lines in a log, one line on a terminal."""

import io
import types

import pytest

from halflight.kernels.cpu.machine import announce
from tests.halflight.kernels.python import run_python


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.isatty = lambda: terminal


@pytest.fixture
def compile_many(monkeypatch, tmp_path):
    """Let 40 functions of 5 seconds each be compiled, half of them within another."""

    def compile_many(terminal):
        stream, clock = Stream(terminal), [0.0]
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setattr(announce.time, "monotonic", lambda: clock[0])
        listener = announce.Announcer("halflight.kernels.cpu", tmp_path, "x86-64-v3")

        def event(module):
            python = types.SimpleNamespace(__module__=module)
            return types.SimpleNamespace(data={"dispatcher": types.SimpleNamespace(py_func=python)})

        listener.on_start(event("numba.np.arraymath"))
        listener.on_end(event("numba.np.arraymath"))
        assert stream.getvalue() == ""
        for number in range(20):
            outer, inner = (event(f"halflight.kernels.cpu.part{number}") for _ in range(2))
            listener.on_start(outer)
            listener.on_start(inner)
            clock[0] += 5
            listener.on_end(inner)
            clock[0] += 5
            listener.on_end(outer)
            clock[0] += 1000  # of other work
        return stream.getvalue()

    return compile_many


def test_a_log_gets_few_lines_with_how_many_and_how_long(compile_many, tmp_path):
    first, *lines = compile_many(terminal=False).splitlines()
    assert "x86-64-v3" in first
    assert str(tmp_path) in first
    assert lines == [
        "compiling kernels: 2 functions in 10 s",
        "compiling kernels: 4 functions in 20 s",
        "compiling kernels: 8 functions in 40 s",
        "compiling kernels: 16 functions in 80 s",
        "compiling kernels: 32 functions in 160 s",
    ]


def test_a_terminal_has_one_line_that_is_gone_in_the_end(compile_many):
    first, rest = compile_many(terminal=True).split("\n")
    assert "once" in first
    shown = rest.split("\r\x1b[K")
    assert "compiling kernels: 39 functions in 195 s" in shown
    assert shown[-1] == ""


LOADED = """
import numpy as np
from halflight import kernels

x = np.zeros((2, 3), np.float32)
kernels.load("cpu").relu_forward(x, x)
"""


def test_compiling_is_announced_and_loading_is_not(root, tmp_path):
    said = [run_python(LOADED, root, NUMBA_CACHE_DIR=str(tmp_path)).stderr for _ in range(2)]
    assert str(tmp_path) in said[0]
    assert "compiling kernels" in said[0]
    assert said[1] == ""
