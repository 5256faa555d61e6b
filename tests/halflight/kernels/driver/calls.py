"""What a function asks of the pretended driver, for a process that has it as its driver."""

import ctypes
from collections.abc import Callable, Iterator


def _driver() -> ctypes.CDLL:
    driver = ctypes.CDLL("libcuda.so.1")
    if not hasattr(driver, "pretended_calls"):
        raise RuntimeError("this process has a real driver: give it driver.environment()")
    return driver


def _counts() -> Iterator[tuple[str, int, int]]:
    driver = _driver()
    name, count, waited = ctypes.c_char_p(), ctypes.c_long(), ctypes.c_long()
    places = ctypes.byref(name), ctypes.byref(count), ctypes.byref(waited)
    number = 0
    while driver.pretended_calls(number, *places):
        assert name.value is not None
        yield name.value.decode().partition("_v")[0], count.value, waited.value
        number += 1


def calls_during(function: Callable[[], object]) -> dict[str, int]:
    """How often each of the driver's functions is called."""
    _driver().pretended_reset()
    function()
    return {name: count for name, count, _ in _counts() if count}


def waits_during(function: Callable[[], object]) -> dict[str, int]:
    """The calls among them for which the host waits, or may have to, for the GPU to finish."""
    _driver().pretended_reset()
    function()
    return {name: waited for name, _, waited in _counts() if waited}
