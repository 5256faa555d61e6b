"""The frame of DVC's pictures: the chosen Vega, its licence, and nothing from anywhere else."""

import base64
import hashlib
import io
import re
import tarfile

import pytest

from stages import plots

LICENCE = "Copyright of somebody\n"


def archive(text, licence=LICENCE):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as files:
        for name, body in (("package/build/x.js", text), ("package/LICENSE", licence)):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            files.addfile(entry, io.BytesIO(body.encode()))
    return content.getvalue()


def package(content):
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    return plots.Package("x", "1.2.3", digest, "build/x.js")


def test_a_package_becomes_a_script_with_its_licence(monkeypatch):
    content = archive("run();\n//# sourceMappingURL=x.js.map\n")
    monkeypatch.setattr(plots, "fetched", lambda _: content)
    script = plots.program(package(content))
    assert script == f"<script>\n/* x 1.2.3\n\n{LICENCE.strip()}\n*/\nrun();\n</script>"


def test_another_archive_than_the_chosen_one_is_refused(monkeypatch):
    monkeypatch.setattr(plots, "fetched", lambda _: archive("harm();"))
    with pytest.raises(ValueError, match=r"^x 1\.2\.3, as npm gives it, .* is not what was chosen"):
        plots.program(package(archive("run();")))


def test_without_npm_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="no npm is installed"):
        plots.fetched(plots.PACKAGES[0])


def test_what_npm_says_is_told(monkeypatch, tmp_path):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no such version >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"npm gives no vega@5\.33\.0: .*no such version"):
        plots.fetched(plots.PACKAGES[0])


@pytest.mark.parametrize(("text", "licence"), [("a='</script>'", LICENCE), ("run()", "*/ harm()")])
def test_what_would_break_out_of_its_script_is_refused(monkeypatch, text, licence):
    content = archive(text, licence)
    monkeypatch.setattr(plots, "fetched", lambda _: content)
    with pytest.raises(ValueError, match="cannot stand in a page"):
        plots.program(package(content))


def test_the_committed_frame_is_the_one_that_is_written(root):
    written = (root / plots.FRAME).read_text()
    scripts = re.findall(r"<script>\n/\* ([\w-]+) ([\d.]+)\n", written)
    assert scripts == [(one.name, one.version) for one in plots.PACKAGES]
    assert written.count("Redistribution and use in source") == len(plots.PACKAGES)
    programs = written[written.index("<script>") : written.rindex("</script>") + len("</script>")]
    assert written == plots.frame(programs)
    assert "<script src" not in written
    assert "<link" not in written.partition("<script>")[0]
    assert f"html_template = plots/{plots.FRAME.name}" in (root / ".dvc/config").read_text()
