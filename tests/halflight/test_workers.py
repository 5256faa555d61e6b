"""Workers keep the order, hold back, say what went wrong, and never outlive who asked for them.

Tasks are expressions and the function is eval, which every worker can import.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from halflight.workers import WorkerError, in_order, in_threads

PID = "__import__('os').getpid()"
SECONDS = 20.0  # within which a process of a busy machine must have begun or ended


def slow(seconds, value):
    return f"__import__('time').sleep({seconds}) or {value}"


def alive(process):
    """Whether a process works or waits; one that has ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_tasks(processes):
    tasks = [slow(0.2 if number == 0 else 0.0, number) for number in range(9)]
    assert list(in_order(eval, tasks, processes=processes)) == list(range(9))
    assert list(in_order(eval, [], processes=processes)) == []


def test_one_process_is_this_one_and_more_are_others():
    assert set(in_order(eval, [PID] * 3, processes=1)) == {os.getpid()}
    assert os.getpid() not in set(in_order(eval, [PID] * 3, processes=2))


def test_threads_keep_the_order_too():
    tasks = [slow(0.2 if number == 0 else 0.0, number) for number in range(9)]
    assert list(in_threads(eval, tasks, threads=3)) == list(range(9))


@pytest.mark.parametrize(
    ("ordered", "most"),
    [
        (lambda tasks: in_order(eval, tasks, processes=1), 1),
        (lambda tasks: in_order(eval, tasks, processes=2), 4),
        (lambda tasks: in_threads(eval, tasks, threads=2), 3),
    ],
)
def test_tasks_are_taken_only_as_workers_get_free(ordered, most):
    taken = 0

    def tasks():
        nonlocal taken
        for number in range(20):
            taken += 1
            yield str(number)

    with closing(ordered(tasks())) as results:
        for done, result in enumerate(results):
            assert result == done
            assert taken <= done + most


THREADS = """[
    pool["num_threads"]
    for _ in [__import__("numpy"), __import__("galsim")]
    for pool in __import__("threadpoolctl").threadpool_info()
] + [__import__("galsim").get_omp_threads(), __import__("numba").config.NUMBA_NUM_THREADS]"""


def test_a_worker_has_one_thread(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        monkeypatch.setenv(name, "3")
    for found in in_order(eval, [THREADS] * 2, processes=2):
        assert len(found) > 2
        assert set(found) == {1}


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_a_task_arrives_as_it_is(processes):
    results = in_order(eval, ["1", "2", "1 / 0", "4"], processes=processes)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_an_error_cancels_what_waits(tmp_path):
    tasks = ["1 / 0", *(slow(60, number) for number in range(3))]
    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        list(in_order(eval, tasks, processes=2))
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("payload", [0, 2_000_000])
def test_closing_ends_workers_in_the_middle_of_a_task(payload):
    tasks = [PID, *[slow(60, 0) + " " * payload] * 9]
    results = in_order(eval, tasks, processes=2)
    worker, begun = next(results), time.monotonic()
    results.close()
    assert time.monotonic() - begun < SECONDS
    wait_until(lambda: not alive(worker))


def test_a_worker_that_dies_is_told_with_its_task():
    tasks = ["1", slow(0.5, 2), "__import__('os')._exit(9)", "4"]
    with pytest.raises(WorkerError, match=r"died, at .*task 2.*fewer processes than 2") as caught:
        list(in_order(eval, tasks, processes=2, name=lambda task: f"task {tasks.index(task)}"))
    assert "task 0" not in str(caught.value)


def test_threads_end_with_the_iterator():
    before = threading.active_count()
    results = in_threads(eval, [slow(0.05, 1)] * 50, threads=2)
    next(results)
    results.close()
    assert threading.active_count() == before


def test_at_least_one_process():
    with pytest.raises(ValueError, match="processes must be at least 1, got 0"):
        in_order(eval, ["1"], processes=0)


PARENT = f"""
from halflight.workers import in_order
if __name__ == "__main__":
    for worker in in_order(eval, [{PID!r}] * 4 + [{slow(120, 0)!r}] * 4, processes=2):
        print(worker, flush=True)
"""


@pytest.fixture
def parent(tmp_path):
    """A program whose two workers are in the middle of long tasks, and the workers' numbers."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        workers = {int(process.stdout.readline()) for _ in range(4)}
        assert all(alive(worker) for worker in workers)
        yield process, workers
        process.kill()


def test_workers_end_when_their_parent_is_killed(parent):
    process, workers = parent
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(alive(worker) for worker in workers))


def test_ctrl_c_ends_all_at_once_and_only_the_parent_tells(parent):
    process, workers = parent
    for number in (process.pid, *workers):  # as the terminal sends it, to each
        with suppress(ProcessLookupError):  # the parent may have ended it already
            os.kill(number, signal.SIGINT)
    _, errors = process.communicate(timeout=SECONDS)
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    wait_until(lambda: not any(alive(worker) for worker in workers))
