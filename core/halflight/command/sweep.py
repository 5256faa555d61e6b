"""`halflight sweep` and `halflight compare`: many experiments, and the page of what they found."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from halflight import paths
from halflight.command.options import ClusterOption
from halflight.files import write_text
from halflight.text import printable

if TYPE_CHECKING:
    from halflight import params
    from halflight.sweeps.ledger import Ledger

PAGE = "index.html"
SKY = "HALFLIGHT_RECORDED_SKY"
GIBIBYTE = 1 << 30
File = Annotated[Path, typer.Option(help="The file of sweeps.")]


def sweep(
    name: Annotated[str, typer.Argument(help="Of the sweep; none: list those there are.")] = "",
    file: File = paths.SWEEPS,
    workers: Annotated[int, typer.Option(min=1, help="Experiments at a time.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of each; default: the cores by the workers.")
    ] = None,
    memory: Annotated[
        float | None, typer.Option(min=0.1, help="Most GiB that one process may have.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Experiments, in place of the file's number.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Run again what has failed.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what was run.")] = False,
    cluster: ClusterOption = None,  # noqa: ARG001 - it is followed when it is read
) -> None:
    """Run a sweep of sweeps.yaml, or go on with it, and write its page.

    Exit code 1 where an experiment failed. Run from the root of a checkout.
    """
    from halflight import params

    known = params.load_sweeps(file)
    if not name:
        for key, one in known.items():
            print(f"{key}: {one.question} ({_size(one)})")
        return
    if name not in known:
        raise ValueError(f"{file} has no sweep {name!r:.60}: it has {', '.join(known) or 'none'}")
    wanted = known[name]
    if trials is not None:
        wanted = wanted.changed(trials=trials)

    from halflight.params.document import read_document
    from halflight.sweeps import parameters, search
    from halflight.sweeps.copies import Repository
    from halflight.sweeps.ledger import Ledger
    from halflight.sweeps.runner import Means, Runner, summary
    from halflight.workers import cores

    repository = Repository.here()
    values = read_document(paths.PARAMS).values
    for settings in parameters.samples(wanted):
        params.judge(parameters.changed(values, settings))
    ledger = Ledger(paths.SWEPT / name)
    means = Means(
        workers=workers,
        threads=threads or max(1, cores() // workers),
        memory=None if memory is None else int(memory * GIBIBYTE),
        variables=sky_variable(values),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    with ledger.alone():
        if restart:
            ledger.forget()
        runner = Runner(name, wanted, repository, ledger, means=means, say=_say)
        try:
            experiments = runner.run(retry_failed=retry)
        except KeyboardInterrupt:
            _say(f"{name}: stopped; `halflight sweep {name}` goes on from here")
            raise
        page = _write_page(name, ledger)
    print(f"{name}: {summary(experiments, search.count(wanted))}; {page}")
    if any(one.status == "failed" for one in experiments):
        raise typer.Exit(1)


def compare(
    name: Annotated[str, typer.Argument(help="Of a sweep that has begun.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The page; default: in its folder.")
    ] = None,
) -> None:
    """Write the page of a sweep: what its experiments found, what decided it, what it cost.

    Also while the sweep runs.
    """
    from halflight.sweeps.ledger import Ledger

    print(_write_page(name, Ledger(paths.SWEPT / name), output))


def _write_page(name: str, ledger: "Ledger", output: Path | None = None) -> Path:
    from halflight.params import Sweep
    from halflight.params.plain import plain_values
    from halflight.report.comparison import Comparison, render_page
    from halflight.sweeps import parameters, search
    from halflight.sweeps.copies import git
    from halflight.sweeps.importance import importances
    from halflight.sweeps.runner import summary

    begun = ledger.begun()
    if begun is None:
        raise ValueError(f"{ledger.folder} holds no sweep: run `halflight sweep {name}`")
    wanted = Sweep.model_validate(begun["definition"])
    commit, experiments = begun["snapshot"]["commit"], ledger.experiments()
    params_then = plain_values(git(Path(), "show", f"{commit}:./{paths.PARAMS}").encode())
    page = output or ledger.folder / PAGE
    report, log = paths.PAGE, Path("log.txt")
    write_text(
        page,
        render_page(
            Comparison(
                name=name,
                question=wanted.question,
                search=wanted.search,
                parameters=list(wanted.parameters),
                settings=wanted.settings,
                before=parameters.before(wanted, params_then),
                judge=wanted.judge,
                lower_is_better=wanted.lower_is_better,
                asked=search.count(wanted),
                experiments=experiments,
                summary=summary(experiments, search.count(wanted)),
                importances=importances(wanted, experiments),
                pages=_links(ledger, experiments, report, page.parent),
                logs=_links(ledger, experiments, log, page.parent),
                code=commit[:12],
                watched=wanted.prune.curve if wanted.prune else None,
            )
        ),
    )
    return page


def _size(one: "params.Sweep") -> str:
    from halflight.sweeps import search

    return f"{one.search}, {search.count(one)} experiments"


def _say(line: str) -> None:
    print(printable(line), flush=True)


def sky_variable(values: Any) -> dict[str, str]:
    """Where the recorded sky lies, which copies would look for beside themselves."""
    if SKY in os.environ:
        return {}
    return {SKY: str(Path(values["survey"]["recorded_sky"]).absolute())}


def _links(ledger: "Ledger", experiments: Any, name: Path, start: Path) -> dict[int, str]:
    """The addresses of a file of each experiment that has it, from the folder of the page."""
    found = {one.number: ledger.of(one.number) / name for one in experiments}
    return {
        number: Path(os.path.relpath(path, start)).as_posix()
        for number, path in found.items()
        if path.is_file()
    }
