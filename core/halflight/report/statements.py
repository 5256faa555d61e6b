"""What the page says about its data in words: where they come from, thanks, and honest limits."""

from collections.abc import Mapping
from typing import Any

from halflight.report.formatting import NOT_MEASURED
from halflight.report.inputs import ReportData
from halflight.report.section import Source
from halflight.report.tables import provenance_tables, queries
from halflight.text import printable

SDSS_URL = "https://www.sdss.org"


def data_statement(provenance: dict[str, Any]) -> str:
    """Return the first line of page and report: which data these are, real or synthetic."""
    release = f"SDSS DR{int(provenance['release'])}"
    return {
        "sandbox": "Survey data: SYNTHETIC sandbox sky (rendered by GalSim, no real observation)",
        "recorded": f"Survey data: real {release} images, recorded earlier and replayed from files",
        "sdss": f"Survey data: real {release} images, live from SDSS",
    }[provenance["endpoint"]]


def survey_name(provenance: dict[str, Any]) -> str:
    """Return a short name of the survey data, for a title."""
    if provenance["endpoint"] == "sandbox":
        return "synthetic sandbox sky"
    return f"SDSS DR{int(provenance['release'])}, {printable(str(provenance['band']))} band"


def source_of(provenance: dict[str, Any], *, trained_by: str, devices: Mapping[str, str]) -> Source:
    """Return what a section says of its survey's objects.

    provenance: as `halflight.report.inputs.check_provenance` returns it. trained_by: the version
    that trained the network; "" where it is not known. devices: of the networks, by stage.
    """
    counts, dropped, files = provenance_tables(provenance)
    return Source(
        endpoint=provenance["endpoint"],
        statement=data_statement(provenance),
        details=data_details(provenance, trained_by, devices),
        thanks=acknowledgement(provenance),
        counts=counts,
        dropped=dropped,
        files=files,
        queries=queries(provenance["sql"]),
    )


def data_details(provenance: dict[str, Any], trained_by: str, devices: Mapping[str, str]) -> str:
    """Return release and bands of the survey, and what trained the network that measured it."""
    release, bands = int(provenance["release"]), printable(str(provenance["band"]))
    text = f"Release {release}, {'bands' if len(bands) > 1 else 'band'} {bands}."
    if trained_by:
        text += f" The network was trained by halflight {trained_by}."
    return f"{text} {computed_on(devices)}"


def acknowledgement(provenance: dict[str, Any]) -> str:
    """Return the thanks due to SDSS where its data are shown, and "" where none are."""
    if provenance["endpoint"] == "sandbox":
        return ""
    return (
        f"The survey images are data of the Sloan Digital Sky Survey (SDSS), Data Release "
        f"{int(provenance['release'])}. SDSS is funded by the Alfred P. Sloan Foundation, its "
        "participating institutions and its other sponsors; please acknowledge it, in the words "
        "that its site gives, wherever a figure of this page is shown."
    )


def limits(data: ReportData) -> list[str]:
    """Return what these results cannot say, the points that depend on the data first."""
    points = []
    if data.provenance["endpoint"] == "sandbox":
        points.append(
            "The survey here is synthetic. It exercises the whole path of real data, but it shares "
            "GalSim and its galaxy models with the training set: no number on this page measures "
            "performance on real galaxies."
        )
    else:
        points.append(
            "Real galaxies have no known true radius. The survey's reference is the pipeline's own "
            "PSF-convolved scene fit, so agreement with it is not accuracy: where a galaxy is "
            "neither a Sérsic profile nor a bulge with a disc, the reference itself is biased."
        )
    survey = data.objects[data.objects["dataset"] == "survey"]
    if len(survey) < 200:
        points.append(
            f"The survey's test set has {len(survey)} galaxies. Its scatter and outlier fractions "
            "are uncertain accordingly; read the intervals, not the third digit."
        )
    return [
        *points,
        "Error bars describe galaxies like those simulated for training. Profiles, neighbours or "
        "defects outside that population can be wrong by more than the error bar says.",
        "The Cramér–Rao bound holds for an unbiased estimate of a galaxy without neighbours whose "
        "model family and PSF are known. A network that knows the population may fall below it "
        "for faint galaxies; "
        "a method that has to cope with neighbours may not reach it.",
        "Every radius is the semi-major axis of the half-light ellipse in one band. It is neither "
        "a circularised radius nor the radius of a circular aperture.",
        "Magnitude bins with few galaxies have wide bootstrap intervals; an empty bin is shown as "
        "not measured.",
    ]


def computed_on(devices: Mapping[str, str]) -> str:
    """Say where the networks of each stage computed."""
    if not devices:
        return f"Device: {NOT_MEASURED}."
    places = sorted(set(devices.values()))
    if len(places) == 1:
        return f"Device of all networks: {places[0]}."
    return f"Devices: {', '.join(f'{place} in {stage}' for stage, place in devices.items())}."
