"""The T2M evaluator: sizes, agreement with packed sequences, conversion of checkpoints, hostile files refused."""

import io
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from motion.batch import MotionBatch
from motion.data.humanml3d import read_tokens
from motion.evaluation.t2m import T2MEmbedder
from motion.evaluation.t2m_convert import convert, plain_pickle, read_checkpoint, read_glove
from motion.evaluation.t2m_networks import T2MNetworks, T2MSize
from motion.evaluation.t2m_words import WordVectors

pytestmark = pytest.mark.usefixtures("one_thread")
SMALL = T2MSize(features=259, movement=12, motion=10, word=6, text=8, dim=7)
WORDS = ("sos", "eos", "unk", "walk", "left", "leg", "person", "a", "slowly", "sit", "bright")


def networks(size=SMALL, seed=0):
    torch.manual_seed(seed)
    net = T2MNetworks(size)
    for weight in net.parameters():
        nn.init.normal_(weight, std=0.3)
    return net


def checkpoint(path, net=None, **more):
    """A file as T2M's training writes it: three state dicts, an optimiser, counts."""
    net = net or networks()
    parts = {f"{part}_encoder": getattr(net, part).state_dict() for part in ("movement", "motion", "text")}
    optimiser = torch.optim.Adam(net.text.parameters())
    torch.save({**parts, "opt_text_encoder": optimiser.state_dict(), "epoch": 7, **more}, path)
    return path


def glove(folder, words=WORDS, d=6):
    folder.mkdir(exist_ok=True)
    vectors = np.random.default_rng(1).normal(size=(len(words), d))
    rows = np.random.default_rng(2).permutation(len(words)).tolist()
    np.save(folder / "our_vab_data.npy", vectors)
    (folder / "our_vab_words.pkl").write_bytes(pickle.dumps(list(words)))
    (folder / "our_vab_idx.pkl").write_bytes(pickle.dumps(dict(zip(words, rows, strict=True))))
    return vectors[rows]


@pytest.fixture
def sources(tmp_path):
    glove(tmp_path / "glove")
    np.save(tmp_path / "t2m_mean.npy", np.random.default_rng(3).normal(size=263))
    np.save(tmp_path / "t2m_std.npy", np.full(263, 0.0005))
    checkpoint(tmp_path / "finest.tar")
    return tmp_path


def converted(folder, **changed):
    named = {
        "checkpoint": folder / "finest.tar", "glove": folder / "glove", "mean": folder / "t2m_mean.npy",
        "std": folder / "t2m_std.npy", "out": folder / "judge", "size": SMALL,
    }  # fmt: skip
    return convert(**{**named, **changed})


def motions(lengths, seed=0, frames=196):
    rng = np.random.default_rng(seed)
    n = len(lengths)
    mean = np.random.default_rng(3).normal(size=263)
    features = (mean + 0.0005 * rng.normal(size=(n, frames, 263))).astype(np.float32)
    features[np.arange(frames) >= np.asarray(lengths)[:, None]] = 0
    names = tuple(map(str, range(n)))
    return MotionBatch(features, np.asarray(lengths), ("a person walks",) * n, ("",) * n, names)


def test_the_published_sizes():
    net = T2MNetworks(T2MSize())
    count = {part: sum(w.numel() for w in getattr(net, part).parameters()) for part in ("movement", "motion", "text")}
    assert count == {"movement": 1_842_688, "motion": 15_747_584, "text": 4_100_288}  # 1.84, 15.75, 4.10 million


def test_points_are_those_of_the_published_way(sources):
    """Written out once more: padded batch sorted by length, packed sequences, zeros beyond a motion's end."""
    judge, net = converted(sources), networks()
    batch = motions([40, 196, 63, 120, 4])
    z = (batch.features - judge.normaliser.mean) / judge.normaliser.std
    z[np.arange(196) >= batch.lengths[:, None]] = 0
    order = np.argsort(-batch.lengths)
    with torch.no_grad():
        movements = net.movement(torch.from_numpy(z[order][..., :259].astype(np.float32)))
        inside = net.motion.input_emb(movements)
        packed = pack_padded_sequence(inside, torch.from_numpy(batch.lengths[order] // 4), batch_first=True)
        _, last = net.motion.gru(packed, net.motion.hidden.repeat(1, 5, 1))
        want = net.motion.output_net(torch.cat([last[0], last[1]], dim=-1)).numpy()
    got = judge.motions(batch)[order]
    assert np.allclose(got, want, atol=1e-5) and np.abs(want).max() > 0.1
    # A convolution that saw no zeros beyond the end would differ: the padding is part of the protocol.
    cut = torch.from_numpy(z[:1, :40, :259].astype(np.float32))
    with torch.no_grad():
        short = net.motion(net.movement(cut)).numpy()
    assert not np.allclose(short, judge.motions(batch.take([0])), atol=1e-5)


def test_a_row_depends_on_itself_alone(sources):
    judge = converted(sources)
    batch = motions([40, 196, 63, 120, 4, 40, 42, 41, 40, 43, 43, 40, 40])
    whole = judge.motions(batch)
    for i in (0, 2, 12):
        alone = batch.take([i])
        assert np.array_equal(judge.motions(alone)[0], whole[i])
        padded = alone.with_features(alone.features[:, : alone.lengths[0]].copy())
        assert np.array_equal(judge.motions(padded)[0], whole[i])
    texts = ["a person walks", "left", "a person sits slowly", "walk walk walk", "a bright leg"]
    points = judge.captions(texts)
    assert np.array_equal(judge.captions(texts[::-1]), points[::-1])
    assert np.array_equal(judge.captions(texts[2:3])[0], points[2])
    for lengths, text in (([3], "4 to 196 frames, got 3 to 3"), ([200], "4 to 196 frames, got 200 to 200")):
        with pytest.raises(ValueError, match=text):
            judge.motions(motions(lengths, frames=200))
    with pytest.raises(ValueError, match="at least one word"):
        judge.captions(["!"])


def test_captions_are_read_as_published(sources):
    vectors = glove(sources / "glove")
    words = read_glove(sources / "glove")
    assert words.vocabulary == WORDS and np.allclose(words.vectors, vectors, atol=1e-6)
    numbers, tags = words.read(["a/DET", "walk/VERB", "table/NOUN", "bright/ADJ", "person/FOO"])
    at = {word: i for i, word in enumerate(WORDS)}
    assert np.array_equal(numbers, words.vectors[[at[w] for w in "sos a walk unk bright person eos".split()]])
    assert tags.argmax(axis=1).tolist() == [14, 2, 12, 14, 7, 14, 14]  # walk has a class; unknown and FOO are OTHER
    assert len(words.read(["a/DET"] * 30)[0]) == 22
    assert words.plain("a person walks slowly with the left leg") == (
        "a/DET", "person/NOUN", "walk/NOUN", "slowly/ADV", "with/ADP", "the/DET", "left/NOUN", "leg/NOUN",
    )  # fmt: skip
    judge = converted(sources)
    with torch.no_grad():
        numbers, tags = (torch.from_numpy(part)[None] for part in judge.words.read(["leg/NOUN", "a/DET"]))
        want = networks().text(numbers, tags).numpy()
    given = T2MEmbedder.load(sources / "judge", tokens={"something": ("leg/NOUN", "a/DET")})
    assert np.allclose(given.captions(["something"]), want, atol=1e-6)
    assert not np.allclose(judge.captions(["something"]), want, atol=1e-3)
    assert given.describe()["tokens"] == 1 and given.fingerprint == judge.fingerprint


def test_tokens_come_from_humanml3ds_text_files(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "000001.txt").write_text(
        "a man walks.#a/DET man/NOUN walk/VERB#0.0#0.0\nno tokens##0.0#0.0\nonly a caption\nbad#a man#0.0#0.0\n"
        "a man walks.#other/NOUN#1.0#2.0\n"
    )
    assert read_tokens(tmp_path) == {"a man walks.": ("a/DET", "man/NOUN", "walk/VERB")}


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


def test_the_best_guess_of_tokens_is_stated_right():
    words = WordVectors(("unk", "stand", "hop", "carry", "toss"), np.zeros((5, 2), np.float32))
    got = words.plain("He stands, hopping; carries it and tosses. Walked 3 times")
    assert got == (
        "he/PRON", "stand/NOUN", "hop/VERB", "carry/NOUN", "it/PRON", "and/NOUN", "toss/NOUN", "walk/VERB", "3/NOUN",
        "times/NOUN",
    )  # fmt: skip
