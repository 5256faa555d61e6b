"""What a cluster costs beside processes, what its scheduler bears, and what MPI gains.

`python -m tests.benchmarks.scale SECTION...` prints lines of a table, for reports/scale.md; the
sections: costs (seconds a galaxy of one core by stage), overhead (the same work by processes and by
Dask), block (what an answer costs by files and by a pipe), memory (of scheduler and client, by the
number of empty tasks), scale-out (sleeping tasks on many more workers than cores), mpi (a process
of two threads beside two of one), gather (what MPI takes by the size of the network). Needs the
extras dask and mpi.

Where others share the machine, seconds of the clock are theirs too: every section tells seconds of
processor time beside them, which are not.
"""

import argparse
import multiprocessing
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from operator import sub
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median

import numpy as np

from halflight import params
from halflight.shards import Shards, _write, read
from halflight.simulation import simulate_stamps
from halflight.workers import CLUSTER, in_order

ROOT = Path(__file__).resolve().parents[2]
# So many workers in one process that holds no work of its own: they sleep.
FARM = """
import asyncio, sys
from distributed import Worker
async def main(address, count):
    workers = [Worker(address, nthreads=1, dashboard=False) for _ in range(count)]
    await asyncio.gather(*workers)
    await asyncio.gather(*(worker.finished() for worker in workers))
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
# Prints weights, then of a step the median and the least milliseconds, those of processor time of
# this process outside of gathering, those of gathering, and a hash of the weights.
STEP = """
import hashlib, sys, time
from statistics import median
import numpy as np
from halflight import nn, mpi
from halflight.nn import layers
from halflight.nn.sharding import Alone, Sharding
from stages import rank
width, samples, steps = map(int, sys.argv[1:4])
team = Alone() if rank() is None else mpi.team()
x = np.random.default_rng(0).normal(size=(samples, 32, 32, 1)).astype("f4")
y = x.mean(axis=(1, 2))
image = nn.Input((32, 32, 1))
t = layers.Conv2D(width, 3, padding="same", activation="relu")(image)
t = layers.MaxPooling2D()(t)
t = layers.Conv2D(2 * width, 3, padding="same", activation="relu")(t)
t = layers.GlobalAveragePooling2D()(t)
model = nn.Model(image, layers.Dense(1)(layers.Dense(16 * width, activation="relu")(t)), seed=1)
model.compile("adam", "mse", sharding=Sharding(2, team))
model.train_on_batch(x, y)
clocks = lambda: np.array([time.perf_counter(), time.process_time()])
waited, gather = np.zeros(2), team.gather
def timed(own):
    global waited
    begun = clocks()
    every = gather(own)
    waited = waited + clocks() - begun
    return every
team.gather = timed
took = []
for _ in range(steps):
    waited, begun = np.zeros(2), clocks()
    model.train_on_batch(x, y)
    whole = clocks() - begun
    took.append([whole[0], whole[1] - waited[1], waited[0]])
whole, worked, gathering = 1000 * np.transpose(took)
if not team.rank:
    weights = model.get_weights()
    digest = hashlib.sha256(b"".join(w.tobytes() for w in weights.values())).hexdigest()[:8]
    print(sum(w.size for w in weights.values()), median(whole), whole.min(), median(worked),
          median(gathering), digest)
"""
# Prints numbers of float32 that two processes have each, and the median and least milliseconds.
GATHER = """
import time
from statistics import median
import numpy as np
from halflight import mpi
team = mpi.team()
for size in (10**4, 10**5, 10**6, 10**7):
    own, took = np.ones((1, size), np.float32), []
    for _ in range(30 if size < 10**7 else 10):
        team.gather(own[:, :1])
        begun = time.perf_counter()
        team.gather(own)
        took.append(1000 * (time.perf_counter() - begun))
    if not team.rank:
        print(size, median(took), min(took))
"""
LAUNCH = [
    *("mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"),
    *("-n", "2"),
]


@contextmanager
def cluster(workers: int, *, farm: bool = False) -> Iterator[tuple[str, int]]:
    """A scheduler and its workers, each a process of its own; its address and process number."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(*words: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, *words], cwd=folder, stdout=subprocess.DEVNULL,
                env=os.environ | {CLUSTER: "", "DASK_TEMPORARY_DIRECTORY": str(folder)},
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        file = folder / "scheduler.json"
        scheduler = start(
            "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
            "--no-dashboard", "--scheduler-file", str(file),
        )  # fmt: skip
        while not file.exists():
            time.sleep(0.1)
        import json

        address = json.loads(file.read_text())["address"]
        if farm:
            start("-c", FARM, address, str(workers))
        else:
            for _ in range(workers):
                start(
                    "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny",
                    "--no-dashboard",
                )  # fmt: skip
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=300)
        os.environ[CLUSTER] = address
        try:
            yield address, scheduler.pid
        finally:
            del os.environ[CLUSTER]
            from halflight.clusters import _connected

            _connected(address).close()
            _connected.cache_clear()


def worked(process: int) -> float:
    """Seconds of processor time that a process has had: what waits for others does not count."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def worked_by_all() -> float:
    """Those of this process and of all that it has started, whether they have ended or not."""
    parents, seconds = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            seconds[int(path.name)] = worked(int(path.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended

    def ours(process: int) -> bool:
        return process == os.getpid() or (process in parents and ours(parents[process]))

    mine = sum(v for k, v in seconds.items() if k != os.getpid() and ours(k))
    return mine + sum(os.times()[:4])


def simulated(count: int, first: int, processes: int, size: int) -> list[float]:
    """Seconds for so many stamps: of the clock and of all processors, and those after block one."""
    settings = params.read("radius.simulate", path=ROOT / "params.yaml")

    def now() -> tuple[float, float]:
        return time.perf_counter(), worked_by_all()

    begun = since = now()
    blocks = simulate_stamps(
        count, first=first, seed=1, stamp_size=size, psf_size=min(settings.psf_size, size - 1),
        population=settings.population_of("camera"), processes=processes,
    )  # fmt: skip
    with closing(blocks):
        for number, _ in enumerate(blocks):
            if not number:
                since = now()
    end = now()
    return [*map(sub, end, begun), *map(sub, end, since)]


def costs(options: argparse.Namespace) -> None:
    """Seconds a galaxy, of one process, of processor time: what waits for others does not count."""
    settings = params.read("radius.simulate", path=ROOT / "params.yaml")
    count = options.galaxies or 200
    made = []

    def clocked(name: str, work: object, size: int) -> None:
        begun = time.process_time()
        work()  # type: ignore[operator]
        print(f"| {name} | {(time.process_time() - begun) / size:.4f} |", flush=True)

    next(simulate_stamps(
        4, seed=2, stamp_size=settings.stamp_size, psf_size=settings.psf_size,
        population=settings.population_of("camera"), processes=1,
    ))  # fmt: skip

    def simulate() -> None:
        made.extend(
            simulate_stamps(
                count, seed=1, stamp_size=settings.stamp_size, psf_size=settings.psf_size,
                population=settings.population_of("camera"), processes=1,
            )
        )  # fmt: skip

    clocked("simulate", simulate, count)
    image, sigma, psf = (np.concatenate([b[k] for b in made]) for k in (1, 2, 3))
    from halflight.measurer import Measurer

    measurer = Measurer.load(options.model)
    for tier in ("fast", "best"):
        measurer.measure(image[:16], sigma[:16], psf[:16], tier=tier)  # compiles
        clocked(
            f"measure, {tier}", lambda t=tier: measurer.measure(image, sigma, psf, tier=t), count
        )
    size = sum(a.nbytes for a in (image, sigma, psf)) / count
    print(f"| bytes a stamp with its noise and PSF | {size:.0f} |")
    print(f"| MiB of this process, at most | {getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} |")


def overhead(options: argparse.Namespace) -> None:
    """The same simulations by two processes and by two workers, in turns."""
    count, turns = options.galaxies or 2000, options.turns
    each = count // turns
    found: dict[str, list[list[float]]] = {"processes": [], "Dask": []}
    with cluster(2) as (address, _):
        del os.environ[CLUSTER]
        simulated(200, 10**6, 2, options.stamp)
        for turn in range(turns):
            for who in ("processes", "Dask") if turn % 2 else ("Dask", "processes"):
                os.environ[CLUSTER] = address if who == "Dask" else ""
                found[who].append(simulated(each, turn * each, 2, options.stamp))
        os.environ[CLUSTER] = address
    names = ("clock", "processors", "clock, after a block", "processors, after a block")
    for number, name in enumerate(names):
        one, other = ([row[number] for row in found[who]] for who in ("processes", "Dask"))
        ratio = median(b / a for a, b in zip(one, other, strict=True))
        print(
            f"| {turns} x {each} of {options.stamp} px, {name} | {sum(one):.1f} s | "
            f"{sum(other):.1f} s | {sum(other) / sum(one):.3f} | {ratio:.3f} |",
            flush=True,
        )


def block(options: argparse.Namespace) -> None:
    """Milliseconds of processor time for an answer of 100 stamps: by files, as Dask; by a pipe."""
    side = options.stamp
    image = np.random.default_rng(0).normal(size=(100, side, side, 1)).astype("f4")
    answer = [image, image + 1, np.ones((100, 51, 51, 1), "f4")]
    question = Shards(pickle.loads).ask(pickle.dumps(answer))
    own, other = multiprocessing.Pipe()

    def through_pipe() -> None:
        sender = threading.Thread(target=own.send, args=(answer,))
        sender.start()
        other.recv()
        sender.join()

    def milliseconds(work: Callable[[], object]) -> float:
        took = []
        for _ in range(20):
            begun = time.process_time()
            work()
            took.append(1000 * (time.process_time() - begun))
        return median(took)

    def by_file() -> None:
        question.answer.unlink(missing_ok=True)
        _write(question.answer, pickle.dumps(answer))

    size = sum(each.nbytes for each in answer) / 1e6
    print(
        f"| {size:.1f} MB | {milliseconds(by_file):.1f} ms | "
        f"{milliseconds(lambda: read(question)):.1f} ms | {milliseconds(through_pipe):.1f} ms |",
        flush=True,
    )


def resident(process: int) -> float:
    """MiB that a process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def memory(options: argparse.Namespace) -> None:
    """Scheduler and client after more and more empty tasks: MiB, and milliseconds a task."""
    with cluster(options.farm or 2, farm=bool(options.farm)) as (_, scheduler):
        marks, begun = options.tasks, time.perf_counter()
        before = worked(scheduler), worked(os.getpid())
        tasks = (f"{n} and None" for n in range(max(marks)))
        for done, _ in enumerate(in_order(eval, tasks, processes=1), start=1):
            if done in marks:
                rate = done / (time.perf_counter() - begun)
                cost = [
                    1000 * (worked(process) - since) / done
                    for process, since in zip((scheduler, os.getpid()), before, strict=True)
                ]
                print(
                    f"| {done} | {resident(scheduler):.1f} MiB | {resident(os.getpid()):.1f} MiB | "
                    f"{cost[0]:.2f} ms | {cost[1]:.2f} ms | {rate:.0f} tasks/s |",
                    flush=True,
                )


def scale_out(options: argparse.Namespace) -> None:
    """Sleeping tasks on many more workers than there are cores."""
    for workers in options.workers:
        with cluster(workers, farm=True) as (_, scheduler):
            task = f"__import__('time').sleep({options.seconds})"
            list(in_order(eval, [f"{task} or {n}" for n in range(workers)], processes=1))
            count = 4 * workers
            begun, before = time.perf_counter(), [worked(scheduler), worked(os.getpid())]
            tasks = [f"{task} or {n}" for n in range(10_000, 10_000 + count)]
            list(in_order(eval, tasks, processes=1))
            took = time.perf_counter() - begun
            cost = map(sub, [worked(scheduler), worked(os.getpid())], before)
            each = " | ".join(f"{1000 * seconds / count:.2f} ms" for seconds in cost)
            print(
                f"| {workers} | {count / took:.0f} tasks/s | "
                f"{workers / options.seconds:.0f} tasks/s | {each} |",
                flush=True,
            )


def _ran(words: list[str], threads: int) -> list[str]:
    """The lines that a program of Python, alone or below `mpirun`, has printed."""
    ran = subprocess.run(
        words, env=os.environ | {"NUMBA_NUM_THREADS": str(threads)}, cwd=ROOT, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return re.sub(r"\x1b\[\d*m", "", ran.stdout).splitlines()  # mpirun resets colours


def mpi(options: argparse.Namespace) -> None:
    """One process of two threads beside two of one, which give the same bytes, in turns."""
    for width in options.widths:
        rows: list[list[list[float]]] = [[], []]
        hashes, size = set(), ""
        step = [sys.executable, "-c", STEP, str(width), "64", str(options.steps)]
        for _ in range(options.turns):
            for found, words, threads in ((rows[0], step, 2), (rows[1], LAUNCH + step, 1)):
                size, *numbers, digest = _ran(words, threads)[0].split()
                found.append([float(number) for number in numbers])
                hashes.add(digest)
        one, two = ([median(column) for column in zip(*found, strict=True)] for found in rows)
        least = [min(row[1] for row in found) for found in rows]
        print(
            f"| {size} | {one[0]:.1f} ms, {least[0]:.1f} | {two[0]:.1f} ms, {least[1]:.1f} | "
            f"{one[2]:.1f} ms | {2 * two[2]:.1f} ms | {two[3]:.2f} ms | "
            f"{'the same' if len(hashes) == 1 else 'OTHERS'} |",
            flush=True,
        )


def gather(options: argparse.Namespace) -> None:
    """What it takes two processes to gather a shard of gradients each, by its size."""
    for line in _ran([*LAUNCH, sys.executable, "-c", GATHER], 1):
        size, middle, least = line.split()
        print(f"| {size} | {float(middle):.2f} ms | {float(least):.2f} ms |", flush=True)


SECTIONS = {
    "costs": costs,
    "overhead": overhead,
    "block": block,
    "memory": memory,
    "scale-out": scale_out,
    "mpi": mpi,
    "gather": gather,
}


def main() -> None:
    """Print the sections that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS], default=[*SECTIONS])
    parser.add_argument("--galaxies", type=int)
    parser.add_argument("--stamp", type=int, default=96, help="pixels a side, of overhead")
    parser.add_argument("--turns", type=int, default=2, help="of overhead and mpi")
    parser.add_argument("--farm", type=int, help="so many workers of memory, in one process")
    parser.add_argument("--tasks", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[8, 32, 128])
    parser.add_argument("--seconds", type=float, default=0.5, help="that a task sleeps")
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 32, 64])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--model", type=Path, default=ROOT / "data/radius/estimator")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = f"{ROOT / 'core'}{os.pathsep}{ROOT}"  # of all that is started
    here, before = Path(tempfile.mkdtemp()), Path.cwd()
    os.chdir(here)
    try:
        for name in options.sections:
            print(f"{name}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
            SECTIONS[name](options)
    finally:
        os.chdir(before)
        shutil.rmtree(here)


if __name__ == "__main__":
    main()
