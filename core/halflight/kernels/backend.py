"""The back ends by name: what is marked in a package's modules, and the definition of the rest."""

import functools
import importlib
import inspect
import pkgutil
import threading
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace

from .contract import Function, definition_of, twin_from

__all__ = ["BACKENDS", "Backend", "FallbackWarning", "definitions", "load"]

BACKENDS = ("reference", "cpu", "cpu_precise", "cuda", "cuda_tf32")
# What a back end offers besides kernels, by its module.
_SERVICES = {
    "arrays": ("FLOAT", "empty", "to_device", "to_host", "zeros"),
    "staging": ("ASYNCHRONOUS", "Staging", "free_memory"),
}


class Backend(SimpleNamespace):
    """The kernels of one back end by name, with its `FLOAT` and its own `name`.

    There is one of each name in a process, which a copy is, too.
    """

    name: str

    def __reduce__(self) -> tuple[Callable[[str], "Backend"], tuple[str]]:
        """Say that it is loaded, not copied."""
        return load, (self.name,)


class FallbackWarning(UserWarning):
    """A kernel has no twin in a back end: its definition computes there, slowly."""


def _once(function: Callable[[str], Backend]) -> Callable[[str], Backend]:
    """Decorate what is computed once for each argument, however many threads ask at once."""
    known, lock = functools.cache(function), threading.Lock()

    @functools.wraps(function)
    def ask(name: str) -> Backend:
        with lock:
            return known(name)

    return ask


@_once
def load(name: str) -> Backend:
    """The back end called `name`, imported only when asked for.

    Raises ValueError when there is no such back end, RuntimeError for a GPU's without a usable one.
    """
    if name not in BACKENDS:
        known = ", ".join(repr(backend) for backend in BACKENDS)
        raise ValueError(f"kernels.load: unknown back end {name!r}: choose one of {known}")
    package, _, option = name.partition("_")  # which some kernels have a parameter for
    if package == "cuda":
        importlib.import_module(f"{__package__}.cuda.machine.device").expect_device(option)
    backend = Backend(name=name)
    for module, services in _SERVICES.items():
        for service in services:
            found = importlib.import_module(f"{__package__}.{package}.{module}")
            setattr(backend, service, getattr(found, service))
    kernels = definitions()
    twins = kernels if package == "reference" else _twins(package)
    for kernel, definition in kernels.items():
        chosen = twins.get(kernel) or _fallback(definition, package)
        if option and option in inspect.signature(chosen).parameters:
            with_option = functools.partial(chosen, **{option: True})
            chosen = functools.update_wrapper(with_option, chosen)
        setattr(backend, kernel, chosen)
    return backend


def definitions() -> dict[str, Function]:
    """The definition of every kernel by its name, in the order of the reference's modules.

    Raises ValueError for a name that two of them have.
    """
    found: dict[str, Function] = {}
    for module in _modules("reference"):
        for definition in map(definition_of, vars(module).values()):
            if definition is not None and definition.__module__ == module.__name__:
                _keep(found, definition.__name__, definition, module)
    return found


def _twins(package: str) -> dict[str, Function]:
    """What computes each kernel in a compiled back end."""
    found: dict[str, Function] = {}
    for module in _modules(package):
        for value in vars(module).values():
            definition = definition_of(value)
            if definition is not None and definition is not value:  # else one that is imported
                _keep(found, definition.__name__, value, module)
    return found


def _keep(found: dict[str, Function], name: str, kernel: Function, module: ModuleType) -> None:
    if found.setdefault(name, kernel) is not kernel:
        raise ValueError(f"kernels.load: there are two of {name}, one in {module.__name__}")


def _modules(package: str) -> Iterator[ModuleType]:
    """Every module of a back end, but for what lies in folders: engines, which hold no kernels."""
    path = importlib.import_module(f"{__package__}.{package}").__path__
    for name in sorted(found.name for found in pkgutil.iter_modules(path) if not found.ispkg):
        yield importlib.import_module(f"{__package__}.{package}.{name}")


def _fallback(definition: Function, package: str) -> Function:
    """The definition's formula on a back end's arrays; the first call says so."""
    staging = importlib.import_module(f"{__package__}.{package}.staging")
    compute: Callable[..., None] = staging.on_host(inspect.unwrap(definition))

    @functools.cache
    def warn() -> None:
        message = f"{definition.__name__} has no twin in {package}: its definition computes, slowly"
        warnings.warn(message, FallbackWarning, stacklevel=5)

    def run(*args: object) -> None:
        warn()
        compute(*args)

    return twin_from(definition, run)
