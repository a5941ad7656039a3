"""Windows hold every token once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.windows import Window, plan_windows, stitch


@st.composite
def plans(draw):
    context = draw(st.integers(0, 6))
    size = draw(st.integers(2 * context + 1, 2 * context + 30))
    n_tokens = draw(st.integers(0, 300))
    breaks = sorted(draw(st.sets(st.integers(0, n_tokens))))
    return n_tokens, size, context, breaks


@given(plans())
def test_cores_hold_every_token_once_and_windows_fit(plan):
    n_tokens, size, context, breaks = plan
    windows = plan_windows(n_tokens, size=size, context=context, breaks=breaks)
    assert [token for w in windows for token in range(w.core_start, w.core_end)] == list(range(n_tokens))
    assert all(0 < w.end - w.start <= size for w in windows)


@given(plans())
def test_cores_have_their_context_but_none_behind_a_break_or_the_document(plan):
    n_tokens, size, context, breaks = plan
    for w in plan_windows(n_tokens, size=size, context=context, breaks=breaks):
        assert w.core_start - w.start == min(context, w.core_start)
        assert w.end - w.core_end == context or (w.end == w.core_end and w.end in {*breaks, n_tokens})


@given(plans(), st.integers(1, 5))
def test_stitched_scores_are_those_of_the_document(plan, n_tags):
    n_tokens, size, context, breaks = plan
    scores = np.arange(n_tokens * n_tags, dtype=np.float32).reshape(n_tokens, n_tags)
    windows = plan_windows(n_tokens, size=size, context=context, breaks=breaks)
    joined = stitch(windows, [scores[w.start : w.end] for w in windows])
    assert np.array_equal(joined, scores) if n_tokens else len(joined) == 0


@given(plans())
def test_an_array_of_breaks_is_as_good_as_a_list(plan):
    n_tokens, size, context, breaks = plan
    listed = plan_windows(n_tokens, size=size, context=context, breaks=breaks)
    assert plan_windows(n_tokens, size=size, context=context, breaks=np.array(breaks, dtype=np.int64)) == listed


@given(plans(), st.integers(0, 200))
def test_a_passage_is_cut_alike_once_a_core_begins_at_the_same_place(plan, before):
    n_tokens, size, context, breaks = plan
    alone = plan_windows(n_tokens, size=size, context=context, breaks=breaks)
    marks = sorted({before, *(place + before for place in breaks)})
    behind = plan_windows(n_tokens + before, size=size, context=context, breaks=marks)
    moved = [(w.core_start - before, w.core_end - before) for w in behind]
    cores = [(w.core_start, w.core_end) for w in alone]
    shared = {start for start, _ in cores[1:]} & {start for start, _ in moved}  # the first window lacks its context
    if shared:
        first = min(shared)
        assert [core for core in cores if core[0] >= first] == [core for core in moved if core[0] >= first]


def test_a_core_ends_at_the_last_break_of_its_second_half():
    cores = [(w.core_start, w.core_end) for w in plan_windows(30, size=12, context=1, breaks=[3, 7, 9, 18])]
    assert cores == [(0, 9), (9, 18), (18, 28), (28, 30)]


def test_a_document_that_fits_is_one_window():
    assert plan_windows(6, size=6, context=2) == [Window(0, 6, 0, 6)]


@pytest.mark.parametrize(("size", "context"), [(4, 2), (3, -1), (0, 0)])
def test_a_window_without_a_core_is_refused(size, context):
    with pytest.raises(ValueError, match="has no core"):
        plan_windows(9, size=size, context=context)
