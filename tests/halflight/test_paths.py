"""Every file of a task has one place, which no other file shares and which dvc.yaml declares."""

import json
from pathlib import Path

import yaml

from halflight import paths
from halflight.paths import DATASETS, TaskPaths


def every(task):
    place = TaskPaths(task)
    by_dataset = ("stamps", "prepared", "preparation", "left_out", "classical")
    listed = [getattr(place, name)(dataset) for name in by_dataset for dataset in DATASETS]
    listed += [place.finetuned(arm) for arm in ("fine_tuned", "from_scratch")]
    single = [name for name, value in vars(TaskPaths).items() if isinstance(value, property)]
    return listed + [getattr(place, name) for name in single if name != "data"]


def test_no_two_files_of_two_tasks_share_a_place():
    places = every("radius") + every("redshift")
    assert len(set(places)) == len(places)
    for one in places:
        assert not any(one in other.parents for other in places), one


def test_every_file_of_a_task_is_an_output_of_a_stage(root):
    stages = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    text = json.dumps(stages).replace("${item.task}", "radius")
    declared = set()
    for stage in json.loads(text).values():
        for out in [*stage.get("outs", ()), *stage.get("metrics", ()), *stage.get("plots", ())]:
            name = out if isinstance(out, str) else next(iter(out))
            declared |= {Path(name.replace("${item.dataset}", d)) for d in DATASETS}
    shared = [paths.PAGE, paths.PAGE_MARKDOWN, paths.SUMMARY, paths.FIGURES]
    for place in [*every("radius"), *shared, paths.CAPACITY_HISTORY, paths.CAPACITY_FIGURE]:
        assert {place, *place.parents} & declared, place
    for place in (paths.CHECKPOINTS, paths.RAN, paths.RUN_PAGE):
        assert not {place, *place.parents} & declared, place


def test_all_is_relative_to_the_repository_root():
    assert not any(place.is_absolute() for place in every("radius"))
