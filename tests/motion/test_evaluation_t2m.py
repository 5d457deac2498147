"""The T2M evaluator: sizes, agreement with packed sequences, rows that depend on themselves, captions and tokens."""

import numpy as np
import pytest
import torch
from t2m_files import WORDS, converted, glove, good_sources, motions, networks
from torch.nn.utils.rnn import pack_padded_sequence

from motion.data.humanml3d import read_tokens
from motion.evaluation.t2m import T2MEmbedder
from motion.evaluation.t2m_convert import read_glove
from motion.evaluation.t2m_networks import T2MNetworks, T2MSize
from motion.evaluation.t2m_words import WordVectors

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def sources(tmp_path):
    return good_sources(tmp_path)


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


def test_the_best_guess_of_tokens_is_stated_right():
    words = WordVectors(("unk", "stand", "hop", "carry", "toss"), np.zeros((5, 2), np.float32))
    got = words.plain("He stands, hopping; carries it and tosses. Walked 3 times")
    assert got == (
        "he/PRON", "stand/NOUN", "hop/VERB", "carry/NOUN", "it/PRON", "and/NOUN", "toss/NOUN", "walk/VERB", "3/NOUN",
        "times/NOUN",
    )  # fmt: skip
