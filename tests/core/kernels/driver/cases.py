"""Launch every parity case once on the pretended driver; run as a program in its environment."""

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
