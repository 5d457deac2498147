"""Verdicts are computed: from runs made of stated numbers, and from reports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scsc.claims.evidence import gather
from scsc.claims.ledger import judge, markdown
from scsc.claims.table import CLAIMS
from scsc.main import main

SEEDS, GENERATIONS = 8, 6
RATES = {
    "real": 0.0, "synthetic": 0.4, "corrected": 0.02, "kinematic": 0.3, "reground": 0.4, "prior": 0.05,
    "physics+prior": -0.02, "anchor": 0.15,
}  # fmt: skip


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def experiment(
    folder: Path,
    rates: dict[str, float],
    *,
    seeds: int = SEEDS,
    kind: str = "motion",
    measure: str = "frechet",
    also: dict[str, dict[str, float]] | None = None,
    noise: float = 0.05,
    n: int = 64,
) -> Path:
    """Arms whose distance grows by the stated rates, with noise of each seed and generation; also: other measures that
    grow alike but in the arms named."""
    rng = np.random.default_rng(7)
    about = {
        "format": 1, "kind": f"{kind}-experiment", "arms": {name: {"label": name} for name in rates},
        "seeds": list(range(seeds)), "floor": {}, "command": "scsc run",
        "identity": {"problem": {"preset": {"n": n}}, "data": {"source": "procedural"}},
    }  # fmt: skip
    write(folder / "experiment.json", about)
    for name, rate in rates.items():
        for seed in range(seeds):
            run = folder / name / f"seed-{seed:04d}"
            write(run / "config.json", {"format": 1, "kind": kind, "identity": {"seed": seed}})
            for generation in range(GENERATIONS):
                grown = {measure: rate} | {other: own.get(name, rate) for other, own in (also or {}).items()}
                values = {m: 10 * np.exp(slope * generation + noise * rng.normal()) for m, slope in grown.items()}
                record = {"generation": generation, "seed": seed, "measures": values}
                write(run / f"gen-{generation:04d}/record.json", record)
                write(run / f"gen-{generation:04d}/cost.json", {"seconds": {}})
    return folder


def verdicts(*paths: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for claim, finding in judge(gather(paths)):
        found.setdefault(claim.name, []).append(finding.verdict)
    return found


def test_every_claim_has_a_row_also_without_measurements(tmp_path):
    theory = write(tmp_path / "t.json", [{"statement": "s", "claims": ["T-1"], "verdict": "pass", "cases": 3}])
    found = verdicts(theory)
    assert list(found) == [claim.name for claim in CLAIMS] and len(found) == 20
    assert found["T-1"] == ["holds"] and all(found[name] == ["not tested"] for name in found if name != "T-1")


def test_one_failed_statement_is_enough(tmp_path):
    rows = [{"statement": f"s{k}", "claims": ["T-1", "T-2"], "verdict": "pass", "cases": 3} for k in range(9)]
    rows.append({"statement": "bad", "claims": ["T-2"], "verdict": "fail", "cases": 1})
    found = verdicts(write(tmp_path / "t.json", rows))
    assert found["T-1"] == ["holds"] and found["T-2"] == ["does not hold"]


def test_a_loop_as_the_paper_has_it(tmp_path):
    lams = {"synthetic-0.25": 0.1, "synthetic-1": 0.3, "corrected-0.25": 0.0, "corrected-1": 0.01}
    found = verdicts(experiment(tmp_path / "run", RATES | lams))
    assert found["M-1"] == found["M-4"] == ["holds"] and found["M-3"] == 3 * ["holds"], "M-3: with each lambda"
    assert found["M-2"] == ["holds", "undecided", "holds"], "at lambda .25 nothing collapses"
    assert found["M-8"] == ["holds"] and found["M-6"] == ["not tested"]


def test_a_loop_in_which_physics_harms(tmp_path):
    found = verdicts(experiment(tmp_path / "run", RATES | {"corrected": 0.6}))
    assert found["M-2"] == found["M-3"] == found["M-4"] == ["does not hold"]


def test_distances_that_disagree_have_a_row_each(tmp_path):
    """Of the kinematic distance and of the learned one, of the loop with real data and of that without."""
    run = experiment(
        tmp_path / "run", RATES | {"synthetic-1": 0.1, "corrected-1": 0.1}, also={"fid": {"corrected": 0.6}}
    )
    rows = [(row.verdict, row.measured) for claim, row in judge(gather([run])) if claim.name == "M-3"]
    assert [verdict for verdict, _ in rows] == ["holds", "does not hold", "undecided", "undecided"]
    assert "FID, corrected - synthetic:" in rows[1][1] and "Frechet distance, corrected-1" in rows[2][1]


def test_a_prior_no_better_than_the_anchor(tmp_path):
    same = experiment(tmp_path / "same", RATES | {"anchor": 0.05, "physics+prior": 0.05})
    worse = experiment(tmp_path / "worse", RATES | {"anchor": -0.2})
    assert verdicts(same)["M-8"] == ["undecided"] and verdicts(worse)["M-8"] == ["does not hold"]
    alone = experiment(tmp_path / "alone", {"prior-1": 0.05, "anchor-1": 0.15})
    assert verdicts(alone)["M-8"] == ["holds"], "no uncorrected arm is asked for"


def test_few_seeds_decide_nothing(tmp_path):
    found = verdicts(experiment(tmp_path / "run", RATES | {"synthetic-1": 0.3, "corrected-1": 0.01}, seeds=4))
    for name in ("M-1", "M-2", "M-3", "M-4", "M-8"):
        assert set(found[name]) == {"undecided"}, name
    one = verdicts(experiment(tmp_path / "one", RATES, seeds=1))
    assert one["M-3"] == ["undecided"], "what no comparison decides is one row"


def test_one_lambda_says_nothing_of_their_order(tmp_path):
    assert verdicts(experiment(tmp_path / "run", RATES))["M-1"] == ["undecided"]
    lams = {"real": 0.0, "synthetic-0.25": 0.3, "synthetic-1": 0.3}
    assert verdicts(experiment(tmp_path / "flat", lams))["M-1"] == ["undecided"]
    lams["synthetic-1"] = 0.1
    assert verdicts(experiment(tmp_path / "wrong", lams))["M-1"] == ["does not hold"]


def test_the_size_of_the_real_set(tmp_path):
    rates = {32: 0.5, 64: 0.3, 128: 0.1}
    for n, rate in rates.items():
        experiment(tmp_path / "as" / str(n), {"synthetic": rate}, n=n)
        experiment(tmp_path / "against" / str(n), {"synthetic": 0.6 - rate}, n=n)
    assert verdicts(tmp_path / "as")["M-6"] == ["holds"]
    assert verdicts(tmp_path / "against")["M-6"] == ["does not hold"]


def test_digits(tmp_path):
    good = {"baseline": 0.0, "uncorrected-0.2": 0.2, "k-means-0.2": 0.05, "uncorrected-1": 0.4, "k-means-1": 0.1}
    assert verdicts(experiment(tmp_path / "a", good, kind="digits", measure="fid"))["D-1"] == ["holds"]
    useless = good | {"k-means-0.2": 0.2, "k-means-1": 0.4}
    assert verdicts(experiment(tmp_path / "b", useless, kind="digits", measure="fid"))["D-1"] == ["undecided"]
    harmful = good | {"k-means-1": 0.5}
    assert verdicts(experiment(tmp_path / "c", harmful, kind="digits", measure="fid"))["D-1"] == ["does not hold"]


def test_one_step_and_loop(tmp_path):
    rows = [
        {"corrector": name, "generation": generation, "ratio": ratio, "low": ratio - 0.05, "high": ratio + 0.05}
        for name, ratio in (("physics", 1.1), ("prior", 0.2), ("none", 1.0))
        for generation in (-1, 0, 6)
    ]
    steps = write(tmp_path / "steps.json", {"problem": {"preset": {"n": 64}}, "rows": rows})
    agree = experiment(tmp_path / "agree", {"synthetic": 0.3, "corrected": 0.5, "prior": 0.0})
    open_ = experiment(tmp_path / "open", {"synthetic": 0.3, "corrected": 0.3, "prior": 0.0})
    against = experiment(tmp_path / "against", {"synthetic": 0.3, "corrected": 0.0, "prior": 0.0})
    assert verdicts(steps, agree)["M-7"] == ["holds"]
    assert verdicts(steps, open_)["M-7"] == ["undecided"]
    assert verdicts(steps, against)["M-7"] == ["does not hold"]
    other = experiment(tmp_path / "other", {"synthetic": 0.3, "corrected": 0.0}, n=32)
    assert verdicts(steps, other)["M-7"] == ["not tested"], "the test was of another generator"
    assert verdicts(write(tmp_path / "old.json", {"rows": rows}), against)["M-7"] == ["not tested"]


@pytest.mark.parametrize(
    ("fits", "moves", "verdict"),
    [(True, False, "holds"), (True, True, "does not hold"), (False, False, "does not hold")],
)
def test_audits(tmp_path, fits, moves, verdict):
    audit = {"corrector": {"name": "physics"}, "one_gamma": fits, "moves_truth": moves, "verdict": "words"}
    assert verdicts(write(tmp_path / "a.json", {"audit": audit}))["M-5"] == [verdict]


def audit_of(path, name, low, high):
    inner = {"name": "mixture", "gamma": "inf", "corrector": {"name": name}}
    audit = {"corrector": inner, "one_gamma": True, "moves_truth": False, "verdict": "words"}
    return write(path, {"audit": {**audit, "smallest_gamma_low": low, "smallest_gamma_high": high}})


def test_the_order_that_audits_predict_is_held_against_the_loop(tmp_path):
    runs = experiment(tmp_path / "runs", {"real": 0.0, "corrected": 0.05, "kinematic": 0.3, "ideal": 0.0})
    audits = [audit_of(tmp_path / "p.json", "physics", 2.0, 3.0), audit_of(tmp_path / "k.json", "kinematic", 0.1, 0.2)]
    assert verdicts(runs, *audits)["M-5"] == ["holds", "holds"]
    wrong = [audit_of(tmp_path / "w.json", "physics", 0.1, 0.2), audit_of(tmp_path / "v.json", "kinematic", 2.0, 3.0)]
    assert verdicts(runs, *wrong)["M-5"] == ["holds", "does not hold"]
    alike = [audit_of(tmp_path / "a.json", "physics", 0.1, 0.5), audit_of(tmp_path / "b.json", "kinematic", 0.4, 3.0)]
    assert verdicts(runs, *alike)["M-5"] == ["holds"], "strengths that overlap predict no order"
    few = experiment(tmp_path / "few", {"real": 0.0, "corrected": 0.05, "kinematic": 0.3}, seeds=3)
    assert verdicts(few, *audits)["M-5"] == ["holds", "undecided"]
    unbounded = [audits[1], audit_of(tmp_path / "i.json", "ideal", 50.0, "inf"), audits[0]]
    assert verdicts(runs, *unbounded)["M-5"] == ["holds", "holds"], "an endless strength is ordered too"


def test_command(tmp_path, capsys):
    experiment(tmp_path / "runs/one", RATES)
    assert (
        main(["claims", str(tmp_path / "runs"), "--out", str(tmp_path / "l.md"), "--json", str(tmp_path / "l.json")])
        == 0
    )
    assert "does not hold" in capsys.readouterr().out
    rows = json.loads((tmp_path / "l.json").read_text())
    assert {"id", "claim", "verdict", "measured", "data", "seeds", "command", "rule", "source"} == set(rows[0])
    text = (tmp_path / "l.md").read_text()
    assert text == markdown(judge(gather([tmp_path / "runs"]))) and text.count("\n| ") >= len(CLAIMS)


@pytest.mark.parametrize(
    ("content", "text"),
    [("{", "not readable JSON"), ("[]", "is no report"), ('{"rows": []}', "is no report"), ("7", "is no report")],
)
def test_what_is_no_report_is_refused(tmp_path, capsys, content, text):
    (tmp_path / "x.json").write_text(content)
    assert main(["claims", str(tmp_path / "x.json")]) == 2
    error = capsys.readouterr().err.strip()
    assert text in error and "\n" not in error


def test_nothing_and_an_empty_folder_are_refused(tmp_path, capsys):
    for words in ([], [str(tmp_path)], [str(tmp_path / "absent")]):
        assert main(["claims", *words]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
