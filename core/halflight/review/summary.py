"""Summary: a branch's changes as Markdown, which GitHub and GitLab show beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from halflight.report.formatting import markdown_text
from halflight.review.changes import Change
from halflight.text import printable, shortened

# GitHub shows a comment of 65536 characters, and a table of that many rows nobody reads.
MOST_ROWS = 200


class Review(NamedTuple):
    """What a branch changes.

    Attributes:
        base, head: names of the two commits.
        parameters: that are other in params.yaml.
        metrics: of the small run, that are other; None where the base has no small run.
        stale: stages that dvc.lock does not belong to.
        overridden: parameters that the small run sets itself.
    """

    base: str
    head: str
    parameters: Sequence[Change]
    metrics: Sequence[Change] | None
    stale: Sequence[str]
    overridden: Sequence[str] = ()


def markdown(review: Review) -> str:
    """The review as Markdown."""
    lines = [
        f"## What {_shown(review.head)} changes, beside {_shown(review.base)}",
        "",
    ]
    lines += _table("Parameters", review.parameters, "No parameter is another.")
    hidden = sorted({change.name for change in review.parameters} & set(review.overridden))
    if hidden:
        names = ", ".join(map(_shown, hidden))
        lines += [f"The small run sets {names} itself: their change moves nothing below.", ""]
    if review.metrics is None:
        lines += ["The base has no quick.yaml, and so no small run to compare with.", ""]
    else:
        lines += _table("Metrics of the small run", review.metrics, "No metric moved.")
    if review.stale:
        names = ", ".join(map(_shown, review.stale))
        lines += [
            "**dvc.lock does not belong to this code**: `dvc repro` would run "
            f"{names}. Run `make repro` and commit what it writes, dvc.lock among it.",
        ]
    else:
        lines += ["dvc.lock belongs to this code: a clean run would run nothing."]
    return "\n".join(lines) + "\n"


def _shown(text: str) -> str:
    return markdown_text(shortened(printable(text)))


def _table(title: str, changes: Sequence[Change], none: str) -> list[str]:
    if not changes:
        return [f"**{title}.** {none}", ""]
    lines = [f"**{title}**", "", "| name | before | after | change |", "|---|--:|--:|--:|"]
    for change in changes[:MOST_ROWS]:
        cells = (change.name, *change.words)
        lines.append(f"| {' | '.join(map(_shown, cells))} |")
    if len(changes) > MOST_ROWS:
        lines += ["", f"and {len(changes) - MOST_ROWS} more."]
    return [*lines, ""]
