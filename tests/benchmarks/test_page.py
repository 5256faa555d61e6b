"""The benchmarks' tables and statistics, on numbers worked out by hand."""

import numpy as np
import pytest

from halflight.kernels.cpu.machine.level import LEVEL
from halflight.kernels.cpu.machine.vector import AVX512
from tests.benchmarks import (
    busy,
    cpu,
    determinism,
    kernels,
    machine,
    page,
    precision,
    ratios,
    results,
)


def test_a_spread_is_the_median_and_percentiles_within_the_extremes():
    assert page.spread([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == (3.5, 1.5, 5.5)
    assert page.spread([2.0]) == (2.0, 2.0, 2.0)
    assert str(page.spread([1.0, 3.0])) == "1.20-2.80"


def test_a_table_is_markdown_and_every_row_has_all_cells():
    assert page.table(["a", "b"], [[1, "x"]]) == "| a | b |\n| --- | --- |\n| 1 | x |"
    with pytest.raises(ValueError, match="needs the 2 cells"):
        page.table(["a", "b"], [[1]])


def test_the_networks_tables_show_ratios_and_what_restriction_keeps():
    case = ratios.Case("N2", "train", 32, 1)
    memory = {"halflight": (90.0, 300.4), "torch": (None, None)}
    native = {case: ratios.Result(0.05, 0.1, page.Spread(2.0, 1.9, 2.1), memory)}
    slower = {case: ratios.Result(0.08, 0.12, page.Spread(1.5, 1.4, 1.6), memory)}
    row = ratios.networks_section(native, 6).splitlines()[-1]
    assert row == "| N2 | train | 32 | 1 | 50.0 | 100.0 | 2.00 | 1.90-2.10 | 300 (90) | - |"
    row = ratios.instructions_section("avx2", slower, native).splitlines()[-1]
    assert row == "| N2 | train | 32 | 1 | 80.0 | 120.0 | 1.50 | 1.40-1.60 | 2.00 | 75% |"


def test_the_busy_table_is_of_times_alone():
    alone, beside = {"halflight": 0.1, "torch": 0.2}, {"halflight": 0.25, "torch": 1.0}
    found = {
        (batch, count, side): (beside if count else alone)[side]
        for batch in busy.BATCHES
        for count in busy.OTHERS
        for side in ratios.SIDES
    }
    rows = busy.busy_section(found, 2).splitlines()[-6:]
    assert [row.split(" | ")[3:] for row in rows] == [["2.50", "5.00 |"]] * 6
    assert rows[0].startswith("| 32 | 2 |")


def test_two_threads_beside_two_on_two_cores_have_half_of_them(monkeypatch):
    monkeypatch.setattr(busy, "threads_available", lambda: 2)
    assert [busy.fair_share(count, 2) for count in (0, 2, 4, 8)] == [1, 2, 3, 5]
    assert busy.fair_share(0, 1) == busy.fair_share(1, 1) == 1


def test_the_machines_limits_are_those_of_the_kernels_own_tile(monkeypatch):
    monkeypatch.setattr(machine, "TILES", 2)
    assert machine.multiply_adds(1) > 0
    widest = {True: "zmm", False: "ymm"}[AVX512] if LEVEL.has("avx2") else None
    assert machine.widest_register() == widest or widest is None


def test_a_convolution_counts_two_operations_a_direct_multiply_add():
    y, x, w = (np.zeros(s, np.float32) for s in ((2, 4, 4, 3), (2, 4, 4, 5), (3, 3, 5, 3)))
    call = kernels.describe("conv2d_forward", {"y": y, "x": x, "w": w, "b": None, "groups": 1})
    assert call.operations == 2 * (2 * 4 * 4 * 3) * (3 * 3 * 5)
    assert call.size == 4 * (96 + 160 + 135)
    assert call.shapes == "y 2x4x4x3, x 2x4x4x5, w 3x3x5x3"


def test_the_kernels_table_accounts_for_the_whole_step():
    groups = [["dense_forward", "y 1x1", 3_000_000, 8_000_000, 2, 0.006]]
    groups += [["relu_forward", "y 1x1", 0, 8, 1, 0.00001]]
    found = kernels.rows({"step": 0.01, "outside": 0.004, "groups": groups}, 2.0)
    assert found[0] == ["dense_forward", "y 1x1", "2", "6.00", "60.0%", "1.0", "50%", "2.7"]
    assert [line[4] for line in found] == ["60.0%", "0.1%", "40.0%", "60.0%"]


def test_errors_are_in_units_of_each_array():
    exact = [np.array([3.0, -3.0]), np.array([0.5, 0.5])]
    found = [np.array([3.0, -3.3]), np.array([0.5, 0.6])]
    rms, largest = precision.errors(found, exact)
    assert rms == pytest.approx(np.sqrt((0.1**2 + 0.2**2) / 4))
    assert largest == pytest.approx(0.2)


def test_the_first_dense_layer_of_n1_reads_channels_before_pixels_in_pytorch():
    weights = np.arange(3200 * 2, dtype=np.float32).reshape(3200, 2)
    row, column, channel = 1, 2, 7
    theirs = results.in_torch_layout(weights)[1, channel * 25 + row * 5 + column]
    assert theirs == weights[(row * 5 + column) * 128 + channel, 1]


def test_differing_weights_are_named():
    runs = [determinism.Run("N1", t, 1, False, "a") for t in (1, 2)]
    runs += [determinism.Run("N2", t, 1, False, str(t)) for t in (1, 2)]
    assert determinism.differing(runs) == ["N2"]
    assert "**They differ for N2.**" in determinism.determinism_section(runs)


def test_the_command_line_is_read_and_checked(capsys):
    options = cpu.options_of(["--networks", "N2", "--batches", "8,16"])
    assert (options.networks, options.batches, options.turns) == (["N2"], [8, 16], 6)
    with pytest.raises(SystemExit):
        cpu.options_of(["--networks", "N3"])
    assert "choose from N1,N2" in capsys.readouterr().err
