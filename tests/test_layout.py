"""The shape of the code: who may import whom, each library's home, and what dvc.yaml must list."""

import ast
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path("core/halflight")
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
MODULES = sorted(
    path.relative_to(ROOT) for room in (SOURCE, "stages") for path in (ROOT / room).rglob("*.py")
)

# What every part of halflight may import of its own; beside it, what each may import in addition.
COMMON = {"files", "instrument", "psf", "workers"}
PARTS = {
    "classical": set(),
    "export": {"nn"},
    "files": set(),
    "instrument": set(),
    "kernels": set(),
    "methods": set(),
    "nn": {"kernels"},
    "params": {"paths"},
    "paths": set(),
    "prepare": set(),
    "psf": set(),
    "report": {"methods", "scores"},
    "sandbox": {"simulation"},
    "scores": {"methods"},
    "simulation": set(),
    "store": set(),
    "surveys": set(),
    "workers": set(),
}
# What a program may import in addition; its package takes any object with those attributes.
PROGRAMS = {SOURCE / "sandbox/__main__.py": {"params"}}
# What names sections of halflight.params as types, under `if TYPE_CHECKING:`.
TYPED = (SOURCE / "sandbox", SOURCE / "simulation")
HOMES = {
    "astroquery": "surveys",
    "cuda": "kernels/cuda",
    "galsim": "simulation",
    "PIL": "report",
    "matplotlib": "report",
    "numba": "kernels",
    "onnx": "export",
    "pydantic": "params",
    "safetensors": "nn",
    "yaml": "params",
}
BARE = {
    "instrument.py": {"numpy"},
    "kernels": {"numpy", "numba", "llvmlite", "cuda"},  # cuda-bindings comes with numba-cuda
    "nn": {"numpy", "safetensors"},
    "workers.py": {"threadpoolctl"},
}
# Accepts or refuses values, which DVC tracks itself; and a package's first line.
UNTRACKED = (SOURCE / "params", SOURCE / "__init__.py")


def of_params(node):
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("halflight.params.")


def imports(path):
    """Every module a file imports, absolute, with the names taken from it.

    But for the sections of halflight.params that a file of TYPED imports for their types alone.
    """
    package = path.parent.as_posix().removeprefix("core/").replace("/", ".")
    tree, types = ast.parse((ROOT / path).read_text()), set()
    for block in ast.walk(tree):
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            types |= {entry for entry in block.body if within(path, TYPED) and of_params(entry)}
    for node in ast.walk(tree):
        if node in types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            base = ".".join(filter(None, [parent if node.level else "", node.module]))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def file_of(module):
    stem = Path(module.replace(".", "/"))
    if module.split(".")[0] == "halflight":
        stem = "core" / stem
    return next(
        (f for f in (stem.with_suffix(".py"), stem / "__init__.py") if (ROOT / f).is_file()), None
    )


def closure(path):
    seen, queue = set(), [path]
    while queue:
        for module in imports(queue.pop()):
            # Importing a.b.c runs a and a.b too.
            for parts in range(1, module.count(".") + 2):
                found = file_of(".".join(module.split(".")[:parts]))
                if found and found not in seen:
                    seen.add(found)
                    queue.append(found)
    return seen


def within(path, folders):
    return any(path == folder or folder in path.parents for folder in folders)


def part_of(path):
    """The part of halflight that a file belongs to; None for the package's own __init__."""
    name = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return None if name == "__init__" else name


def test_a_part_imports_only_the_parts_it_may():
    offenders = {}
    for path in MODULES:
        if within(path, [SOURCE]) and (part := part_of(path)):
            used = {m.split(".")[1] for m in imports(path) if m.startswith("halflight.")}
            if strangers := used - COMMON - {part} - PARTS[part] - PROGRAMS.get(path, set()):
                offenders[str(path)] = strangers
    assert not offenders


def test_every_library_has_one_home():
    offenders = {}
    for path in MODULES:
        used = {module.split(".")[0] for module in imports(path)}
        strangers = {lib for lib in used & HOMES.keys() if not within(path, [SOURCE / HOMES[lib]])}
        if strangers:
            offenders[str(path)] = strangers
    assert not offenders


def test_what_must_run_anywhere_needs_no_more_than_it_says():
    offenders = {}
    for part, allowed in BARE.items():
        for path in MODULES:
            if within(path, [SOURCE / part]):
                used = {module.split(".")[0] for module in imports(path)}
                if strangers := used - set(sys.stdlib_module_names) - {"halflight"} - allowed:
                    offenders[str(path)] = strangers
    assert not offenders


def test_dvc_lists_every_file_a_stage_imports_and_no_other():
    offenders = {}
    for stage, description in PIPELINE.items():
        script = Path(f"stages/{stage}.py")
        deps = [Path(dep) for dep in description["deps"]]
        used = closure(script) | {script}
        missing = [p for p in sorted(used) if not within(p, deps) and not within(p, UNTRACKED)]
        idle = [
            dep
            for dep in deps
            if dep.parts[0] in ("core", "stages") and not any(within(u, [dep]) for u in used)
        ]
        if missing or idle:
            offenders[stage] = {"missing": missing, "idle": idle}
    assert not offenders


def test_a_stage_is_thin_and_opens_with_one_sentence():
    offenders = []
    for stage in PIPELINE:
        text = (ROOT / f"stages/{stage}.py").read_text()
        opening = ast.get_docstring(ast.parse(text)) or ""
        if len(text.splitlines()) > 150 or not opening.startswith(f"{stage.capitalize()}: "):
            offenders.append(stage)
    assert not offenders


def test_every_file_says_what_it_is_and_stays_readable():
    offenders = []
    for path in MODULES:
        text = (ROOT / path).read_text()
        if not ast.get_docstring(ast.parse(text)) or len(text.splitlines()) > 300:
            offenders.append(str(path))
    assert not offenders
