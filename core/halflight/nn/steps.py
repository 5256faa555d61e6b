"""Steps: a batch forward, its losses, and in training backward and the update.

Nothing here waits for the device. A step whose losses or gradients are not finite leaves the
weights, the optimizer's arrays and the states as they were, and so do all steps after it, until
`restart`; the results say which it was. So it is of what stateful layers remember.
"""

from collections.abc import Iterable, Sequence

from halflight.nn.arrays import Host
from halflight.nn.compiled import Compiled
from halflight.nn.data import DeviceBatch
from halflight.nn.differentiation import differentiate, differentiate_shards, write_losses
from halflight.nn.executor import Executor
from halflight.nn.network import Network
from halflight.nn.penalties import (
    apply_constraints,
    regularized,
    regularizing,
    write_penalties,
)
from halflight.nn.readback import Readback
from halflight.nn.step_results import StepResults


def new_results(compiled: Compiled) -> StepResults:
    """Return where steps write what they find, as the layers are trainable now."""
    network = compiled.network
    widths = [shape[-1] for shape in network.output_shapes]
    penalties = len(regularized(network.layers)) + len(regularizing(network.layers))
    return StepResults(network.kernels, compiled.objective, widths, penalties)


def restart(compiled: Compiled) -> None:
    """Begin to train: everything has been finite so far."""
    compiled.network.kernels.fill(compiled.check().finite, 1.0)


def train(compiled: Compiled, batch: DeviceBatch, results: StepResults) -> None:
    """Make one step: forward, losses, backward, update.

    A batch without a row that counts changes nothing: no weight, no running statistic, nothing of
    the optimizer, not even its number of steps.
    """
    if not batch.host.counts:
        results.skip(batch.host)
        return
    with compiled.network.writing("fit"):
        _train(compiled, batch, results)


def _train(compiled: Compiled, batch: DeviceBatch, results: StepResults) -> None:
    network, optimizer, parameters = compiled.network, compiled.optimizer, compiled.check()
    kernels, layers = network.kernels, network.layers
    executor = network.executor(batch.samples, training=True, shapes=batch.shapes)
    _require_rows(compiled, executor, batch)
    arrays = results.open(batch.host, training=True)
    memories = [memory for layer in layers for memory in layer.memories]
    kernels.copy(parameters.states_before, parameters.states)
    for memory in memories:
        memory.begin_step(kernels)
    if compiled.sharding is None or compiled.sharding.shards == 1:
        differentiate(compiled, batch, arrays, optimizer.iterations)
    else:
        differentiate_shards(compiled, compiled.sharding, batch, arrays)
    write_penalties(kernels, layers, arrays.penalties, gradients=True)
    for numbers in (*arrays.losses, *arrays.penalties, parameters.gradients):
        kernels.keep_finite(parameters.finite, numbers)
    kernels.copy(arrays.finite, parameters.finite)
    optimizer.step()
    apply_constraints(kernels, parameters, layers)
    kernels.copy_if(parameters.states, parameters.states_before, parameters.finite, False)
    for memory in memories:
        memory.end_step(kernels, parameters.finite)
    results.close()


def evaluate(compiled: Compiled, batch: DeviceBatch, results: StepResults) -> None:
    """Find the losses and predictions of a batch in inference mode, if a row of it counts."""
    network = compiled.network
    if not batch.host.counts:
        results.skip(batch.host)
        return
    with network.computing():
        executor = network.executor(batch.samples, training=False, shapes=batch.shapes)
        _require_rows(compiled, executor, batch)
        arrays = results.open(batch.host, training=False)
        outputs = executor.forward(batch.inputs)
        write_losses(compiled, batch, executor, outputs, arrays)
        write_penalties(network.kernels, network.layers, arrays.penalties, gradients=False)
        results.close()


def _require_rows(compiled: Compiled, executor: Executor, batch: DeviceBatch) -> None:
    """Raise ValueError where targets are as long as no output: of lengths that vary."""
    heads = compiled.objective.heads
    for head, rows, weight in zip(heads, executor.rows, batch.host.weights, strict=True):
        rows = 1 if head.loss.per_sample else rows
        if rows * batch.samples != len(weight):
            raise ValueError(
                f"output {head.name!r}: has {rows} row(s) a sample for inputs of the shapes "
                f"{batch.shapes}, received targets of {len(weight) // batch.samples}"
            )


def predict(network: Network, batches: Iterable[Sequence[Host]]) -> list[list[Host]]:
    """Return the outputs for batches of checked inputs: for each output, batch by batch.

    All come from the same weights, whatever other threads do meanwhile.
    """
    kernels, readback = network.kernels, Readback(network.kernels)
    staging, found = kernels.Staging(), []
    with network.reading():
        for arrays in batches:
            with network.computing():
                each = [array.shape[1:] for array in arrays]
                executor = network.executor(len(arrays[0]), training=False, shapes=each)
                outputs = executor.forward(staging(arrays))
                shapes = [tuple(output.shape) for output in outputs]
                if not readback.fits(*shapes):
                    found += readback.read()
                    readback.fits(*shapes)
                for output, shape in zip(outputs, shapes, strict=True):
                    kernels.copy(readback.array(shape), output)
        found += readback.read()
    count = len(network.output_names)
    return [found[number::count] for number in range(count)]
