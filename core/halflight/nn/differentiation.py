"""Differentiation: a batch forward, its losses, and backward to the gradients of all weights."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from halflight.nn.arrays import Array, Host
from halflight.nn.compiled import Compiled
from halflight.nn.data import Batch, DeviceBatch
from halflight.nn.executor import Executor
from halflight.nn.penalties import regularizing
from halflight.nn.sharding import Sharding
from halflight.nn.step_results import StepArrays


def differentiate(
    compiled: Compiled,
    batch: DeviceBatch,
    arrays: StepArrays,
    step: int,
    shares: Sequence[float] | None = None,
) -> None:
    """Write the gradients of all weights, and what the batch gave; the states move on.

    step: what random numbers follow from. shares: see `write_losses`.
    """
    network, parameters = compiled.network, compiled.check()
    executor = network.executor(batch.samples, training=True, shapes=batch.shapes)
    outputs = executor.forward(batch.inputs, step)
    parameters.begin_gradients()
    write_losses(compiled, batch, executor, outputs, arrays, shares)
    executor.backward(batch.samples, step)
    parameters.end_gradients()


def differentiate_shards(
    compiled: Compiled, sharding: Sharding, batch: DeviceBatch, arrays: StepArrays
) -> None:
    """Do as `differentiate` does, part by part, those of other processes included.

    Raises ValueError for layers that regularize activities: their penalty is the whole batch's; and
    for stateful ones, which remember whole batches.
    """
    for layer in compiled.network.layers:
        if layer.memories:
            rule = "is stateful and reads whole batches: take 1 shard, or stateful=False"
            raise layer.error(rule, f"{sharding.shards} shards")
    if regularizing(compiled.network.layers):
        raise ValueError(
            f"{sharding.shards} shards of a batch cannot be trained with a regularizer of "
            "activities, whose penalty is of the whole batch: take 1 shard, or no such regularizer"
        )
    parameters, kernels = compiled.check(), compiled.network.kernels
    parts, exchange = sharding.parts(batch.samples), sharding.exchange
    own = sharding.own(len(parts))
    first_step = compiled.optimizer.iterations * sharding.shards
    width = len(parameters.gradients) + len(parameters.states)
    weights = zip(compiled.objective.heads, batch.host.weights, strict=True)
    factors = [head.loss.factor(every) for head, every in weights]
    found = np.empty((len(own), width), kernels.FLOAT)
    for row, number in enumerate(own):
        kernels.copy(parameters.states, parameters.states_before)
        part, into, shares = _part(batch, arrays, parts[number], factors)
        differentiate(compiled, part, into, first_step + number, shares)
        found[row, : len(parameters.gradients)] = kernels.to_host(parameters.gradients)
        found[row, len(parameters.gradients) :] = kernels.to_host(parameters.states)
    gradients, states = np.split(exchange.gather(found), [len(parameters.gradients)], axis=1)
    kernels.copy(parameters.gradients, kernels.to_device(_sum(gradients)))
    before = kernels.to_host(parameters.states_before)
    sizes = [(part.stop - part.start) / batch.samples for part in parts]
    moves = (states - before) * np.asarray(sizes, kernels.FLOAT)[:, np.newaxis]
    kernels.copy(parameters.states, kernels.to_device(before + _sum(moves)))
    if exchange.size > 1:
        samples = slice(parts[own[0]].start, parts[own[-1]].stop) if own else slice(0, 0)
        for array in (*arrays.losses, *arrays.predictions):
            if array is not None:
                mine = kernels.to_host(array[_places(array, samples, batch.samples)])
                kernels.copy(array, kernels.to_device(exchange.gather(mine)))


def _part(
    batch: DeviceBatch, arrays: StepArrays, samples: slice, factors: Sequence[float]
) -> tuple[DeviceBatch, StepArrays, list[float]]:
    """Some samples of a batch, where what they give is written, and their shares of each loss.

    factors: of each loss over the whole batch, see `Loss.factor`.
    """
    count = batch.samples

    def of(many: list[Array]) -> list[Array]:
        return [array[_places(array, samples, count)] for array in many]

    host = Batch([], of(batch.host.targets), of(batch.host.weights))
    part = DeviceBatch(host, of(batch.inputs), of(batch.targets), of(batch.weights))
    predictions = [None if a is None else a[_places(a, samples, count)] for a in arrays.predictions]
    into = replace(arrays, losses=of(arrays.losses), predictions=predictions)
    shares = []
    for mine, every, factor in zip(host.weights, batch.host.weights, factors, strict=True):
        total = float(every.sum(dtype=np.float64))
        shares.append(factor * float(mine.sum(dtype=np.float64)) / total if total else 0.0)
    return part, into, shares


def _places(array: Array, samples: slice, count: int) -> slice:
    """Where these of `count` samples lie along the first axis, which may have several rows each."""
    each = array.shape[0] // count
    return slice(samples.start * each, samples.stop * each)


def _sum(parts: Host) -> Host:
    """The sum over the first axis, in its order."""
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total


def write_losses(
    compiled: Compiled,
    batch: DeviceBatch,
    executor: Executor,
    outputs: Sequence[Array],
    arrays: StepArrays,
    shares: Sequence[float] | None = None,
) -> None:
    """Write the losses, their gradients by the outputs, and the predictions.

    shares: what the mean over this batch counts in the loss, for each output; None: as much as the
    loss's reduction says.
    """
    kernels = compiled.network.kernels
    gradients = executor.output_gradients(batch.samples)
    for number, head in enumerate(compiled.objective.heads):
        gradient, output = gradients[number], outputs[number]
        if not head.loss.per_sample:
            gradient, output = _rows(gradient), _rows(output)
        target, weight = batch.targets[number], batch.weights[number]
        if batch.host.weights[number].any():
            head.loss.write(kernels, arrays.losses[number], gradient, output, target, weight)
        else:  # other outputs count in this batch
            kernels.fill(arrays.losses[number], 0.0)
            kernels.fill(gradient, 0.0)
        reduced = head.loss.factor(batch.host.weights[number]) if shares is None else shares[number]
        factor = head.weight * reduced
        if factor != 1.0:
            kernels.scale(gradient.reshape(gradient.size), factor)
        prediction = arrays.predictions[number]
        if prediction is not None:
            kernels.copy(prediction, output)


def _rows(array: Array) -> Array:
    width = array.shape[array.ndim - 1]
    return array if array.ndim == 2 else array.reshape((array.size // width, width))
