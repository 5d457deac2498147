"""The image experiment: one generation 0 for all arms, resuming byte for byte, any number of workers, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from support import deterministic

from loop.campaign import costs, records
from toy.digits.batch import ImageBatch
from toy.digits.campaign import BASELINE, Experiment, LoopConfig, execute
from toy.digits.settings import EMBEDDED

TINY = replace(
    EMBEDDED, n=60, judge=60, reference=60, first_steps=6, steps=3, channels=8, batch_size=8, sampler_steps=3, centres=3
)
LOOP = LoopConfig((0.5, 1.0), correctors=("none", "k-means", "redraw"))


def go(out, loop=LOOP, *, settings=TINY, **changes):
    experiment = Experiment(out, settings, loop, **{"seeds": (0,), "generations": 2, **changes})
    execute(experiment, lambda stage, done, total: None)
    return experiment


@pytest.fixture(scope="module")
def whole(tmp_path_factory, module_hasty_judge):
    return go(tmp_path_factory.mktemp("digits") / "run")


@pytest.fixture(scope="module")
def module_hasty_judge():
    from toy.digits import judge

    before, judge._TRAINING = judge._TRAINING, replace(judge._TRAINING, steps=20)
    yield
    judge._TRAINING = before


def test_all_arms_share_generation_0_and_the_baseline_sees_only_real_digits(whole):
    arms = {arm: records(whole.out, arm, (0,))[0] for arm in whole.plan.arms}
    assert list(arms) == [BASELINE, *(f"{kind}-{lam}" for lam in ("0.5", "1") for kind in
                                      ("uncorrected", "k-means", "redraw"))]  # fmt: skip
    assert len({arm[0].fingerprints["model"] for arm in arms.values()}) == 1
    assert len({arm[1].fingerprints["model"] for arm in arms.values()}) == len(arms)
    assert all(record.training == {"real": 60, "synthetic": 0} for record in arms[BASELINE])
    assert arms["k-means-0.5"][1].training == {"real": 60, "synthetic": 30}
    assert arms["k-means-1"][1].correction["picked"] == 60 and arms["uncorrected-1"][1].correction["picked"] == 0
    seen = arms["k-means-1"][1].measures
    assert {"fid", "fid_n", "fid_d", "kid", "accepted", "diversity", "diversity_by_digit", "nearest_train",
            "kid_before_correction", "kid_after_correction"} <= set(seen)  # fmt: skip
    assert (seen["fid_n"], seen["fid_d"]) == (60, 32)
    assert all("sample" in cost["seconds"] for cost in costs(whole.out, "k-means-1", (0,)))


def test_two_workers_and_an_interruption_change_no_byte(whole, tmp_path, module_hasty_judge):
    class Stop(Exception):
        pass

    def stop(stage, done, total):
        if stage == "generations" and done >= 8:
            raise Stop

    experiment = replace(whole, out=tmp_path / "two", workers=2)
    with pytest.raises(Stop):
        execute(replace(experiment, workers=1), stop)
    execute(experiment, lambda stage, done, total: None)
    assert deterministic(tmp_path / "two") == deterministic(whole.out)


def test_it_is_extended_by_asking_for_more(whole, tmp_path, module_hasty_judge):
    short = go(tmp_path / "run", LoopConfig((0.5,), correctors=("none",)), generations=1)
    go(short.out, LOOP)
    assert deterministic(short.out) == deterministic(whole.out)


@pytest.mark.parametrize(
    ("settings", "loop", "text"),
    [
        (replace(TINY, n=61), LOOP, "n: started with 60, now 61"),
        (replace(TINY, guidance=1.0), LOOP, "guidance: started with 1.5, now 1.0"),
        (TINY, replace(LOOP, schedule="replace"), "schedule: started with 'augment', now 'replace'"),
    ],
)
def test_another_experiment_in_the_same_folder_is_refused(whole, settings, loop, text, module_hasty_judge):
    before = deterministic(whole.out)
    with pytest.raises(ValueError, match="choose a new --out") as caught:
        go(whole.out, loop, settings=settings)
    assert text in str(caught.value) or "judge of other digits" in str(caught.value)
    assert deterministic(whole.out) == before


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: LoopConfig((-1.0,)), "lam must be >= 0"),
        (lambda: LoopConfig((0.0,)), "lam must be > 0"),
        (lambda: LoopConfig((float("nan"),)), "lam must be"),
        (lambda: LoopConfig(correctors=("physics",)), "none, k-means, redraw"),
        (lambda: LoopConfig(schedule="refill"), "augment, replace"),
        (lambda: LoopConfig(schedule="fresh"), "none"),
        (lambda: LoopConfig(gammas=(1.0, -1.0)), "gamma"),
        (lambda: replace(TINY, guidance=-1.0), "guidance"),
        (lambda: replace(TINY, first_steps=0), "steps"),
        (lambda: replace(TINY, centres=0), "centres"),
    ],
)
def test_bad_settings_are_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_strengths_are_arms_of_their_own(tmp_path, module_hasty_judge):
    """gamma = 0 is the uncorrected arm bit for bit; a half corrects about a half."""
    loop = LoopConfig((1.0,), correctors=("none", "redraw"), gammas=(0.0, 1.0, np.inf))
    assert list(loop.labels) == [BASELINE, "uncorrected-1", "redraw-1-g0", "redraw-1-g1", "redraw-1"]
    done = go(tmp_path / "run", loop, generations=1)
    found = {arm: records(done.out, arm, (0,))[0][1] for arm in loop.labels}
    assert found["redraw-1-g0"].fingerprints == found["uncorrected-1"].fingerprints
    assert found["redraw-1-g1"].fingerprints != found["redraw-1"].fingerprints
    assert found["redraw-1"].correction["picked"] == 60 and 10 < found["redraw-1-g1"].correction["picked"] < 50


def test_mnist_needs_its_own_size(mnist, tmp_path):
    with pytest.raises(ValueError, match="must be 8 pixels wide"):
        go(tmp_path / "run", settings=replace(TINY, data=mnist))
    assert not (tmp_path / "run").exists()


def test_mnist_runs(mnist, tmp_path, module_hasty_judge):
    sizes = replace(TINY, data=mnist, size=28, halvings=2, n=60, judge=60, reference=60)
    done = go(tmp_path / "run", LoopConfig((0.5,)), settings=sizes, generations=1)
    arm = records(done.out, "k-means-0.5", (0,))[0]
    assert len(arm) == 2 and np.isfinite(arm[1].measures["fid"])
    with np.load(done.out / "k-means-0.5" / "seed-0000" / "gen-0001" / "shown.npz") as shown:
        assert shown["images"].shape == (10, 6, 28, 28) and shown["images"].dtype == np.uint8


def test_a_schedule_that_accumulates_keeps_its_images(tmp_path, module_hasty_judge):
    done = go(tmp_path / "run", LoopConfig((0.5,), "accumulate", ("none",)))
    kept = sorted((done.out / "uncorrected-0.5" / "seed-0000").glob("gen-*/**/images.npz"))
    assert kept and len(ImageBatch.load(kept[0].parent)) == 30
    assert records(done.out, "uncorrected-0.5", (0,))[0][2].training == {"real": 60, "synthetic": 60}
