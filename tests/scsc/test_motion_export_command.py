"""`scsc motion export`: event files are read back and say what the records say."""

import json
import struct

import pytest

from loop import files
from scsc.main import main
from scsc.tensorboard_export import LIBRARY

MEASURES = {"frechet": 3.5, "loss": float("inf"), "none": float("nan"), "word": "x"}


@pytest.fixture
def experiment(tmp_path):
    out = tmp_path / "x"
    out.mkdir()
    files.write_json(out / "experiment.json", {"arms": {"real": {}, "late": {}}, "seeds": [0, 1]})
    for seed in (0, 1):
        for generation in range(2 + seed):
            add(out, seed, generation)
    return out


def add(out, seed, generation):
    folder = out / f"real/seed-{seed:04d}/gen-{generation:04d}"
    folder.mkdir(parents=True)
    record = {
        "generation": generation, "seed": seed, "measures": {**MEASURES, "step": generation}, "training": {"real": 6},
        "correction": {"failed": 2} if generation else {},
    }  # fmt: skip
    files.write_json(folder / "record.json", record)
    files.write_json(folder / "cost.json", {"seconds": {"fit": 0.25}, "peak_memory_mb": 100.0, "host": "h"})


def events(folder):
    """(tag, generation) and value of all scalars in the one event file of a folder."""
    proto = pytest.importorskip(LIBRARY + ".proto.event_pb2")
    (path,) = folder.iterdir()
    content, found = path.read_bytes(), {}
    while content:  # length, its checksum, an event, its checksum
        (length,) = struct.unpack("<Q", content[:8])
        event = proto.Event.FromString(content[12 : 12 + length])
        found |= {(value.tag, event.step): value.simple_value for value in event.summary.value}
        content = content[16 + length :]
    return found


def test_events_say_what_records_say(experiment, tmp_path, capsys):
    pytest.importorskip(LIBRARY)
    out = tmp_path / "events"
    words = ["motion", "export", str(experiment), "--tensorboard", str(out), "--json", str(tmp_path / "t.json")]
    assert main(words) == 0
    found = events(out / "real/seed-0001")
    assert found["frechet", 0] == found["frechet", 2] == 3.5 and found["step", 2] == 2
    assert found["loss", 1] == float("inf") and found["cost/seconds/fit", 0] == 0.25
    assert found["cost/peak_memory_mb", 2] == 100 and found["training/real", 0] == 6
    assert ("correction/failed", 0) not in found and found["correction/failed", 1] == 2
    assert not any(tag in ("none", "word", "cost/host") for tag, _ in found)
    assert len(events(out / "real/seed-0000")) < len(found) and not (out / "late").exists()
    assert json.loads((tmp_path / "t.json").read_text())["runs"][1] == {"arm": "real", "seed": 1, "generations": 3}
    add(experiment, 0, 2)
    assert main(words[:-2]) == 0
    assert events(out / "real/seed-0000") == found, "brought up to date, and nothing twice"


def test_runs_are_not_written_over(experiment, capsys):
    pytest.importorskip(LIBRARY)
    assert main(["motion", "export", str(experiment), "--tensorboard", str(experiment)]) == 2
    assert "which is no event file" in capsys.readouterr().err
    assert (experiment / "real/seed-0000/gen-0001/record.json").exists()


def test_without_the_library(experiment, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["motion", "export", str(experiment), "--tensorboard", str(tmp_path / "y")]) == 2
    assert "pip install 'scsc[tensorboard]'" in capsys.readouterr().err
    assert main(["motion", "export", str(tmp_path), "--tensorboard", str(tmp_path / "y")]) == 2
