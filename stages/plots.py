"""Plots: the frame of DVC's own pictures with Vega inside, so that they draw without the internet.

DVC's own frame loads Vega from a server. Run by hand, as `make vega`, to take another version; the
file that it writes is committed.
"""

import base64
import hashlib
import io
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from halflight.files import write_text
from halflight.text import shown

FRAME = Path(".dvc/plots/offline.html")
SECONDS = 300.0  # that npm may take for one package: the largest has 4 MB


class Package(NamedTuple):
    """A package of the npm registry: name, version, SHA-512 of its archive, and the file used."""

    name: str
    version: str
    sha512: str
    file: str


# The versions that speak Vega-Lite 5, as DVC's templates and ours do.
PACKAGES = (
    Package(
        "vega",
        "5.33.0",
        "jNAGa7TxLojOpMMMrKMXXBos4K6AaLJbCgGDOw1YEkLRjUkh12pcf65J2lMSdEHjcEK47XXjKiOUVZ8L+MniBA==",
        "build/vega.min.js",
    ),
    Package(
        "vega-lite",
        "5.23.0",
        "l4J6+AWE3DIjvovEoHl2LdtCUkfm4zs8Xxx7INwZEAv+XVb6kR6vIN1gt3t2gN2gs/y4DYTs/RPoTeYAuEg6mA==",
        "build/vega-lite.min.js",
    ),
    Package(
        "vega-embed",
        "6.29.0",
        "PmlshTLtLFLgWtF/b23T1OwX53AugJ9RZ3qPE2c01VFAbgt3/GSNI/etzA/GzdrkceXFma+FDHNXUppKuM0U6Q==",
        "build/vega-embed.min.js",
    ),
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>halflight: plots</title>
{refresh_tag}
<style>
body {{ margin: 1.5rem; font: 16px/1.5 system-ui, sans-serif; color: #1d2430; background: #fff; }}
main > div {{ margin: 0 0 2.5rem; max-width: 100%; overflow-x: auto; }}
img {{ max-width: 60rem; width: 100%; height: auto; }}
table {{ border-spacing: 15px; }}
</style>
{programs}
</head>
<body>
<main>
{{plot_divs}}
</main>
</body>
</html>
"""


def main() -> None:
    """Fetch Vega, check it, and write the frame."""
    programs = "\n".join(map(program, PACKAGES))
    write_text(FRAME, frame(programs))
    print(f"plots: {FRAME} holds {', '.join(f'{p.name} {p.version}' for p in PACKAGES)}")


def frame(programs: str) -> str:
    """DVC's frame around these programs; DVC fills in plot_divs and refresh_tag."""
    return _PAGE.format(refresh_tag="{refresh_tag}", programs=programs)


def program(package: Package) -> str:
    """A package's file as a script of a page, after its licence, which asks to be kept with it.

    Raises ValueError where the archive is not the one that was chosen, or cannot stand in a page.
    """
    archive = fetched(package)
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if digest != package.sha512:
        raise ValueError(
            f"{package.name} {package.version}, as npm gives it, has the SHA-512 {digest}, not "
            f"{package.sha512}: it is not what was chosen; do not use it"
        )
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        text, licence = (member(files, name) for name in (package.file, "LICENSE"))
    text = "\n".join(line for line in text.splitlines() if "sourceMappingURL" not in line)
    if "</script" in text or "*/" in licence:
        raise ValueError(f"{package.name} {package.version} cannot stand in a page as it is")
    return (
        f"<script>\n/* {package.name} {package.version}\n\n{licence.strip()}\n*/\n{text}\n</script>"
    )


def member(archive: tarfile.TarFile, name: str) -> str:
    """The text of one file of a package."""
    found = archive.extractfile(f"package/{name}")
    if found is None:
        raise ValueError(f"a package has no file {shown(name)}")
    return found.read().decode()


def fetched(package: Package) -> bytes:
    """A package's archive, from the registry that npm is set to.

    Raises ValueError, with npm's own words, where there is no npm or it gives none.
    """
    wanted = f"{package.name}@{package.version}"
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, wanted]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS)
        except FileNotFoundError as error:
            raise ValueError("no npm is installed, which fetches Vega: install Node.js") from error
        except subprocess.CalledProcessError as error:
            raise ValueError(f"npm gives no {wanted}: {shown(error.stderr.strip())}") from error
        except subprocess.TimeoutExpired as error:
            raise ValueError(f"npm gave no {wanted} within {SECONDS:.0f} s") from error
        [archive] = Path(folder).iterdir()
        return archive.read_bytes()


if __name__ == "__main__":
    main()
