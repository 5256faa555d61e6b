"""Numba's target of the kernels: a processor of their own choice, beside the one of all other code.

Numba compiles for its host, with one setting for a whole process. A target of our own leaves that
to its users, and takes nothing from it: what they compile, before or after, changes no kernel.
"""

import functools
import hashlib
import operator
import pickle
from pathlib import Path
from typing import Any

import numba
from numba import types
from numba._dynfunc import make_function
from numba.core import config
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler import CompileResult
from numba.core.cpu import CPUContext, CPUTargetOptions
from numba.core.dispatcher import Dispatcher
from numba.core.environment import lookup_environment
from numba.core.options import TargetOptions
from numba.core.registry import CPUTarget
from numba.core.serialize import dumps
from numba.core.target_extension import (
    CPU,
    dispatcher_registry,
    jit_registry,
    target_override,
    target_registry,
)
from numba.core.typing import signature
from numba.core.utils import threadsafe_cached_property

from ...cache import cache_folder, read, write
from . import threads
from .level import LEVEL

NAME = "halflight"


def folder_of(source: str | Path) -> Path:
    """The folder of what `source` compiles to, for this CPU and with these switches of Numba."""
    switches = (config.BOUNDSCHECK, config.OPT, config.USING_SVML)  # type: ignore[attr-defined]
    return cache_folder(source, numba.__version__, *LEVEL, repr(switches))


_folder_of = functools.cache(folder_of)


class _Library(JITCodeLibrary):
    """What a function compiles to: machine code only if it is called from without.

    Numba optimises every function, emits its machine code, and then does both again in all that
    link it in, which the kernels' inner functions are for alone.
    """

    _made = False

    def _optimize_final_module(self) -> None:
        """Put it off."""

    def _finalize_final_module(self) -> None:
        if self._object_caching_enabled and self._compiled_object:  # machine code from the cache
            self._made = True
            super()._finalize_final_module()
        else:
            self._finalize_dynamic_globals()
            self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        if not self._made:
            self._made = True
            super()._optimize_final_module()
            super()._finalize_final_module()
            for variable in self._final_module.global_variables:
                environment = lookup_environment(variable.name)
                if environment is not None:
                    self._codegen.set_env(variable.name, environment)  # type: ignore[attr-defined]
        return int(super().get_pointer_to_function(name))

    def serialize_using_object_code(self) -> Any:
        if self._made:
            return super().serialize_using_object_code()
        return self.serialize_using_bitcode()

    def defines(self, name: str) -> bool:
        """Whether a function of this name is in it."""
        return any(function.name == name for function in self.get_defined_functions())


class _Codegen(JITCPUCodegen):
    """Generates code for LEVEL; Numba asks for the host here."""

    _library_class = _Library

    def _get_host_cpu_name(self) -> str:
        return LEVEL.name

    def _get_host_cpu_features(self) -> str:
        return LEVEL.features

    def set_env(self, env_name: str, env: Any) -> None:
        """Nothing, where no machine code refers to it: that of an inner function, inlined."""
        if self._engine.get_global_value_address(env_name):
            super().set_env(env_name, env)


_INDEXING = (operator.getitem, operator.setitem)
_NUMBAS = "_ZN5numba"
"""How the names of what Numba itself writes in Python begin, once mangled."""


def _from_the_start(index: Any) -> Any:
    """The type of an index, or of several, that cannot be negative."""
    if isinstance(index, (types.Tuple, types.UniTuple, types.NamedTuple)):
        return types.Tuple.from_types(tuple(map(_from_the_start, index.types)))
    return types.uintp if isinstance(index, types.Integer) else index


class _Context(CPUContext):
    def init(self) -> None:
        super().init()
        self._internal_codegen = _Codegen("halflight.exec")
        self._internal_codegen._add_module(threads.redirection())

    def get_executable(self, library: Any, fndesc: Any, env: Any) -> Any:
        """What Python calls; of a function that Python does not call, a stand-in."""
        if library._made or library.defines(fndesc.llvm_cpython_wrapper_name):
            return super().get_executable(library, fndesc, env)
        name = fndesc.qualname.rpartition(".")[2]
        return make_function(fndesc.lookup_module(), name, "", 0, env, (library,))

    def get_function(self, fn: Any, sig: Any, _firstcall: bool = True) -> Any:
        """What an operation is lowered to; kernels do not count indices from an array's end.

        Numba asks of every index that it cannot see through whether it is negative. An address that
        depends on the answer keeps a loop from using SIMD: a map of two arrays took five times as
        long.
        """
        numbas = super().get_function(fn, sig, _firstcall)
        operation = getattr(fn, "typing_key", None)
        if operation not in _INDEXING or not isinstance(sig.args[0], types.Array):
            return numbas
        array, index, *value = sig.args
        counted = _from_the_start(index)
        wanted = signature(sig.return_type, array, counted, *value)
        ours = super().get_function(operation, wanted, _firstcall)

        def lower(builder: Any, arguments: Any) -> Any:
            if builder.function.name.startswith(_NUMBAS):
                return numbas(builder, arguments)
            given, place, *rest = arguments
            return ours(builder, (given, self.cast(builder, place, index, counted), *rest))

        return lower


class _Options(CPUTargetOptions):
    """What a function may be compiled with."""

    noalias = TargetOptions.Mapping("noalias")


class _Target(CPUTarget):
    options = _Options

    @threadsafe_cached_property
    def _toplevel_target_context(self) -> CPUContext:
        return _Context(self.typing_context, self._target_name)


class _Cache:
    """Keeps what one function compiles to, a file for each set of types."""

    def __init__(self, function: Any, options: dict[str, Any], folder: Path) -> None:
        self.cache_path = str(folder)  # Numba's name, for statistics
        self._name = function.__qualname__
        self._identity = f"{self._name} {function.__code__.co_code.hex()} {sorted(options.items())}"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled for these types, if anything was."""
        kept = read(self._file(sig))
        if kept is None:
            return None
        target_context.refresh()
        return CompileResult._rebuild(target_context, *pickle.loads(kept))  # noqa: S301 (our own)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep it."""
        if data.lifted or data.library.has_dynamic_globals:
            raise TypeError(f"{self._name}: holds addresses of this process: it cannot be cached")
        write(self._file(sig), dumps(data._reduce()))

    def _file(self, sig: Any) -> Path:
        digest = hashlib.sha256(f"{self._identity} {sig}".encode()).hexdigest()[:16]
        return Path(self.cache_path) / f"{self._name[-60:]}-{digest}"


class Compiled(Dispatcher):
    """A function compiled for this target."""

    targetdescr = _Target(NAME)

    def keep(self) -> None:
        """Cache the machine code, in the folder that stands for the sources."""
        folder = _folder_of(self.py_func.__code__.co_filename)
        self._cache = _Cache(self.py_func, self.targetoptions, folder)

    def compile(self, sig: Any) -> Any:
        """Compile, or load; what Numba itself writes in Python is compiled for this target too."""
        with target_override(NAME):
            return super().compile(sig)


def _jit(**options: Any) -> Any:
    """What Numba decorates its own functions with that a kernel calls."""
    ours = {"nopython": True, "boundscheck": None} | options
    return lambda function: Compiled(function, targetoptions=ours)


class _Halflight(CPU):
    """The target in Numba's hierarchy."""


target_registry[NAME] = _Halflight
dispatcher_registry[_Halflight] = Compiled
jit_registry[_Halflight] = _jit
