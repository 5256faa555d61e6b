"""Serve a synthetic or recorded sky to others: `python -m halflight.sandbox --sky synthetic`."""

import argparse
import sys
import threading
from pathlib import Path

from halflight import params, paths
from halflight.sandbox.recorded import RecordedSky
from halflight.sandbox.server import Sandbox
from halflight.sandbox.sky import Sky
from halflight.sandbox.synthetic import SyntheticSky
from halflight.text import error_line, guarded_terminal, shown

HOW_TO = """{description}
  SkyServer  {skyserver_url}
  SAS        {sas_url}

Point astroquery at it:
  from astroquery.sdss import SDSS, conf
  conf.skyserver_baseurl = "{skyserver_url}"
  conf.sas_baseurl = "{sas_url}"
  SDSS.query_sql("SELECT TOP 5 objID, ra, dec FROM PhotoObj", cache=False)

Ctrl-C ends it."""


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve until interrupted; the exit status is 0 then."""
    parser = argparse.ArgumentParser(prog="python -m halflight.sandbox", description=__doc__)
    parser.add_argument(
        "--sky",
        required=True,
        metavar="SKY",
        help="'synthetic', or the folder of a recorded sky",
    )
    parser.add_argument(
        "--params",
        type=Path,
        default=paths.PARAMS,
        metavar="FILE",
        help="of the synthetic sky, of which two strips are served (default ./params.yaml)",
    )
    parser.add_argument("--port", type=_port, default=0, help="default: a free port")
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic sky (default 1)")
    parser.add_argument(
        "--fields", type=int, default=2, help="of the synthetic sky, per camera column (default 2)"
    )
    options = parser.parse_args(arguments)
    with guarded_terminal():
        return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    try:
        sky = _sky(options)
        with Sandbox(sky, port=options.port) as sandbox:
            urls = {"skyserver_url": sandbox.skyserver_url, "sas_url": sandbox.sas_url}
            print(HOW_TO.format(description=sky.description, **urls), flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("\nsandbox: stopped", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"sandbox: {error_line(error)}", file=sys.stderr)
        return 1
    return 0


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 2**16):
        raise argparse.ArgumentTypeError(f"a port is 0 to {2**16 - 1}, received {shown(text)}")
    return int(text)


def _sky(options: argparse.Namespace) -> Sky:
    if options.sky != "synthetic":
        return RecordedSky(options.sky)
    parameters = params.load(options.params).sandbox.changed(
        seed=options.seed, runs=(752,), camcols=(2, 5), fields_per_strip=options.fields
    )
    return SyntheticSky(parameters)


if __name__ == "__main__":
    sys.exit(main())
