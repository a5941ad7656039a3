"""Batches hold windows as they are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lawner.engines import Batch


@given(st.lists(st.lists(st.integers(5, 99), max_size=9), min_size=1, max_size=6))
def test_a_batch_frames_and_fills_up_its_windows(windows):
    batch = Batch.of([np.array(window, dtype=np.int64) for window in windows], cls_id=1, sep_id=2, pad_id=0)
    rows = [row[:length] for row, length in zip(batch.ids.tolist(), batch.lengths.tolist(), strict=True)]
    assert rows == [[1, *window, 2] for window in windows]
    assert batch.ids.shape == (len(windows), max(map(len, windows)) + 2)
    assert (batch.ids == 0).sum() == sum(batch.ids.shape[1] - batch.lengths)
