"""Launch every parity case once on the pretended driver.

Too slow for a test: a minute and a half until all kernels are in the cache. Fresh memory is 0 here,
so that no index is found outside of its table:
`PRETENDED_CONTENT=0 python -m tests.core.kernels.driver -m tests.core.kernels.driver.cases`
"""

import traceback

from core import kernels
from tests.core.kernels.cases import all_cases


def main() -> int:
    """Print the first traceback of every kernel that fails; the number of such kernels."""
    backend, failed = kernels.load("cuda"), set()
    for case in all_cases():
        try:
            case.run(backend)
        except Exception:  # noqa: BLE001 (whatever it is, the next kernel is tried)
            if case.kernel not in failed:
                print(f"{case.kernel}:\n{traceback.format_exc()}")
            failed.add(case.kernel)
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(min(main(), 1))
