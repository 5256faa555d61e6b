"""The GPU's benchmark: all of it in Numba's simulator, and its page from findings made up."""

import json
import sys

import pytest

from halflight import kernels
from halflight.kernels.cuda.machine.simulated import SIMULATED
from tests.benchmarks import (
    gpu,
    gpu_clock,
    gpu_kernels,
    gpu_large,
    gpu_limits,
    gpu_networks,
    gpu_page,
    gpu_parity,
    gpu_part,
    gpu_run,
    gpu_sections,
)
from tests.benchmarks.gpu_sections import PLACES, Section, Setting
from tests.halflight.kernels.backends import ON_GPU


@pytest.fixture
def backend(monkeypatch):
    """What the benchmark does to the back end, and to the simulator, ends with the test."""
    if SIMULATED:
        monkeypatch.setattr("numba.cuda.simulator.cudadrv.devicearray.FakeShape", tuple)
    loaded = [kernels.load(name) for name in ("cuda", "cuda_tf32")]
    before = [dict(vars(backend)) for backend in loaded]
    yield loaded[0]
    for backend, kept in zip(loaded, before, strict=True):
        vars(backend).update(kept)


class TestOnTheGpu:
    pytestmark = ON_GPU

    @pytest.mark.thorough
    def test_every_section_runs_and_is_written_down(self, backend, tmp_path, monkeypatch, capsys):
        path = tmp_path / "gpu.md"
        monkeypatch.setattr(sys, "argv", ["gpu", "--tiny", "--page", str(path)])
        with pytest.raises(SystemExit) as ended:
            gpu.main()
        text = path.read_text()
        assert ended.value.code == 0, capsys.readouterr()
        for name in PLACES:
            assert f"## {gpu_sections.load(name).title}\n" in text
        assert "Nothing failed." in text
        assert "**6 of 6 calls agree" in text
        assert "| tiny | infer | 2 | cuda |" in text
        assert "They agree." in text

    def test_a_disagreement_is_a_failure(self, backend, tmp_path):
        backend.bias_forward = lambda **_: None
        records = tmp_path / "records"
        setting = Setting(tiny=True)
        assert gpu_part.measure("parity", "bias", setting, records) == 1
        found = gpu_part.read(records)
        assert "bias_forward" in next(r["error"] for r in found if "error" in r)
        assert found[-1]["wrong"] == "1 of 2 calls disagree or fail"
        text = "\n".join(gpu_parity.render({"bias": found}))
        assert "| bias | 2 | 1 | 1 |" in text

    def test_events_tell_the_time_between_them(self):
        clock = gpu_clock.EventClock()
        first, second = clock.mark(), clock.mark()
        gpu_clock.synchronize()
        assert clock.between(first, second) < 1.0


def scripted(monkeypatch, codes, *, resumable=True):
    """Processes that begin one step each, and end as they are told."""
    section = Section("A", lambda _: ["a"], lambda *_: iter(()), lambda _: [], resumable)
    monkeypatch.setattr(gpu_sections, "load", lambda _: section)
    skipped = []

    def process(name, part, setting, records, ends, skip):
        skipped.append(skip)
        with records.open("a") as file:
            file.write(json.dumps({"begin": skip}) + "\n" + '{"half')
            file.seek(file.tell() - 6)
            file.truncate()
        return codes[len(skipped) - 1]

    monkeypatch.setattr(gpu_run, "_process", process)
    return skipped


def test_a_part_goes_on_after_the_step_that_a_process_died_in(monkeypatch, tmp_path):
    skipped = scripted(monkeypatch, [-11, None, 0])
    found = gpu_run.run("x", Setting(), tmp_path, inside=False, show=lambda _: None)["a"]
    assert skipped == [0, 1, 2]
    assert found.failures == [
        "a: step 0: the process ended with -11",
        "a: step 1: nothing happened for 45 s",
    ]
    assert not found.cut


def test_a_part_whose_time_is_up_is_cut(monkeypatch, tmp_path):
    scripted(monkeypatch, [gpu_run.TIME_UP])
    found = gpu_run.run("x", Setting(), tmp_path, inside=False, show=lambda _: None)["a"]
    assert found.cut
    assert not found.failures


def test_other_parts_do_not_go_on(monkeypatch, tmp_path):
    scripted(monkeypatch, [-6], resumable=False)
    found = gpu_run.run("x", Setting(), tmp_path, inside=False, show=lambda _: None)["a"]
    assert found.failures == ["a: the process ended with -6"]


def test_a_part_runs_in_a_process_and_a_failure_is_reported(tmp_path):
    """An unknown back end fails with or without a GPU."""
    setting = Setting(backend="nothing", ends=float("inf"))
    setting.ends = gpu_run.time.monotonic() + 60.0
    found = gpu_run._part("limits", "launches", setting, tmp_path, False, 1)
    (failure,) = found.failures
    assert failure.startswith("launches: ValueError: kernels.load: unknown back end 'nothing'")


def test_the_page_names_failures_and_what_was_cut():
    found = {"launches": gpu_run.Found([], ["launches: OSError"], False)}
    found["copies"] = gpu_run.Found([gpu_limits.found("a copy", 4e3, "GB/s", "copy")], [], True)
    text = gpu_page.page({"limits": found}, {"GPU": "none"}, "gpu", ["limits", "fit"], 3.0)
    assert "**1 failures**" in text
    assert "- launches: OSError" in text
    assert "Cut, because the time was up: copies." in text
    assert "Not measured yet, or the run was ended: fit." in text
    assert "| a copy | 4000 | GB/s |" in text


def test_facts_are_the_largest_values():
    found = [gpu_limits.found("a", 2.0, "GB/s", "copy"), gpu_limits.found("b", 3.0, "GB/s", "copy")]
    assert gpu_limits.facts_of({"copies": found}) == {"copy": 3.0}


def test_ratios_say_whether_goals_are_met():
    beside = [{"side": "PyTorch fp32", "ratio": [0.8, 0.7, 0.9], "goal": 0.5}]
    step = {"mode": "train", "batch": 8, "side": "cuda", "note": "", "launches": 9}
    step |= {"times": [0.002, 0.001], "beside": beside}
    text = "\n".join(gpu_networks.render({"N1": [step]}))
    assert "| N1 | train | 8 | cuda |  | 2.000 (1.000) | 4000 | 9 |" in text
    assert "| N1 | train | 8 | cuda |  | PyTorch fp32 | 0.80 | 0.70-0.90 | 0.5: met |" in text


def test_kernels_are_sorted_and_compared_with_the_limits():
    call = {"shapes": "y 1", "calls": 2}
    records = [
        {"batch": 8, "whole": 0.01, "host": 0.001, "sum": 0.009},
        {"peak": 10.0, "copy": 1000.0},
        call | {"kernel": "copy", "operations": 0, "size": 10**6, "seconds": 0.004},
        call | {"kernel": "dense", "operations": 10**10, "size": 10**6, "seconds": 0.005},
    ]
    found = gpu_kernels.rows(records, 0.01, records[1])
    assert found[0] == ["dense", "y 1", "2", "5.000", "50.0%", "4.00", "40%", "0", "0%"]
    assert found[1] == ["copy", "y 1", "2", "4.000", "40.0%", "", "", "0", "0%"]
    assert [line[0] for line in found[2:]] == [
        "other kernels",
        "**all products**",
        "**all others**",
    ]


def test_first_and_last_are_among_some():
    found = gpu_large.some(gpu_parity.np.random.Generator(gpu_parity.np.random.Philox(1)), 9, 4)
    assert found[0] == 0
    assert found[-1] == 8
    assert len(found) <= 4


def test_the_command_line_keeps_the_order_of_sections():
    assert gpu.options_of(["--sections", "fit,limits"]).sections == ["limits", "fit"]
    with pytest.raises(SystemExit):
        gpu.options_of(["--sections", "none"])
