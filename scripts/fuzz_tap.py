"""Look for bytes at which capture breaks, guided by what of the code they reach.

    uv venv --python 3.11 /tmp/fuzz && uv pip install --python /tmp/fuzz/bin/python atheris .
    /tmp/fuzz/bin/python scripts/fuzz_tap.py /tmp/fuzz/corpus -max_total_time=3600 -max_len=4096 -timeout=10
    python scripts/fuzz_tap.py --keep /tmp/fuzz/corpus    # what is worth keeping becomes the tests' corpus

What holds is said in `tests/capture/hostile.py`; arguments are libFuzzer's. `atheris` has wheels for some Pythons only,
so the project does not depend on it. An input that breaks something is left in the working folder as `crash-…`: make it
small with `-minimize_crash=1 -runs=100000`, mend the fault, and add the input to the corpus.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
CORPUS = ROOT / "tests" / "capture" / "corpus" / "tap.jsonl"
MOST_BYTES = 150_000
"""Of the kept corpus, in base64."""


def fuzz(arguments: list[str]) -> None:
    """Fuzz until told to stop; the first argument is the folder of the growing corpus."""
    import atheris

    with atheris.instrument_imports(include=["realtime_inspector.capture", "realtime_inspector.recording"]):
        from tests.capture.hostile import check

    from tests.capture.hostile_inputs import kept, seeds

    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate([*seeds(), *kept(CORPUS)]):
        (folder / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *arguments], lambda data: check(data, ways=1))
    atheris.Fuzz()


def keep(folder: Path) -> None:
    """Write the inputs that reach most, the smallest first, as the corpus of the tests."""
    from tests.capture.hostile_inputs import distilled, kept, write

    found = [path.read_bytes() for path in sorted(folder.iterdir(), key=lambda path: (path.stat().st_size, path.name))]
    chosen = distilled([*kept(CORPUS), *found], MOST_BYTES)
    write(CORPUS, chosen)
    print(f"{len(chosen)} of {len(found)} inputs, {CORPUS.stat().st_size} bytes")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--keep"]:
        keep(Path(sys.argv[2]))
    else:
        fuzz(sys.argv[1:])
