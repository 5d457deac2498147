"""A user's T2M weights: every bit kept, nothing unpickled later, hostile and damaged files refused in one line."""

import io
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from t2m_files import SMALL, WORDS, checkpoint, converted, glove, good_sources, motions, networks

from motion.evaluation.t2m import T2MEmbedder
from motion.evaluation.t2m_convert import plain_pickle, read_checkpoint, read_glove
from motion.evaluation.t2m_words import WordVectors

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def sources(tmp_path):
    return good_sources(tmp_path)


def test_conversion_keeps_every_weight_and_loading_unpickles_nothing(sources, monkeypatch):
    judge = converted(sources)
    net = networks()
    assert {n: w.tolist() for n, w in judge.weights.items()} == {n: w.tolist() for n, w in net.named_parameters()}
    assert sorted(path.name for path in (sources / "judge").iterdir()) == ["model.json", "model.safetensors"]
    monkeypatch.setattr(pickle, "Unpickler", None)
    monkeypatch.setattr(torch, "load", None)
    again = T2MEmbedder.load(sources / "judge")
    batch = motions([40, 60])
    assert np.array_equal(again.motions(batch), judge.motions(batch)) and again.fingerprint == judge.fingerprint
    about = again.describe()
    assert about["name"] == "t2m" and about["dim"] == 7 and len(about["trained_on"]["checkpoint"]) == 64
    (sources / "judge" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="no readable T2M evaluator"):
        T2MEmbedder.load(sources / "judge")


def test_an_old_style_checkpoint_is_read_too(tmp_path):
    net = networks()
    parts = {f"{part}_encoder": getattr(net, part).state_dict() for part in ("movement", "motion", "text")}
    torch.save(parts, tmp_path / "finest.tar", _use_new_zipfile_serialization=False)
    assert torch.equal(read_checkpoint(tmp_path / "finest.tar", SMALL)["motion.hidden"], net.motion.hidden)


def one_line(error):
    text = str(error.value)
    assert "\n" not in text and len(text) < 400, text


def test_checkpoints_that_do_not_fit_are_refused_in_one_line(sources):
    net = networks()
    path = sources / "finest.tar"
    swapped = {**net.text.state_dict(), "pos_emb.weight": torch.zeros(6, 14)}
    spoiled = {**net.text.state_dict(), "pos_emb.weight": torch.full((6, 15), torch.nan)}
    whole = {**net.text.state_dict(), "pos_emb.weight": torch.zeros(6, 15, dtype=torch.int64)}
    more = {**net.text.state_dict(), "extra": torch.zeros(1)}
    for change, text in (
        ({"text_encoder": swapped}, r"text.pos_emb.weight must have shape \(6, 15\), got \(6, 14\)"),
        ({"text_encoder": spoiled}, "text.pos_emb.weight must be finite"),
        ({"text_encoder": whole}, "must be an array of floats"),
        ({"text_encoder": more}, "missing or unknown text.extra"),
        ({"text_encoder": [1, 2]}, "must hold text_encoder"),
    ):
        checkpoint(path, net, **change)
        with pytest.raises(ValueError, match=text) as error:
            converted(sources)
        one_line(error)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="must hold a dict of encoders, got list"):
        converted(sources)
    path.write_bytes(b"no checkpoint")
    with pytest.raises(ValueError, match="no checkpoint that can be read safely") as error:
        converted(sources)
    one_line(error)
    assert not (sources / "judge").exists()
    with pytest.raises(OSError):
        read_checkpoint(sources / "nothing.tar", SMALL)
    with pytest.raises(ValueError, match="ordinary file of at most"):
        read_checkpoint(sources, SMALL)


def test_a_checkpoint_that_is_too_large_is_not_opened(sources, monkeypatch):
    monkeypatch.setattr("motion.evaluation.t2m_convert.CHECKPOINT_BYTES", 1000)
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(ValueError, match="ordinary file of at most"):
        converted(sources)


class Evil:
    """Runs a program when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def hostile(mark):
    """Pickles that would make a file `mark`, by several ways in."""
    command = f"touch {mark}"
    yield pickle.dumps([Evil(command)])
    yield pickle.dumps({"sos": Evil(command)}, protocol=0)
    yield b"cos\nsystem\n(S'" + command.encode() + b"'\ntR."
    yield b"(S'" + command.encode() + b"'\nios\nsystem\n."
    yield b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c" + bytes([len(command)]) + command.encode() + b"\x85R."
    yield b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R."
    yield b"cbuiltins\ngetattr\n."
    yield b"\x80\x02\x82\x01."
    yield b"\x80\x02X\x01\x00\x00\x00aQ."


def test_hostile_pickles_are_refused_and_not_run(sources):
    mark = sources / "ran"
    for name in ("our_vab_words.pkl", "our_vab_idx.pkl"):
        for content in hostile(mark):
            glove(sources / "glove")
            (sources / "glove" / name).write_bytes(content)
            with pytest.raises(ValueError, match="must hold plain lists of words and numbers") as error:
                converted(sources)
            one_line(error)
    glove(sources / "glove")
    torch.save({"movement_encoder": Evil(f"touch {mark}")}, sources / "finest.tar")
    with pytest.raises(ValueError, match="no checkpoint that can be read safely") as error:
        converted(sources)
    one_line(error)
    assert not mark.exists() and not (sources / "judge").exists()
    torch.save({"movement_encoder": Evil(f"touch {mark}")}, sources / "bad.tar")
    torch.load(sources / "bad.tar", weights_only=False)
    assert mark.exists()  # the file is hostile indeed


def test_damaged_and_greedy_pickles_are_refused(sources, monkeypatch):
    path = sources / "words.pkl"
    good = pickle.dumps(["a", "b"])
    for content in (b"", good[:-4], b"\xff" * 50, b"\x80\x02]r\xff\xff\xff\x7f.extra"[:-6] + b"0.", b"(" * 100_000):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="must hold plain lists"):
            plain_pickle(path)
    path.write_bytes(b"\x80\x02]r\xff\xff\xff\x7f.")  # names the 2,147,483,647th remembered value: no room is made
    assert plain_pickle(path) == []
    assert plain_pickle(sources / "glove" / "our_vab_words.pkl") == list(WORDS)
    monkeypatch.setattr("motion.evaluation.t2m_convert.PICKLE_BYTES", 10)
    with pytest.raises(ValueError, match="at most"):
        plain_pickle(sources / "glove" / "our_vab_words.pkl")


def test_word_files_that_do_not_fit_are_refused(sources):
    folder = sources / "glove"
    for name, content, text in (
        ("our_vab_words.pkl", ["sos", 3], "list of words"),
        ("our_vab_words.pkl", {"sos": 1}, "list of words"),
        ("our_vab_words.pkl", [*WORDS, "new"], "give each word a row"),
        ("our_vab_words.pkl", list(WORDS[:2]), "must hold 'unk'"),
        ("our_vab_idx.pkl", {word: 11 for word in WORDS}, "give each word a row of the 11 vectors"),
        ("our_vab_idx.pkl", ["sos"], "give each word a row"),
    ):
        glove(folder)
        (folder / name).write_bytes(pickle.dumps(content))
        with pytest.raises(ValueError, match=text) as error:
            read_glove(folder)
        one_line(error)
    glove(folder)
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    (folder / "our_vab_data.npy").write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match="without pickled objects"):
        read_glove(folder)
    with pytest.raises(ValueError, match="must be finite"):
        WordVectors(("unk",), np.full((1, 2), np.nan, np.float32))


def test_the_datas_own_normalisation_is_not_taken_for_the_evaluators(sources):
    np.save(sources / "Std.npy", np.full(263, 0.0128))
    with pytest.raises(ValueError, match="pass t2m_std.npy, not Std.npy"):
        converted(sources, std=sources / "Std.npy")
    np.save(sources / "short.npy", np.zeros(251))
    with pytest.raises(ValueError, match=r"short.npy must hold \(263,\) numbers"):
        converted(sources, mean=sources / "short.npy")
    converted(sources)
    with pytest.raises(ValueError, match="is there already"):
        converted(sources)
    with pytest.raises(ValueError, match="normalisation and word vectors must have 263 and 7"):
        converted(sources, size=replace(SMALL, word=7), checkpoint=checkpoint(
            sources / "seven.tar", networks(replace(SMALL, word=7))), out=sources / "other")  # fmt: skip


def test_the_published_normalisations_have_these_first_numbers(humanml3d_reference):
    """The reference folder holds both: the evaluator's passes the check, the data's does not."""
    own, data = (np.load(humanml3d_reference / name) for name in ("t2m_std.npy", "Std.npy"))
    assert own[0] < 0.004 < data[0] and np.allclose(data[:4] / own[:4], 25, rtol=0.02)
