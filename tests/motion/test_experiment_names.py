"""Names of arms, of experiments and of what to keep."""

import pytest

from loop.keep import keep_named
from motion.experiment.arms import ARM_LABELS, Arm, LoopConfig, arm_named, in_order
from motion.experiment.campaign import Experiment
from motion.experiment.named import EXPERIMENTS, PAPER_ARMS, experiment_named
from motion.experiment.presets import preset_named


@pytest.mark.parametrize(
    ("name", "arm"),
    [
        ("real", Arm("real")), ("baseline", Arm("real")), ("none-0.25", Arm("synthetic", 0.25)),
        ("physics", Arm("corrected")), ("physics+prior-1", Arm("physics+prior", 1.0)),
        ("corrected-g0.3", Arm("corrected", None, 0.3)), ("ideal-0.5-ginf", Arm("ideal", 0.5, float("inf"))),
    ],
)  # fmt: skip
def test_arms_have_names(name, arm):
    assert arm_named(name) == arm and arm_named(arm.name) == arm


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("real-0.5", "nothing to add"), ("synthetic-g1", "nothing to add or correct"), ("corrected-0", "must be > 0"),
        ("corrected-1..2", "KIND"), ("corrected-g", "among"), ("", "among"), ("corrected--1", "among"),
        ("corrected-0.25-g-1", "among"),
    ],
)  # fmt: skip
def test_names_of_no_arm_are_refused(name, text):
    with pytest.raises(ValueError, match=text):
        arm_named(name)


def test_arms_are_shown_in_one_order():
    mixed = ["ideal", "corrected-1", "synthetic", "corrected-g0.3", "corrected", "corrected-0.25", "real", "synthetic"]
    assert in_order(mixed) == [
        "real", "synthetic", "corrected", "corrected-g0.3", "corrected-0.25", "corrected-1", "ideal",
    ]  # fmt: skip
    assert in_order(reversed(ARM_LABELS)) == list(ARM_LABELS)


@pytest.mark.parametrize("name", list(EXPERIMENTS))
def test_named_experiments_are_whole(name, tmp_path):
    named = EXPERIMENTS[name]
    made = Experiment(tmp_path, preset_named(named.sizes), None, LoopConfig(), named.arms, named.seeds, 1)
    assert made.arms == named.arms and len(set(named.arms)) == len(named.arms)


def test_the_papers_arms():
    """Nine: the baseline, and four amounts of synthetic data, each without and with correction."""
    assert len(PAPER_ARMS) == 9 and set(PAPER_ARMS) <= set(EXPERIMENTS["laptop"].arms)
    assert {arm_named(name).lam for name in PAPER_ARMS} == {None, 0.25, 0.5, 0.75, 1.0}
    assert len(EXPERIMENTS["verdict"].seeds) >= 5, "fewer decide nothing"
    with pytest.raises(
        ValueError, match="preset must be one of smoke, laptop, laptop-long, verdict, paper, got 'huge'"
    ):
        experiment_named("huge")


@pytest.mark.parametrize("name", ["none", "every:0", "every:", "every:-1", "every:1.5", ""])
def test_what_to_keep_has_three_forms(name):
    with pytest.raises(ValueError, match="keep must be all, last or every:N"):
        keep_named(name)
