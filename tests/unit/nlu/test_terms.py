"""The terms of a text are those of scikit-learn's tf-idf, however odd the text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.terms import Terms

TEXTS = ["mein internet geht nicht", "internet internet ist langsam", "wo ist meine rechnung", "rechnung bitte", "ja"]


def vectorizer(fewest: int = 1) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, lowercase=False, min_df=fewest)


def fitted(fewest: int = 1) -> Terms:
    terms = Terms(vectorizer())
    terms.fit(TEXTS, fewest)
    return terms


@pytest.mark.parametrize("fewest", [1, 2])
@given(texts=st.lists(st.one_of(st.text(max_size=40), st.sampled_from(TEXTS)), max_size=4))
def test_rows_are_those_of_scikit_learn(fewest: int, texts: list[str]) -> None:
    expected = vectorizer(fewest).fit(TEXTS)
    rows = fitted(fewest).rows(texts)
    assert rows.dtype == np.float32
    assert rows.shape == (len(texts), len(expected.vocabulary_))
    if texts:
        assert np.allclose(rows.toarray(), expected.transform(texts).toarray(), atol=1e-6)


def test_what_was_restored_gives_the_same_rows() -> None:
    learned = fitted()
    restored = Terms(vectorizer())
    restored.restore(learned.vocabulary, learned.weights)
    assert (restored.rows(TEXTS) != learned.rows(TEXTS)).nnz == 0
