"""Runs a target under atheris (PyPI), which watches which lines of ours an input reaches and keeps those that reach new ones.

It is for x86-64 only and lies in a folder of its own (`scripts/fuzz` puts it there), never in the environment of the tests. It runs as a
process of its own, because every module must be made watchable before it is imported, and because libFuzzer ends its process.
"""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.fuzz.inputs import minimised, words
from tests.fuzz.running import LONGEST, Finding, Hang, Tally, bounded, mark_of
from tests.fuzz.target import Kind, Target

TOP: Final = Path(__file__).parents[2]
MOST_BYTES: Final = 600
NO_TIMEOUT: Final = 10**6
"""Seconds. With 0, libFuzzer takes whatever is under way at its next look for too slow; ours is the bound (running.py)."""
REACHED: Final = TOP / "build" / "fuzz" / "reached"
"""Inputs that reach something new: where the next run goes on."""


def available() -> bool:
    """Whether atheris is here."""
    return importlib.util.find_spec("atheris") is not None


def run(target: Target, seconds: float, seed: int, told: Callable[[Tally], None]) -> Tally:
    """Feed a target for so long, in a child process whose report is read as it grows."""
    tally = Tally(target, seconds)
    reached = REACHED / target.id
    reached.mkdir(parents=True, exist_ok=True)
    for path in target.corpus:
        (reached / path.name).write_bytes(path.read_bytes())
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        report, dictionary, log = (Path(folder) / name for name in ("report", "words", "log"))
        (Path(folder) / "bench").mkdir()
        dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in _words(target) if word), encoding="ascii")
        options = [f"-max_total_time={max(1, int(seconds))}", f"-seed={seed + 1}", f"-timeout={NO_TIMEOUT}", f"-max_len={MOST_BYTES}"]
        options += [f"-dict={dictionary}"] if dictionary.stat().st_size else []  # an empty one is refused
        options += [f"-artifact_prefix={folder}/", "-rss_limit_mb=1500", "-print_final_stats=1"]
        with log.open("wb") as said:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.fuzz.guided", target.id, folder, *options, str(reached)],
                stdout=said,
                stderr=said,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TOP), *filter(None, sys.path)])},
            )
            try:
                worked, executions = 0.0, 0
                while child.poll() is None and _processor_seconds(child.pid) - worked < 4 * LONGEST:
                    time.sleep(0.5)
                    _read(report, tally)
                    told(tally)
                    if tally.executions != executions:
                        worked, executions = _processor_seconds(child.pid), tally.executions
                if child.poll() is None:
                    raise RuntimeError(f"{target.id}: no input is done with any more, below what Python can interrupt")
            finally:
                child.kill()
                child.wait()
        _read(report, tally)
        tally.until = min(tally.until, time.monotonic())
        for path in (*Path(folder).glob("oom-*"), *Path(folder).glob("crash-*")):
            tally.found[path.name] = Finding(path.name, target.kind.read(path.read_bytes()), log.read_text(errors="replace")[-4000:])
        if child.returncode and not tally.found:
            raise RuntimeError(f"atheris ended with {child.returncode}: {log.read_text(errors='replace')[-4000:]}")
    return tally


def _processor_seconds(number: int) -> float:
    """What a child has worked so far; it may have to wait long for the processor."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _words(target: Target) -> tuple[str, ...]:
    try:
        return words(target.id)
    except FileNotFoundError:
        return ()


def _escaped(word: str) -> str:
    """A word as libFuzzer's dictionaries have it."""
    return "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass")[:60])


def _read(report: Path, tally: Tally) -> None:
    try:
        said = json.loads(report.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return
    tally.executions = said["executions"]
    for mark, data, trace in said["found"]:
        tally.found[mark] = Finding(mark, tally.target.kind.read(bytes.fromhex(data)), trace)


def child(name: str, folder: Path, options: list[str]) -> None:
    """What the child process does."""
    atheris: Any = importlib.import_module("atheris")

    with atheris.instrument_imports(include=["lemmy_lite"]):
        from tests.fuzz.table import BY_ID

        target = BY_ID[name]
        with target.opened(folder / "bench") as bench:
            tally = Tally(target, 0)
            last = 0.0
            mark = ""
            report = folder / "report"

            def fails(value: Any) -> bool:
                try:
                    with bounded():
                        bench.check(value)
                except Exception as error:
                    return mark_of(error) == mark
                return False

            def feed(data: bytes) -> None:
                nonlocal last, mark
                tally.executions += 1
                value = target.kind.read(data)
                try:
                    with bounded():
                        bench.check(value)
                except Exception as error:
                    mark = mark_of(error)
                    if mark not in tally.found:
                        tally.note(value, error)
                        if not isinstance(error, Hang):
                            tally.found[mark] = tally.found[mark]._replace(value=minimised(value, fails))
                        last = 0.0
                if time.monotonic() - last > 1.0:
                    last = time.monotonic()
                    _write(report, tally, target.kind)

            atheris.Setup([name, *options], feed)
            atheris.Fuzz()


def _write(report: Path, tally: Tally, kind: Kind) -> None:
    found = [(each.mark, kind.written(each.value).hex(), each.trace) for each in tally.found.values()]
    aside = report.with_suffix(".part")
    aside.write_text(json.dumps({"executions": tally.executions, "found": found}), encoding="utf-8")
    aside.rename(report)


if __name__ == "__main__":
    child(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
