"""RNN and its cells: Keras's other way to say SimpleRNN, LSTM and GRU."""

from typing import Any, ClassVar

from halflight.nn.checks import broken
from halflight.nn.configuration import configuration
from halflight.nn.layers.gru import GRU
from halflight.nn.layers.lstm import LSTM
from halflight.nn.layers.recurrent import Recurrent
from halflight.nn.layers.simple_rnn import SimpleRNN

_OF_RNN = (
    *("return_sequences", "return_state", "go_backwards", "stateful"),
    *("zero_output_for_mask", "activity_regularizer"),
)


class Cell:
    """What a recurrent layer computes at a step, for `RNN`; arguments are those of the layer.

    Raises ValueError for arguments that the layer does not take, or that are RNN's.
    """

    kind: ClassVar[type[Recurrent]]

    def __init__(self, *args: Any, **options: Any) -> None:
        """Check the arguments."""
        taken = [name for name in _OF_RNN if name in options]
        if taken:
            raise broken(type(self).__name__, f"{taken[0]} is an argument of RNN", options)
        self.layer: Recurrent | None = self.kind(*args, **options)


class SimpleRNNCell(Cell):
    """The cell of a `SimpleRNN`."""

    kind = SimpleRNN


class LSTMCell(Cell):
    """The cell of an `LSTM`."""

    kind = LSTM


class GRUCell(Cell):
    """The cell of a `GRU`."""

    kind = GRU


def RNN(  # noqa: N802  Keras's name
    cell: Cell,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    stateful: bool = False,
    **options: Any,
) -> Recurrent:
    """Return the layer that a cell is of: `RNN(LSTMCell(8))` is `LSTM(8)`.

    Args:
        cell: a SimpleRNNCell, LSTMCell or GRUCell, which no other layer was made of.
        return_sequences, return_state, go_backwards, stateful: see `SimpleRNN`.
        options: further arguments of the layer: `name`, `trainable`, `zero_output_for_mask`, ...

    Raises:
        ValueError: the cell is none of those, or used before.
    """
    if not isinstance(cell, Cell):
        rule = (
            "cell must be a SimpleRNNCell, LSTMCell or GRUCell (in the place of several cells put "
            "recurrent layers one after the other, all but the last with return_sequences=True; "
            "a cell of one's own would need automatic differentiation: write a layer)"
        )
        raise broken("RNN", rule, cell)
    if cell.layer is None:
        rule = "a cell is for one layer: to share its weights call that layer again"
        raise broken("RNN", rule, type(cell).__name__)
    config = configuration(cell.layer) | {
        "return_sequences": return_sequences,
        "return_state": return_state,
        "go_backwards": go_backwards,
        "stateful": stateful,
    }
    cell.layer = None
    return cell.kind(**config | options)
