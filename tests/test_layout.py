"""The shape of the code: who may import whom, each library's home, and what dvc.yaml must list."""

import ast
import functools
import itertools
import json
import sys
from pathlib import Path

import networkx
import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path("core/halflight")
MODULES = sorted(
    path.relative_to(ROOT) for room in (SOURCE, "stages") for path in (ROOT / room).rglob("*.py")
)

PIPELINE = {
    name: stage
    for file in (
        "dvc.yaml",
        "reports/tiers/dvc.yaml",
        "reports/transfer/dvc.yaml",
        "reports/domain/dvc.yaml",
        "reports/injected/dvc.yaml",
        "reports/own_images/dvc.yaml",
        "reports/bright_to_faint/dvc.yaml",
        "reports/trainings/dvc.yaml",
        "reports/full/dvc.yaml",
        "reports/real_sky/dvc.yaml",
        "reports/other/dvc.yaml",
    )
    for name, stage in yaml.safe_load((ROOT / file).read_text())["stages"].items()
}
DATASET = ("dataset",)

# What every part of halflight may import of its own; beside it, what each may import in addition.
COMMON = {
    *("__version__", "cache", "files", "half_light", "instrument", "integers", "one_thread"),
    *("predictive", "psf", "quality", "reading", "tables", "text", "workers"),
}
PARTS = {
    "cache": set(),
    "cameras": {
        *("classical", "estimator", "images", "joint", "labelled", "measurer", "measuring"),
        *("models", "nn", "params", "prepare", "results", "scores", "simulation", "store"),
        *("tasks", "training"),
    },
    "classical": {"kernels"},
    "clusters": {"shards"},
    "combination": set(),
    "command": {
        *(
            "cameras",
            "estimator",
            "export",
            "measuring",
            "models",
            "nn",
            "params",
            "paths",
            "report",
        ),
        *("results", "review", "store", "sweeps", "universe"),
    },
    "conditions": set(),
    "domain": set(),
    "estimator": {"inputs", "nn", "prepare", "store", "tasks"},
    "export": {"estimator", "nn", "prepare", "tasks"},
    "files": set(),
    "half_light": set(),
    "healpix": set(),
    "images": {"surveys"},
    "inputs": {"prepare"},
    "instrument": set(),
    "judged": {"estimator", "likeness", "measurer"},
    "joint": {"combination", "domain", "estimator", "params", "tasks"},
    "integers": set(),
    "kernels": set(),
    "measured": {"paths", "store", "tasks"},
    "measurer": {"classical", "estimator", "joint", "store", "tasks"},
    "methods": set(),
    "models": set(),
    "mpi": set(),
    "nn": {"kernels"},
    "one_thread": set(),
    "params": {"conditions", "nn", "paths"},
    "paths": set(),
    "pieces": {"classical"},
    "predictive": set(),
    "prepare": set(),
    "psf": set(),
    "quality": set(),
    "reading": set(),
    "report": {"methods", "results", "scores", "sweeps"},
    "reproduction": {"paths"},
    "results": set(),
    "review": {"params", "report", "sweeps"},
    "sandbox": {"simulation"},
    "shards": set(),
    "sight": {"estimator", "nn"},
    "scores": {"methods", "tasks"},
    "simulation": set(),
    "labelled": {"nn", "store", "tasks"},
    "likeness": {"smooth"},
    "manifest": set(),
    "measuring": {
        *("classical", "healpix", "images", "joint", "judged", "measurer", "models", "pieces"),
        *("report", "results", "store", "tasks"),
    },
    "smooth": set(),
    "stacking": set(),
    "store": {"manifest"},
    "tables": set(),
    "surveys": {"conditions"},
    "sweeps": {"paths"},
    "tasks": set(),
    "text": set(),
    "training": {"estimator", "labelled", "nn", "prepare", "store", "tasks"},
    "trials": {
        *("estimator", "labelled", "nn", "prepare", "results", "scores", "simulation", "store"),
        "surveys",
    },
    "universe": {"healpix", "store"},
    "workers": {"clusters"},
}
# What a program may import in addition; its package takes any object with those attributes.
PROGRAMS = {SOURCE / "sandbox/__main__.py": {"params", "paths"}}
HOMES = {
    "astroquery": "surveys",
    "cuda": "kernels/cuda",
    "dask": "clusters.py",
    "distributed": "clusters.py",
    "dvclive": "training.py",
    "galsim": "simulation",
    "hats": "healpix.py",
    "hats_import": "healpix.py",
    "PIL": "report",
    "matplotlib": "report",
    "mpi4py": "mpi.py",
    "numba": "kernels",
    "onnx": "export",
    "optuna": "sweeps",
    "photutils": "trials/peers.py",
    "pydantic": "params",
    "safetensors": "nn",
    "pyvo": "results",
    "sep": "images",
    "sklearn": "classical",
    "statmorph": "trials/peers.py",
    "typer": "command",
    "yaml": "params",
}
BARE = {
    "instrument.py": {"numpy"},
    "kernels": {"numpy", "numba", "llvmlite", "cuda"},  # cuda-bindings comes with numba-cuda
    "nn": {"numpy", "safetensors"},
    "one_thread.py": {"threadpoolctl"},
    "workers.py": set(),
}
# Accepts or refuses values, which DVC tracks itself; and a package's first line.
UNTRACKED = (SOURCE / "params", SOURCE / "conditions.py", SOURCE / "__init__.py")


def imports(path, *, everything=False):
    """Every module a file imports, absolute, with the names taken from it.

    Sections of parameters are handed over: to import their classes for annotations does not count,
    unless `everything` does.
    """
    package = path.parent.as_posix().removeprefix("core/").replace("/", ".")
    tree = ast.parse((ROOT / path).read_text())
    annotations = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
        if "params" in ast.unparse(statement) and not everything
    }
    for node in ast.walk(tree):
        if node in annotations:
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


@functools.cache
def imported_files(path):
    """The files that a file imports; importing a.b.c runs a and a.b, too."""
    names = {
        ".".join(module.split(".")[:parts])
        for module in imports(path)
        for parts in range(1, module.count(".") + 2)
    }
    return {found for name in names if (found := file_of(name))}


@functools.cache
def closure(path):
    seen, queue = set(), [path]
    while queue:
        importer = queue.pop()
        # What only judges values decides no byte, and neither does what it asks.
        if not within(importer, UNTRACKED):
            fresh = imported_files(importer) - seen
            seen |= fresh
            queue += fresh
    return frozenset(seen)


def expanded(description, keep=()):
    """The stage as it is for each combination of its matrix."""
    matrix = {k: v for k, v in description.get("matrix", {}).items() if k not in keep}
    for values in itertools.product(*matrix.values()):
        text = json.dumps(description)
        for name, value in zip(matrix, values, strict=True):
            text = text.replace(f"${{item.{name}}}", value)
        yield json.loads(text)


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
        # The file of a task is imported by the task's name.
        idle = [
            dep
            for dep in deps
            if dep.parts[0] in ("core", "stages")
            and dep.parent != SOURCE / "tasks"
            and not any(within(u, [dep]) for u in used)
        ]
        if missing or idle:
            offenders[stage] = {"missing": missing, "idle": idle}
    assert not offenders


def test_a_stage_depends_on_the_file_of_its_own_task_alone():
    for stage, description in PIPELINE.items():
        if any("core/halflight/tasks" in dep for dep in description["deps"]) and stage != "report":
            assert "core/halflight/tasks/${item.task}.py" in description["deps"], stage
            assert "core/halflight/tasks" not in description["deps"], stage


OF_KIND = ".kinds.${item.kind}"
"""What of a section that describes many kinds a stage of one of them depends on."""


def test_dvc_names_every_parameter_section_that_a_stage_reads_and_no_other():
    offenders = {}
    for stage, description in PIPELINE.items():
        tree = ast.parse((ROOT / f"stages/{stage}.py").read_text())
        read = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "params.read":
                read |= {ast.unparse(argument) for argument in node.args}
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "params.load":
                shown = ("radius", "report", "sandbox", "star_galaxy", "survey")
                read |= {repr(name) for name in shown}
        named = {
            "f" + repr(name.replace("${item.task}", "{task}")) if "$" in name else repr(name)
            for name in (entry.removesuffix(OF_KIND) for entry in description["params"])
        }
        if read != named:
            offenders[stage] = {"read": sorted(read), "named": sorted(named)}
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


def circles(modules):
    """The groups of modules that import each other around a circle, of `modules` (name -> file).

    Every import counts, those for types alone and those inside functions too. A name that is taken
    from a package counts as an import of the package, of a module in it as one of both; that
    importing a.b.c runs a and a.b first does not count, as no module can help it.
    """
    graph = networkx.DiGraph()
    for name, path in modules.items():
        used = set(imports(path, everything=True)) & modules.keys() - {name}
        graph.add_edges_from((name, other) for other in used)
    return [
        sorted(group) for group in networkx.strongly_connected_components(graph) if len(group) > 1
    ]


def test_circles_are_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    lines = {
        "a": "import b",
        "b": "from c import x",
        "c": "def f():\n    import a",
        "d": "import a",
    }
    for name, line in lines.items():
        (tmp_path / f"{name}.py").write_text(line)
    assert circles({name: Path(f"{name}.py") for name in lines}) == [["a", "b", "c"]]


def test_no_module_imports_itself_around_a_circle():
    modules = {
        ".".join(path.relative_to("core").with_suffix("").parts).removesuffix(".__init__"): path
        for path in MODULES
        if path.parts[0] == "core"
    }
    assert circles(modules) == []


def test_readme_offers_no_command_that_dvc_refuses_for_a_stage_of_a_matrix():
    """`dvc freeze` cannot write such a stage; `frozen: true` in dvc.yaml can."""
    assert "matrix" in PIPELINE["download"]
    text = (ROOT / "README.md").read_text()
    assert "dvc freeze" not in text
    assert "`frozen: true`" in text
