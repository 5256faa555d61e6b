"""What studies of whole frames begin with: the fields that an endpoint has for a task."""

from collections.abc import Iterator

from halflight import params, paths
from halflight.trials.whole_fields import WholeField, whole_fields
from stages import project_path
from stages.download import addresses, sky_name

PATIENCE = {"release", "retries", "backoff", "timeout", "deadline", "queries_per_minute"}
"""What of section survey goes to the client as it is."""


def read_fields(
    survey: params.Survey,
    wanted: params.TaskSurvey,
    sky: params.Sandbox,
    band: str,
    endpoint: params.Endpoint,
) -> Iterator[WholeField]:
    """The fields that an endpoint has for a task, in one band; their files are kept for others."""
    survey = survey.changed(endpoint=endpoint)
    chosen = wanted.selection[endpoint].model_dump(exclude={"label", "truth_table"})
    cache = project_path(paths.CHECKPOINTS) / "frames" / sky_name(survey, sky)
    with addresses(survey, sky, cache / "sky", (band,)) as (skyserver_url, sas_url):
        yield from whole_fields(
            cache / "files",
            band,
            chosen=chosen,
            skyserver_url=skyserver_url,
            sas_url=sas_url,
            **survey.model_dump(include=PATIENCE),
        )
