"""Records of an experiment as event files for TensorBoard: read from the run folders, so that no run waits for it.

OUT/<arm>/seed-0000/events.out.tfevents...: every measure over generations, "correction/..." what the corrector did,
"cost/..." seconds by stage and memory. Told again, a run is written anew, whole or not at all.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LIBRARY = "tensorboardX"
_EVENTS = "events.out.tfevents."


def export(experiment: Path, out: Path) -> list[tuple[str, int, int]]:
    """Write them; (arm, seed, generations) of each run that has begun.

    Raises:
        ValueError: no experiment, the library is missing, or `out` holds something else.
    """
    from loop.campaign import arm_folder, described
    from loop.records import generations

    if importlib.util.find_spec(LIBRARY) is None:
        raise ValueError(f"{LIBRARY} is not installed; pip install 'scsc[tensorboard]'")
    about = described(experiment)
    told = []
    for arm in about["arms"]:
        for seed in about["seeds"]:
            run, target = arm_folder(experiment, arm, seed), arm_folder(out, arm, seed)
            if whole := generations(run):
                _write(run, target)
                told.append((str(arm), int(seed), len(whole)))
    return told


def _write(run: Path, target: Path) -> None:
    from loop import files
    from loop.records import generation_name, read_records

    others = [item.name for item in target.iterdir() if not item.name.startswith(_EVENTS)] if target.is_dir() else []
    if others:  # a run, at worst
        raise ValueError(f"{target} holds {others[0]}, which is no event file; choose another folder")
    writer: Any = importlib.import_module(LIBRARY).SummaryWriter
    files.remove(target)
    with files.whole_folder(target) as partial, writer(str(partial)) as events:
        for record in read_records(run):
            folder = run / generation_name(record["generation"])
            then = (folder / "record.json").stat().st_mtime
            for tag, value in _scalars(record, files.read_json(folder / "cost.json")):
                events.add_scalar(tag, value, record["generation"], walltime=then)


def _scalars(record: Mapping[str, Any], cost: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    groups = {
        "": record["measures"],
        "correction/": record["correction"],
        "training/": record["training"],
        "cost/seconds/": cost["seconds"],
        "cost/": cost,
    }
    for prefix, values in groups.items():
        for name, value in values.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value):
                yield prefix + name, float(value)
