"""Every benchmark, one after the other; each prints ratios against its peers, measured side by side in one run.

python benchmarks/run.py
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run the files beside this one."""
    for path in sorted(HERE.glob("bench_*.py")):
        print(f"== {path.stem}")
        sys.argv = [str(path)]
        runpy.run_path(str(path), run_name="__main__")


if __name__ == "__main__":
    main()
