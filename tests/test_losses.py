from __future__ import annotations

from lawner.losses import LossReport, Reason


def test_a_fact_is_noted_once_however_many_there_are():
    report = LossReport()
    for _ in range(2):
        for number in range(50_000):  # with a list to look through, this takes minutes
            report.note(f"fact {number}")
    assert report.notes == [f"fact {number}" for number in range(50_000)]


def test_half_characters_are_written_out():
    report = LossReport()
    report.add("caf\udce9.ann", 1, Reason.UNSUPPORTED, "note '\ud842'")
    report.note("caf\udce9")
    assert str(report.losses[0]) == r"caf\udce9.ann:1: kind of annotation that lawner does not carry: note '\ud842'"
    assert report.notes == [r"caf\udce9"]
