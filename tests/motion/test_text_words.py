"""Captions to hashed words."""

import subprocess
import sys

import numpy as np
import pytest

from motion.text.words import WordEncoder, words


def test_words_are_lower_case_without_punctuation():
    assert words("A person's LEFT leg, kicks -- twice!") == ["a", "person's", "left", "leg", "kicks", "twice"]
    assert words("Ein Mädchen läuft") == ["ein", "mädchen", "läuft"]
    assert words(" ... ") == []


def test_tokens_follow_the_words_and_the_mask_their_number():
    tokens = WordEncoder().encode(["a person kicks", "kicks a person with the left leg"])
    assert tokens.values.shape == (2, 24, 2) and list(tokens.mask.sum(axis=1)) == [3, 7]
    assert np.array_equal(tokens.values[0, 2], tokens.values[1, 0])
    assert not np.array_equal(tokens.values[0, 0], tokens.values[0, 1])
    assert not tokens.values[0, 3:].any()


def test_long_captions_are_cut():
    assert WordEncoder(max_tokens=5).encode(["one two three four five six"]).mask.sum() == 5


@pytest.mark.parametrize("caption", ["", "   ", "?!"])
def test_a_caption_without_words_is_refused(caption):
    with pytest.raises(ValueError, match="caption 1 must hold at least one word"):
        WordEncoder().encode(["a person walks", caption])


def test_hashes_do_not_depend_on_the_process():
    code = "from motion.text.words import WordEncoder; print(WordEncoder().rows('left'))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(WordEncoder().rows("left")) == "(872, 1529)"


def test_two_rows_keep_words_apart_where_one_row_does_not():
    """3 000 made-up words: with one row of 2 048 most collide; both rows together, four or five pairs in 4.5 million.

    The number of pairs that share both is Poisson with mean 3000^2/2/1024^2 = 4.3: above 16 with chance 5e-6.
    """
    encoder = WordEncoder()
    rows = [encoder.rows(f"word{i}") for i in range(3000)]
    assert 3000 - len(set(rows)) <= 16
    assert 3000 - len({first for first, _ in rows}) > 1900  # one row of 1 024 alone
    assert all(0 <= a < 1024 <= b < 2048 for a, b in rows)


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="even number"):
        WordEncoder(vocabulary=7)
    with pytest.raises(ValueError, match="max_tokens"):
        WordEncoder(max_tokens=0)
