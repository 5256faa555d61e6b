"""Training and inference of whole networks on the GPU, beside PyTorch, turn by turn."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from halflight import kernels
from tests.benchmarks import gpu_torch
from tests.benchmarks.gpu_clock import (
    Times,
    few,
    launches,
    medians,
    memory_used,
    steps_for,
    synchronize,
    timed,
)
from tests.benchmarks.gpu_limits import gpu_backends
from tests.benchmarks.gpu_sections import Record, Section, Setting
from tests.benchmarks.networks import batch_of, halflight, trained
from tests.benchmarks.page import spread, table

BATCHES = {"N1": 256, "N2": 512}
GOALS = {"train": 0.5, "infer": 1.0}  # ratios in fp32 that are asked for
TURNS, WARM_UP = 7, 3
RESIDENT, UPLOADED = "", "batch from the host"


def networks_of(setting: Setting) -> dict[str, int]:
    """The networks and their batches."""
    return {"tiny": 2} if setting.tiny else BATCHES


@dataclass
class Side:
    """One contender."""

    name: str
    note: str
    precision: str
    call: Callable[[], object]
    wait: Callable[[], object]
    prepare: Callable[[], object]
    launched: int | None = None
    """How many kernels a step launches; it is known of ours."""

    @property
    def mine(self) -> bool:
        """Whether it is halflight."""
        return self.launched is not None


def ours(network: str, batch: int, name: str) -> tuple[dict[str, list[Side]], list[Record]]:
    """The sides of a back end by mode, and its memory."""
    backend = kernels.load(name)
    precision = "tf32" if name.endswith("tf32") else "fp32"
    sides: dict[str, list[Side]] = {"train": [], "infer": []}
    records: list[Record] = []

    def add(mode: str, note: str, call: Callable[[], object]) -> None:
        for _ in range(few(WARM_UP) - 1):
            call()
        with launches() as count:
            call()
        side = Side(name, note, precision, call, synchronize, lambda: None, count[0])
        sides[mode].append(side)

    before = memory_used()
    model = halflight(network, name)
    add("train", RESIDENT, trained(model, network, batch))
    records.append({"memory": "train", "side": name, "mib": [memory_used() - before]})
    add("train", UPLOADED, trained(model, network, batch, upload=True))
    other = halflight(network, name)
    before, x = memory_used(), backend.to_device(batch_of(network, batch)[0])
    executor = other.executor(batch, training=False)
    add("infer", RESIDENT, lambda: executor.forward([x]))
    records.append({"memory": "infer", "side": name, "mib": [memory_used() - before]})
    return sides, records


def theirs(network: str, batch: int, mode: str) -> tuple[list[Side], list[Record]]:
    """PyTorch's fastest ways in both precisions, and their memory."""
    sides, records = [], []
    for precision in gpu_torch.PRECISIONS if gpu_torch.device() else ():
        way = gpu_torch.fastest(network, batch, mode, precision)
        name = f"PyTorch {precision}"
        prepare = way.prepare
        sides.append(Side(name, way.name, precision, way.call, gpu_torch.wait, prepare))
        records.append({"memory": mode, "side": name, "mib": [way.allocated, way.reserved]})
    return sides, records


def measure(setting: Setting, network: str) -> Iterator[Record]:
    """Ours first, while nobody else takes memory; then both sides of each mode in turns."""
    batch = networks_of(setting)[network]
    known: dict[str, list[Side]] = {"train": [], "infer": []}
    for name in gpu_backends(setting):
        found, records = ours(network, batch, name)
        for mode, sides in found.items():
            known[mode] += sides
        yield from records
    for mode, sides in known.items():
        try:
            found_theirs, records = theirs(network, batch, mode)
        except Exception as error:  # noqa: BLE001 (our own numbers are wanted all the same)
            print(f"PyTorch failed on {network} {mode}: {error}", flush=True)
            yield {"wrong": f"PyTorch failed on {mode}: {' '.join(str(error).split())[:200]}"}
            found_theirs, records = [], []
        yield from records
        yield from compare(setting, mode, batch, [*sides, *found_theirs], few(TURNS))


def compare(
    setting: Setting, mode: str, batch: int, sides: list[Side], turns: int
) -> Iterator[Record]:
    """All sides in turns, each first in some of them, and ours beside theirs."""
    steps, times = [], [list[Times]() for _ in sides]
    for side in sides:
        side.prepare()
        steps.append(steps_for(side.call, side.wait))
    for turn in range(turns):
        if turn > 1 and setting.left() < 0.0:
            yield {"cut": f"{turns - turn} of {turns} turns"}
            break
        for place in range(len(sides)):
            number = (place + turn) % len(sides)
            side = sides[number]
            side.prepare()
            times[number].append(timed(side.call, steps[number], side.wait))
    for side, taken in zip(sides, times, strict=True):
        record: Record = {"mode": mode, "batch": batch, "side": side.name, "note": side.note}
        record |= {"launches": side.launched, "times": medians(taken), "beside": []}
        for other, others in zip(sides, times, strict=True):
            if other.mine or not side.mine or other.precision < side.precision:
                continue  # ours are compared with theirs, of no higher precision
            pairs = zip(others, taken, strict=True)
            ratio = spread([theirs.whole / ours.whole for theirs, ours in pairs])
            asked = side.precision == other.precision and side.note == RESIDENT
            goal = GOALS[mode] if asked else None
            record["beside"].append({"side": other.name, "ratio": ratio, "goal": goal})
        print(f"  {mode} {side.name} {side.note}: {shown(medians(taken))} ms", flush=True)
        yield record


def shown(times: Any) -> str:
    """Milliseconds of a step, and in brackets those until the host was free."""
    whole, host = times
    return f"{1e3 * whole:.3f} ({1e3 * host:.3f})"


def render(results: Mapping[str, list[Record]]) -> list[str]:
    """Times, ratios and memory."""
    rows, ratios, memory = [], [], []
    for network, records in results.items():
        for r in (record for record in records if "times" in record):
            who = [network, r["mode"], r["batch"], r["side"], r["note"]]
            rate = r["batch"] / r["times"][0]
            rows.append(
                [
                    *who,
                    shown(r["times"]),
                    f"{rate:.0f}",
                    "" if r["launches"] is None else r["launches"],
                ]
            )
            for b in r["beside"]:
                median, low, high = b["ratio"]
                met = "" if b["goal"] is None else "met" if median >= b["goal"] else "**missed**"
                goal = "" if b["goal"] is None else f"{b['goal']}: {met}"
                line = [*who, b["side"], f"{median:.2f}", f"{low:.2f}-{high:.2f}", goal]
                ratios.append(line)
        for r in (record for record in records if "memory" in record):
            mib = " / ".join(f"{value:.0f}" for value in r["mib"])
            memory.append([network, r["memory"], r["side"], mib])
    head = ["network", "mode", "batch", "side", "how"]
    return [
        "Milliseconds of a step until the GPU was done, and in brackets until the host was free "
        "again: where the two are equal the host may be what limits. Medians of turns. Inputs are "
        "on the GPU before the step, except where the batch comes from the host. PyTorch is eager, "
        "in the faster memory layout and with the faster Adam. The data are synthetic: noise.",
        table([*head, "ms (host)", "samples/s", "kernels launched"], rows),
        "Ratios are PyTorch's time over halflight's: **above 1 halflight is faster**; the median "
        "of the turns and their 10th and 90th percentiles. Goals are ratios asked for.",
        table([*head, "beside", "ratio", "10-90 %", "goal"], ratios),
        "Memory of the GPU, MiB: of halflight what it took from the free memory, with the code of "
        "its kernels; of PyTorch what was allocated / reserved at most, after the search for "
        "algorithms.",
        table(["network", "mode", "side", "MiB"], memory),
    ]


SECTION = Section("Whole networks", lambda s: list(networks_of(s)), measure, render)
