"""The command's manners: one-line errors, exit status, help, lazy imports, interrupts."""

import errno
import json
import subprocess
import sys

import pytest

from scsc import main as module
from scsc.main import COMMANDS, main


def call(capsys, *args):
    code = main(list(args))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["nonsense"], "unknown command 'nonsense'; known: theory"),
        (["toy", "nonsense"], "unknown command 'toy nonsense'"),
        (["toy"], "unknown command 'toy'"),
        (["toy", "gaussian", "--nonsense", "1"], "nonsense"),
        (["toy", "gaussian", "--runs", "many"], "runs"),
        (["toy", "gaussian", "--runs", "1", "--runs", "2"], "--runs is given 2 times"),
        (["toy", "gaussian", "--gamma", "-1"], "gamma must be >= 0"),
        (["toy", "gaussian", "--lam", "nan"], "lam must be"),
        (["toy", "gaussian", "--n", "1"], "n must be >= 2"),
        (["toy", "gaussian", "--schedule", "magic"], "schedule must be one of"),
        (["toy", "gaussian", "--seed", "-1"], "seed must be >= 0"),
        (["toy", "gaussian", "--generations", "-1"], "generations must be >= 0"),
    ],
)
def test_wrong_use_is_one_line_and_status_two(capsys, tmp_path, monkeypatch, args, text):
    monkeypatch.chdir(tmp_path)
    code, _, error = call(capsys, *args)
    assert code == 2
    assert error.startswith("scsc: error: ") and error.count("\n") == 1
    assert text in error
    assert "Traceback" not in error
    assert not (tmp_path / "runs").exists(), "wrong use leaves nothing behind"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command(capsys, name):
    code, out, error = call(capsys, *name.split(), "--help")
    assert code == 0, error
    assert "--help" in out


def test_overview_lists_every_command(capsys):
    code, out, _ = call(capsys)
    assert code == 0
    assert all(f"scsc {name}" in out for name in COMMANDS)
    assert call(capsys, "toy", "--help")[0] == 0


def test_version(capsys):
    assert call(capsys, "--version")[1].startswith("scsc 0.")


def test_interrupt_is_130(monkeypatch, capsys):
    def stop(name, args):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_parse", stop)
    code, _, error = call(capsys, "theory")
    assert code == 130 and "same command continues" in error


def test_toy_commands_answer_and_resume(capsys, tmp_path):
    args = ["toy", "gaussian", "--runs", "64", "--generations", "5", "--gamma", "0", "1", "inf"]
    args += ["--out", str(tmp_path / "run"), "--json", str(tmp_path / "out.json")]
    code, out, error = call(capsys, *args)
    assert code == 0, error
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert {"gamma", "lam", "generation", "w2_mean", "w2_se", "n_runs"} <= set(rows[0])
    assert len(rows) == 3 * 6 and rows[-1]["gamma"] == "inf"
    assert "Gaussian loop" in out
    assert call(capsys, *args)[0] == 0
    code, _, error = call(capsys, *args, "--n", "40")
    assert code == 2 and "n: started with 50, now 40" in error


def test_light_commands_do_not_load_torch_or_mujoco():
    code = (
        "import sys; from scsc.main import main; main(['rates', '--lam', '0.5', '--gamma', '0.3']);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'mujoco', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_full_disk_says_what_to_do_without_a_file_name_too(monkeypatch, capsys):
    def full(name, args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_parse", full)
    code, _, error = call(capsys, "theory")
    assert code == 2 and error.count("\n") == 1 and "No space left on device; make room" in error
