"""One part of the GPU's benchmark, in this process: its findings go to a file, line by line.

`python -m tests.benchmarks.gpu_part SECTION PART OPTIONS` with OPTIONS in JSON ends with 1 if the
part failed, and with 3 if the GPU can no longer be used in this process.
"""

import json
import sys
import traceback
from pathlib import Path
from typing import Any

from halflight.kernels.cuda.machine.simulated import SIMULATED
from tests.benchmarks import gpu_sections
from tests.benchmarks.gpu_sections import Setting, WrongError

GPU_LOST = 3


def measure(section: str, part: str, setting: Setting, records: Path) -> int:
    """Measure a part and append its findings to `records`; 1 if it failed, 0 if not.

    A failure is printed, and is a record too.
    """
    if SIMULATED:
        allow_negative_indices()
    with records.open("a", encoding="utf-8") as file:

        def write(record: dict[str, Any]) -> None:
            file.write(json.dumps(record) + "\n")
            file.flush()

        try:
            for record in gpu_sections.load(section).measure(setting, part):
                write(record)
        except WrongError as wrong:
            print(f"{section} {part}: {wrong}", flush=True)
            write({"wrong": str(wrong)})
            return 1
        except Exception:  # noqa: BLE001 (whatever it is, the next part is measured)
            text = traceback.format_exc()
            print(text, file=sys.stderr, flush=True)
            write({"traceback": text})
            return 1
    return 0


def read(records: Path) -> list[dict[str, Any]]:
    """The findings so far; a line that was being written when its process died is left out."""
    if not records.exists():
        return []
    found = []
    for line in records.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return found


def allow_negative_indices() -> None:
    """Let the simulator's shapes know an index -1, as those of arrays on a GPU do."""
    from numba.cuda.simulator.cudadrv import devicearray

    devicearray.FakeShape = tuple


def main() -> None:
    """Measure what the command line names."""
    section, part, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    records = Path(options.pop("records"))
    setting = Setting(**options)
    sys.exit(measure(section, part, setting, records))


if __name__ == "__main__":
    main()
