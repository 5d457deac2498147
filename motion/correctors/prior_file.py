"""A prior in one file: its stock and its calibration, without pickle, whole or absent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from loop import files
from loop.progress import Report, silent
from motion.correctors.prior import Calibration, MotionPrior, PriorSettings
from motion.features import core67


def save(
    prior: MotionPrior, path: Path, length: int, report: Report = silent, *, made_from: Mapping[str, Any] | None = None
) -> None:
    """Write the stock with its calibration for motions of `length` rows; atomically, no pickle.

    made_from: what the stock was drawn from, as JSON, for `load` to compare.
    """
    known = prior.calibration(length, report)
    files.write_arrays(
        path,
        {
            "joints": prior.joints, "captions": np.array(prior.captions), "captures": np.array(prior.captures),
            "length": np.array(length), "variance": known.variance, "score": known.score,
            "limits": np.array([*known.score_range, *known.radius_range, known.bones]),
            "fingerprint": np.array(prior.fingerprint),
            "settings": np.array(json.dumps(asdict(prior.settings))),
            "made_from": np.array(json.dumps(made_from)),
            **({} if prior.lengths is None else {"lengths": prior.lengths}),
        },
    )  # fmt: skip


def load(path: Path, made_from: Mapping[str, Any] | None = None) -> MotionPrior:
    """Read what `save` wrote.

    made_from: what it must have been made from; None takes whatever is there.

    Raises:
        FileNotFoundError: there is none. ValueError: it is damaged, or was made from something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        prior = MotionPrior(
            found["joints"].astype(np.float32),
            tuple(str(caption) for caption in found["captions"]),
            tuple(str(capture) for capture in found["captures"]),
            PriorSettings(**json.loads(str(found["settings"]))),
            lengths=found["lengths"].astype(np.int64) if "lengths" in found else None,
        )
        stored = json.loads(str(found["made_from"]))
        if str(found["fingerprint"]) != prior.fingerprint:
            raise ValueError("it does not match its fingerprint")
        limits = tuple(float(limit) for limit in found["limits"])
        ranges = (limits[0], limits[1]), (limits[2], limits[3])
        known = Calibration(found["variance"], found["score"], *ranges, limits[4])
        if known.variance.shape != (int(found["length"]), core67.DIM) or not all(limit >= 0 for limit in limits):
            raise ValueError("its calibration does not fit")
        prior.kept[int(found["length"]), True] = known
    except FileNotFoundError:
        raise
    except Exception as problem:  # a damaged archive makes zipfile, zlib and numpy raise a dozen unrelated types
        reason = " ".join(str(problem).split())[:120] or type(problem).__name__
        raise ValueError(f"{path} is not a readable prior ({reason}); remove it, it is made anew") from None
    if made_from is not None and stored != json.loads(json.dumps(made_from)):
        raise ValueError(
            f"{path} was made from {len(prior)} other real motions, or with other settings; choose a new --out or the "
            "old --prior-size"
        )
    return prior
