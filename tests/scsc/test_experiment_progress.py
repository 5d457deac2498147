"""The lines of an experiment under way: one a run, with the time left."""

import io

from rich.console import Console

from loop.progress import Listener
from scsc.experiment_progress import Pace, Runs, table


def test_pace():
    pace = Pace()
    assert pace.left(40, 100, now=7.0) is None, "what was there before says nothing of the pace"
    assert pace.left(40, 100, now=9.0) is None
    assert pace.left(42, 100, now=27.0) == 580
    assert pace.left(100, 100, now=30.0) == 0


def test_lines():
    times = iter([0.0, 0.0, 100.0, 100.0, 300.0, 300.0])
    screen = Console(file=io.StringIO(), force_terminal=True, width=160)
    runs = Runs(bar := table(console=screen, auto_refresh=False), clock=lambda: next(times))
    assert isinstance(runs, Listener)

    def shown():
        with screen.capture() as found:
            screen.print(bar.get_renderable(), style=None)
        return [" ".join(line.split()) for line in found.get().splitlines()]

    runs("drawing", 1, 2)
    assert "drawing" in shown()[0] and "1/2" in shown()[0]
    runs("drawing", 2, 2)
    runs("generations", 4, 10)
    runs("real, seed 0: generation", 0, 3)
    runs.numbers("real, seed 0: train", {"loss": 0.25})
    runs("real, seed 0: train", 10, 50)
    total, run = shown()
    assert "4/10" in total and all(word in run for word in ("real, seed 0", "0/3", "train", "10/50", "loss 0.25"))
    runs("generations", 5, 10)
    runs("real, seed 0: generation", 1, 3)
    (total,) = shown()  # the run may wait for its next turn now
    assert "8 min left" in total
    runs("real, seed 0: sample", 0, 2)
    total, run = shown()
    assert "3 min left" in run and "1/3" in run and "sample" in run and "train" not in run
    runs("generations", 7, 10)
    runs("real, seed 0: generation", 3, 3)
    (total,) = shown()
    assert "7/10" in total and "5 min left" in total
