"""Training_apart: the network on stamps of its own, that training_stamps has made; its scores."""

from halflight import params
from stages import run
from stages.record import code_fingerprint
from stages.training import train_and_score


def main(task: str, kind: str) -> None:
    """Train one kind of section trainings on its own stamps, and score it."""
    settings, evaluate, trainings = params.read(
        f"{task}.train", f"{task}.evaluate", f"{task}.trainings"
    )
    code = code_fingerprint("training_apart", {"task": task, "kind": kind})
    train_and_score(task, kind, settings, evaluate, trainings, code)


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError)
