"""What a cluster costs beside processes, what its scheduler bears, and what MPI gains.

`python -m tests.benchmarks.scale SECTION...` prints lines of a table, for reports/scale.md; the
sections: costs (seconds a galaxy of one core by stage), overhead (the same work by processes and by
Dask), memory (of scheduler and client, by the number of empty tasks), scale-out (sleeping tasks on
many more workers than cores), mpi (a process of two threads beside two of one). Needs the extras
dask and mpi.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np

from halflight import params
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
STEP = """
import sys, time
import numpy as np
from halflight import nn, mpi
from halflight.nn import layers, presets
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
waited, gather = [0.0], team.gather
def timed(own):
    begun = time.perf_counter()
    every = gather(own)
    waited[0] += time.perf_counter() - begun
    return every
team.gather = timed
begun = time.perf_counter()
for _ in range(steps):
    model.train_on_batch(x, y)
took = time.perf_counter() - begun
if not team.rank:
    import hashlib
    weights = model.get_weights()
    digest = hashlib.sha256(b"".join(w.tobytes() for w in weights.values())).hexdigest()[:8]
    size = sum(w.size for w in weights.values())
    print(size, 1000 * took / steps, 1000 * waited[0] / steps, digest)
"""


@contextmanager
def cluster(workers: int, *, farm: bool = False) -> Iterator[tuple[str, int]]:
    """A scheduler and its workers, each a process of its own; its address and process number."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(*words: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, *words], cwd=folder, env=os.environ | {CLUSTER: ""},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
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


def simulated(count: int, first: int, processes: int) -> tuple[float, float]:
    """Seconds for so many stamps of the default run: in all, and from the first block on."""
    settings = params.read("radius.simulate", path=ROOT / "params.yaml")
    begun = time.perf_counter()
    since = begun
    blocks = simulate_stamps(
        count, first=first, seed=1, stamp_size=settings.stamp_size, psf_size=settings.psf_size,
        population=settings.population_of("camera"), processes=processes,
    )  # fmt: skip
    with closing(blocks):
        for number, _ in enumerate(blocks):
            if not number:
                since = time.perf_counter()
    end = time.perf_counter()
    return end - begun, end - since


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
    found: dict[str, list[tuple[float, float]]] = {"processes": [], "Dask": []}
    with cluster(2) as (address, _):
        del os.environ[CLUSTER]
        simulated(200, 10**6, 2)
        for turn in range(turns):
            os.environ.pop(CLUSTER, None)
            found["processes"].append(simulated(each, turn * each, 2))
            os.environ[CLUSTER] = address
            found["Dask"].append(simulated(each, turn * each, 2))
    whole, later = ({k: sum(t[i] for t in v) for k, v in found.items()} for i in (0, 1))
    for name, times in (("in all", whole), ("from the first block on", later)):
        ratio = times["Dask"] / times["processes"]
        print(
            f"| {count} galaxies, {turns} turns, {name} | {times['processes']:.1f} s | "
            f"{times['Dask']:.1f} s | {ratio:.2f} |",
            flush=True,
        )


def resident(process: int) -> float:
    """MiB that a process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def worked(process: int) -> float:
    """Seconds of processor time that a process has had: what waits for others does not count."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(options: argparse.Namespace) -> None:
    """Scheduler and client after more and more empty tasks: MiB, and milliseconds a task."""
    with cluster(2) as (_, scheduler):
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
                    f"| {done} | {resident(scheduler):.0f} MiB | {resident(os.getpid()):.0f} MiB | "
                    f"{cost[0]:.2f} ms | {cost[1]:.2f} ms | {rate:.0f} tasks/s |",
                    flush=True,
                )


def scale_out(options: argparse.Namespace) -> None:
    """Sleeping tasks on many more workers than there are cores."""
    for workers in options.workers:
        with cluster(workers, farm=True):
            task = f"__import__('time').sleep({options.seconds})"
            list(in_order(eval, [f"{task} or {n}" for n in range(workers)], processes=1))
            count = 4 * workers
            begun = time.perf_counter()
            tasks = [f"{task} or {n}" for n in range(10_000, 10_000 + count)]
            list(in_order(eval, tasks, processes=1))
            took = time.perf_counter() - begun
            print(
                f"| {workers} | {count / took:.0f} tasks/s | "
                f"{workers / options.seconds:.0f} tasks/s |",
                flush=True,
            )


def mpi(options: argparse.Namespace) -> None:
    """One process of two threads beside two of one, which give the same bytes."""
    launcher = [
        "mpirun",
        "--quiet",
        "--allow-run-as-root",
        "--oversubscribe",
        "--bind-to",
        "none",
        "-n",
        "2",
    ]
    for width in options.widths:
        rows = []
        for prefix, threads in (([], "2"), (launcher, "1")):
            ran = subprocess.run(
                [*prefix, sys.executable, "-c", STEP, str(width), "64", str(options.steps)],
                env=os.environ | {"NUMBA_NUM_THREADS": threads}, cwd=ROOT, check=True,
                capture_output=True, text=True,
            )  # fmt: skip
            rows.append(re.sub(r"\x1b\[\d*m", "", ran.stdout).split())  # mpirun resets colours
        (size, alone, _, one), (_, both, waited, two) = rows
        same = "the same" if one == two else "OTHERS"
        print(
            f"| {size} | {float(alone):.1f} ms | {float(both):.1f} ms | {float(waited):.2f} ms | "
            f"{same} |",
            flush=True,
        )


SECTIONS = {
    "costs": costs,
    "overhead": overhead,
    "memory": memory,
    "scale-out": scale_out,
    "mpi": mpi,
}


def main() -> None:
    """Print the sections that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS], default=[*SECTIONS])
    parser.add_argument("--galaxies", type=int)
    parser.add_argument("--turns", type=int, default=2)
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
