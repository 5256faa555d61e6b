"""LambdaCallback: a callback made of functions."""

from collections.abc import Callable

from halflight.nn.callbacks.callback import Callback, Logs


class LambdaCallback(Callback):
    """Call these functions at the hooks they are named after, with the hooks' arguments.

    A resumed run knows nothing of what they remember; write a `Callback` with a state for that.
    """

    def __init__(
        self,
        on_epoch_begin: Callable[[int], object] | None = None,
        on_epoch_end: Callable[[int, Logs], object] | None = None,
        on_train_begin: Callable[[], object] | None = None,
        on_train_end: Callable[[], object] | None = None,
        on_train_batch_begin: Callable[[int], object] | None = None,
        on_train_batch_end: Callable[[int, Logs], object] | None = None,
    ) -> None:
        """Take the functions in the place of the hooks."""
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, function in hooks.items():
            if function is None:
                continue
            if not callable(function):
                raise ValueError(
                    f"LambdaCallback: {name} must be a function or None, received {function!r}"
                )
            setattr(self, name, function)
