"""The workers of a Dask scheduler give what one process gives, and lose no more than they must.

Schedulers and workers are processes of their own. Tasks are expressions and the function is eval.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from halflight.clusters import ClusterExecutor, _connected
from halflight.workers import CLUSTER, WorkerError, answers_kept, in_order

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
SECONDS = 60.0  # within which a process of a busy machine must have begun or ended


def wait_until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


class Processes:
    """A scheduler and its workers, which can be started and killed one by one."""

    def __init__(self, stack, folder):
        self.stack, self.folder, self.workers = stack, folder, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def _start(self, *words, **variables):
        process = subprocess.Popen(
            [sys.executable, "-m", *words, "--no-dashboard"],
            cwd=self.folder,
            # What workers lay aside; those that are killed leave it.
            env=os.environ | {"DASK_TEMPORARY_DIRECTORY": str(self.folder)} | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def start_scheduler(self):
        words = ("--host", "127.0.0.1", "--port", str(self.port))
        self.scheduler = self._start("distributed.cli.dask_scheduler", *words)
        wait_until(self._listens)  # it may take longer than a client waits, where much else runs

    def _listens(self):
        with socket.socket() as asks:
            return not asks.connect_ex(("127.0.0.1", self.port))

    def start_worker(self, *words, threads=1, **variables):
        options = ("--nthreads", str(threads), "--no-nanny", *words)
        worker = self._start("distributed.cli.dask_worker", self.address, *options, **variables)
        self.workers.append(worker)
        return worker


@contextmanager
def cluster_of(workers, folder):
    with ExitStack() as stack:
        processes = Processes(stack, folder)
        processes.start_scheduler()
        for _ in range(workers):
            processes.start_worker()
        yield processes


@pytest.fixture(scope="module", autouse=True)
def _disconnected():
    """Leave no thread of a client behind: it draws random numbers beside others' tests."""
    yield
    for client in list(distributed.Client._instances):
        client.close()
    _connected.cache_clear()


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with cluster_of(2, tmp_path_factory.mktemp("cluster")) as processes:
        yield processes


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def on_two(two, here, monkeypatch):
    monkeypatch.setenv(CLUSTER, two.address)
    return two


def noted(path, value, seconds=0.0):
    """An expression that says in a file that it was worked on, and who did."""
    return (
        f"[open({str(path)!r}, 'a').write('{value} %d\\n' % __import__('os').getpid()), "
        f"__import__('time').sleep({seconds}), {value}][-1]"
    )


def values(path):
    return [int(line.split()[0]) for line in path.read_text().splitlines()]


def test_a_scheduler_is_asked_for_many_tasks_at_a_time(on_two, monkeypatch):
    asked, ask = [], distributed.Client.map

    def noting(client, function, questions, **options):
        asked.append(len(questions))
        return ask(client, function, questions, **options)

    monkeypatch.setattr(distributed.Client, "map", noting)
    tasks = (f"{n} and {n}" for n in range(42))  # the last two are less than what is waited for
    assert list(in_order(eval, tasks, processes=1)) == list(range(42))
    assert sum(asked) == 42
    assert len(asked) <= 21


def test_what_is_asked_for_alone_is_sent_when_its_answer_is(on_two):
    pool = ClusterExecutor(on_two.address)
    assert pool.room() > 2
    assert pool.submit(eval, "6 * 7").result(SECONDS) == 42
    pool.shutdown()
    pool.remove_answers()


def test_results_come_in_order_from_other_processes_and_leave_no_file(on_two, here):
    tasks = [f"__import__('time').sleep({0.3 if n == 0 else 0}) or {n}" for n in range(12)]
    assert list(in_order(eval, tasks, processes=1)) == list(range(12))
    assert os.getpid() not in set(in_order(eval, ["__import__('os').getpid()"] * 3, processes=1))
    assert list(in_order(eval, [], processes=1)) == []
    assert list((here / ".halflight-shards").iterdir()) == []


def test_large_tasks_and_results_go_by_files(on_two):
    tasks = [repr(bytes(20_000 + n)) for n in range(6)]
    found = list(in_order(eval, tasks, processes=1))
    assert [len(each) for each in found] == [20_000 + n for n in range(6)]


def test_a_worker_has_one_thread(on_two):
    threads = (
        "[__import__('galsim').get_omp_threads(), __import__('numba').config.NUMBA_NUM_THREADS]"
    )
    pools = """{p["num_threads"] for _ in [__import__("numpy")]
        for p in __import__("threadpoolctl").threadpool_info()}"""
    assert list(in_order(eval, [threads, pools], processes=1)) == [[1, 1], {1}]


def test_an_error_of_a_task_arrives_as_it_is_and_what_was_done_stays(on_two, here):
    note = here / "note"
    tasks = [noted(note, 1), noted(note, 2), "1 / 0"]
    with pytest.raises(ZeroDivisionError):
        list(in_order(eval, tasks, processes=1))
    assert list(in_order(eval, [*tasks[:2], "3"], processes=1)) == [1, 2, 3]
    assert sorted(values(note)) == [1, 2]


def test_answers_of_parts_are_kept_until_all_is_done(on_two, here):
    note = here / "note"
    tasks = [noted(note, 1), noted(note, 2)]
    with pytest.raises(ZeroDivisionError), answers_kept():
        list(in_order(eval, tasks, processes=1))
        list(in_order(eval, ["1 / 0"], processes=1))
    with answers_kept():
        assert list(in_order(eval, tasks, processes=1)) == [1, 2]
    assert sorted(values(note)) == [1, 2]
    list(in_order(eval, tasks, processes=1))
    assert sorted(values(note)) == [1, 1, 2, 2]


def test_a_damaged_answer_is_told_by_its_file(on_two, here):
    with pytest.raises(ZeroDivisionError):
        list(in_order(eval, ["1", "1 / 0"], processes=1))
    wait_until(lambda: list(here.rglob("*.shard")))
    [answer] = here.rglob("*.shard")
    answer.write_bytes(answer.read_bytes()[:-1])
    with pytest.raises(WorkerError, match=rf"{answer.name} is damaged: delete it"):
        list(in_order(eval, ["1"], processes=1))


def test_a_killed_worker_costs_its_task_and_no_other(here, monkeypatch):
    note = here / "note"
    tasks = [noted(note, n, seconds=0.4) for n in range(8)]
    with cluster_of(2, here) as processes:
        monkeypatch.setenv(CLUSTER, processes.address)
        results = in_order(eval, tasks, processes=1)
        found = [next(results)]
        busy = int(note.read_text().splitlines()[-1].split()[1])
        os.kill(busy, signal.SIGKILL)
        assert [*found, *results] == list(range(8))
    assert set(values(note)) == set(range(8))
    assert len(values(note)) <= 8 + 1


@pytest.mark.thorough
def test_a_lost_scheduler_is_one_line_and_the_next_run_goes_on(here, monkeypatch):
    note = here / "note"
    tasks = [noted(note, n, seconds=0.2) for n in range(12)]
    with cluster_of(1, here) as processes:
        monkeypatch.setenv(CLUSTER, processes.address)
        results = in_order(eval, tasks, processes=1, name=lambda task: f"task {tasks.index(task)}")
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        processes.scheduler.kill()
        processes.scheduler.wait()
        with pytest.raises(WorkerError, match=r"^at task \d+: the scheduler at tcp.* was lost: "):
            list(results)
        processes.workers[0].kill()
        processes.workers[0].wait()
        done = set(values(note)[:-1])  # the last may not have been ended
        processes.start_scheduler()
        processes.start_worker()
        before = len(values(note))
        assert list(in_order(eval, tasks, processes=1)) == list(range(12))
        assert not done & set(values(note)[before:])


@pytest.mark.thorough
def test_a_scheduler_without_halflight_is_one_line(here, monkeypatch):
    (here / "without").mkdir()
    absent = "raise ModuleNotFoundError(\"No module named 'halflight'\", name='halflight')\n"
    (here / "without/halflight.py").write_text(absent)  # before that of this environment
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("PYTHONPATH", str(here / "without"))
        with cluster_of(0, here) as processes:
            elsewhere.undo()
            processes.start_worker()
            monkeypatch.setenv(CLUSTER, processes.address)
            with pytest.raises(WorkerError, match="has no module halflight: start all of them in"):
                list(in_order(eval, ["1"], processes=1))


def test_no_scheduler_is_one_line(here, monkeypatch):
    monkeypatch.setenv(CLUSTER, "tcp://127.0.0.1:9")
    monkeypatch.setattr("halflight.clusters._PATIENCE", 0.5)
    with pytest.raises(WorkerError, match=r"^no scheduler answers at tcp://127.0.0.1:9 \(.*\): "):
        list(in_order(eval, ["1"], processes=1))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"threads": 2}, "has 2 threads.*--nthreads 1"),
        ({"OPENBLAS_CORETYPE": "Prescott"}, "OPENBLAS_CORETYPE Prescott, not "),
    ],
)
def test_a_worker_that_would_give_other_bytes_is_refused(here, monkeypatch, how, said):
    with cluster_of(0, here) as processes:
        processes.start_worker(**how)
        monkeypatch.setenv(CLUSTER, processes.address)
        with pytest.raises(WorkerError, match=said):
            list(in_order(eval, [str(n) for n in range(99)], processes=1))


def test_without_dask_one_line_says_how_to_get_it(here, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setenv(CLUSTER, "tcp://127.0.0.1:10")
    with pytest.raises(WorkerError, match=r"needs Dask: pip install '\.\[dask\]'"):
        list(in_order(eval, ["1"], processes=1))


SIMULATE = """
import hashlib, sys
from pathlib import Path
from halflight import params
from halflight.simulation import simulate_stamps
from halflight.workers import WorkerError
if __name__ == "__main__":
    settings = params.read("radius.simulate", path=Path(sys.argv[1]))
    digest = hashlib.sha256()
    try:
        for table, *arrays in simulate_stamps(
            int(sys.argv[2]), seed=3, stamp_size=32, psf_size=15,
            population=settings.population_of(next(iter(settings.tiers))), processes=1,
        ):
            print("block", flush=True)
            digest.update(table.to_csv().encode())
            for array in arrays:
                digest.update(array.tobytes())
    except WorkerError as error:
        sys.exit(f"simulate: {error}")
    print(digest.hexdigest())
"""


class Simulation:
    """Processes that each simulate the same blocks of a hundred stamps and print their hash."""

    def __init__(self, root, folder, blocks):
        self.script = folder / "simulate.py"
        self.script.write_text(SIMULATE)
        self.command = [sys.executable, self.script, root / "params.yaml", str(100 * blocks - 50)]

    def begun(self, address=""):
        return subprocess.Popen(
            self.command,
            env=os.environ | {CLUSTER: address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def digest(self, address=""):
        with self.begun(address) as process:
            said, told = process.communicate()
        assert not process.returncode, told
        return said.splitlines()[-1]


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")  # Dask warns of a busy machine
def test_simulated_bytes_are_those_of_one_process_for_any_number_of_workers(root, here):
    from distributed import LocalCluster

    simulation = Simulation(root, here, blocks=3)
    alone = simulation.digest()
    for workers in (1, 2, 4):
        with LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=here,
        ) as cluster:
            assert simulation.digest(cluster.scheduler_address) == alone


@pytest.mark.thorough
def test_simulated_bytes_survive_a_killed_worker_and_a_scheduler_begun_again(root, here):
    simulation = Simulation(root, here, blocks=4)
    alone = simulation.digest()
    with cluster_of(2, here) as processes:
        with simulation.begun(processes.address) as process:
            process.stdout.readline()
            processes.workers[0].kill()
            said, told = process.communicate()
        assert not process.returncode, told
        assert said.splitlines()[-1] == alone
        with simulation.begun(processes.address) as process:
            process.stdout.readline()
            processes.scheduler.kill()
            processes.scheduler.wait()
            _, told = process.communicate()
        assert process.returncode == 1
        assert told.count("\n") == 1
        assert f"the scheduler at {processes.address} was lost: what is done is kept" in told
        kept = {path: path.stat().st_mtime_ns for path in here.rglob("*.shard")}
        assert kept
        processes.workers[1].kill()
        processes.start_scheduler()
        processes.start_worker()
        with simulation.begun(processes.address) as process:
            process.stdout.readline()
            again = {path: path.stat().st_mtime_ns for path in here.rglob("*.shard")}
            assert kept.items() <= again.items()
            said, told = process.communicate()
        assert not process.returncode, told
        assert said.splitlines()[-1] == alone
    assert not list(here.rglob("*.shard"))
