"""Transposes: those that cancel each other, or can wait, are taken out of a graph.

Converters put a pair of Transpose around every operator that wants the channels first. One pass
over the steps delays each Transpose until an operator needs the order of axes that it makes; on the
way it meets its inverse, and a chain of convolutions, activations and pools stays channels first.
"""

from collections.abc import Iterable, Mapping, Sequence

from halflight.export.writer import Host, Step

Order = tuple[int, ...]

# Operators that give f(transposed) = transposed f. All that is not listed gets its inputs in order.
ELEMENTWISE = frozenset(
    {
        "Add",
        "Div",
        "Elu",
        "Erf",
        "Exp",
        "Greater",
        "HardSigmoid",
        "LeakyRelu",
        "Less",
        "Max",
        "Min",
        "Mul",
        "Neg",
        "Relu",
        "Selu",
        "Sigmoid",
        "Softplus",
        "Softsign",
        "Sub",
        "Tanh",
        "Where",
    }
)


def without_idle_transposes(
    steps: Iterable[Step], outputs: Mapping[str, str], constants: Mapping[str, Host]
) -> list[Step]:
    """Return steps that compute the same `outputs` (name -> the tensor that is to get it)."""
    delayed = _Delayed(constants)
    for step in steps:
        delayed.add(step)
    return _named(delayed, outputs)


class _Delayed:
    """New steps, and for every tensor the new one that it is, but for an order of axes."""

    def __init__(self, constants: Mapping[str, Host]) -> None:
        self.steps: list[Step] = []
        self._scalars = {name for name, array in constants.items() if array.ndim == 0}
        self._known: dict[str, tuple[str, Order | None]] = {}
        self._in_order: dict[tuple[str, Order], str] = {}

    def add(self, step: Step) -> None:
        """Add the step, or take note of what it does to the axes."""
        if step.kind == "Identity":
            self._known[step.outputs[0]] = self._look_up(step.inputs[0])
        elif step.kind == "Transpose":
            source, order = self._look_up(step.inputs[0])
            further = tuple(step.attributes["perm"])
            order = further if order is None else tuple(order[axis] for axis in further)
            self._known[step.outputs[0]] = (source, None if _is_identity(order) else order)
        elif not self._commute(step):
            inputs = [self.in_order(name) for name in step.inputs]
            self.steps.append(Step(step.kind, inputs, step.outputs, step.attributes))

    def in_order(self, name: str) -> str:
        """Return the tensor as it is, after its Transpose if one was delayed."""
        source, order = self._look_up(name)
        if order is None:
            return source
        if (source, order) not in self._in_order:
            self._in_order[source, order] = name
            self.steps.append(Step("Transpose", [source], [name], {"perm": list(order)}))
        return self._in_order[source, order]

    def _look_up(self, name: str) -> tuple[str, Order | None]:
        return self._known.get(name, (name, None))

    def _commute(self, step: Step) -> bool:
        """Add the step before the Transpose of its inputs, if all have the same."""
        if step.kind not in ELEMENTWISE | {"Concat"}:
            return False
        found = [self._look_up(name) for name in step.inputs if name not in self._scalars]
        order = found[0][1] if found else None
        if order is None or any(other != order for _, other in found):
            return False
        inputs = [self._look_up(name)[0] for name in step.inputs]
        attributes = dict(step.attributes)
        if step.kind == "Concat":
            attributes["axis"] = order[attributes["axis"]]
        (output,) = step.outputs
        before = f"{output}/reordered"
        self.steps.append(Step(step.kind, inputs, [before], attributes))
        self._known[output] = (before, order)
        return True


def _named(delayed: _Delayed, outputs: Mapping[str, str]) -> list[Step]:
    """Name the outputs: the steps that write them do, or an Identity where that cannot be."""
    sources = {name: delayed.in_order(value) for name, value in outputs.items()}
    written = {name for step in delayed.steps for name in step.outputs}
    renamed: dict[str, str] = {}
    copies: list[Step] = []
    for name, source in sources.items():
        if source in written and source not in renamed:
            renamed[source] = name
        else:
            copies.append(Step("Identity", [source], [name]))
    return [
        Step(
            step.kind,
            [renamed.get(name, name) for name in step.inputs],
            [renamed.get(name, name) for name in step.outputs],
            step.attributes,
        )
        for step in [*delayed.steps, *copies]
    ]


def _is_identity(order: Sequence[int]) -> bool:
    return list(order) == sorted(order)
