"""Report: one self-contained page of every task, its figures and report.md, and how it all ran."""

from datetime import UTC, datetime

from halflight import files, params, paths
from halflight.paths import TaskPaths
from halflight.report.circumstances import ABSENT, Circumstances, StageRun
from halflight.report.page import write_report
from stages import about, run, sections
from stages.ran import before, how_it_ran


def main() -> None:
    """Render reports/index.html, reports/run.html, reports/report.md and reports/figures."""
    everything = params.load()
    if missing := sections.missing(sections.NAMES):
        listed = ", ".join(f"{path} (of stage {stage})" for path, stage in missing.items())
        raise ValueError(f"missing: {listed}: run `dvc repro report`, which makes what is missing")
    written = write_report(
        paths.REPORTS,
        [sections.section(everything, name) for name in sections.NAMES],
        params=everything.model_dump(mode="json"),
        title=everything.report.title,
        circumstances=circumstances(),
    )
    print(f"report: {len(written)} files; open {paths.PAGE}, or {paths.RUN_PAGE} for how it ran")


def circumstances() -> Circumstances:
    """What is known of this run beside its results, without which it is as good."""
    facts, notes = about.machine(), []
    try:
        facts = {"commit": about.commit()} | facts
        changed, compared = about.changed_parameters(ABSENT), f"commit {facts['commit']}"
    except (about.NoGitError, ValueError) as error:
        changed, compared = None, f"not compared with committed ones, as {error}"
    facts["rendered (UTC)"] = datetime.now(UTC).isoformat(timespec="seconds").removesuffix("+00:00")
    facts |= {f"networks of {name}": devices_of(name) for name in sections.NAMES}
    if facts.get("commit", "").endswith("+"):
        notes.append("A + says that code or parameters differed from that commit.")
    notes.append(
        "Time is by the clock, without the seconds in which Python starts; processors' time is of "
        "all processes together; memory is that of the largest one alone."
    )
    stages = [stage_run(name, how_it_ran(name, entry)) for name, entry in before("report")]
    return Circumstances(facts, stages, changed, compared, tuple(notes))


def stage_run(name: str, kept: dict[str, object] | str) -> StageRun:
    """What the page shows of one stage."""
    return StageRun(name, why=kept) if isinstance(kept, str) else StageRun(name, **kept)  # type: ignore[arg-type]


def devices_of(task: str) -> str:
    """Where the networks of a task computed, stage by stage."""
    devices = files.read_json(TaskPaths(task).metrics).get("device", {})
    return ", ".join(f"{place} in {stage}" for stage, place in devices.items())


if __name__ == "__main__":
    run(main, ValueError)
