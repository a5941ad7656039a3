"""A BERT tagger as an ONNX file, checked against the checkpoint it was made from.

In int8 the weights are rounded per output channel, and what goes into a matrix product is rounded with a scale fixed
here, from sample texts: so a window's scores do not depend on what else is in its batch, as they would with scales
found anew for every batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lawner.crf import chain_scores
from lawner.decoding import decode
from lawner.encoding import Encoder
from lawner.engines import Batch, ModelFolder, load_engine, open_folder
from lawner.engines.base import Scores
from lawner.engines.folder import ONNX_FILES, WEIGHTS
from lawner.engines.onnx import FINGERPRINT, OnnxEngine, open_session
from lawner.errors import MissingExtraError, ModelError
from lawner.excerpts import Excerpt
from lawner.graph import ACTIVATIONS, Ranges, build_graph, inner_tensors
from lawner.outputs import atomic_file
from lawner.weights import read_safetensors

if TYPE_CHECKING:
    from onnx import ModelProto

PRECISIONS = ("auto", "fp32", "int8")
MOST_DIFFERENCE = 2e-3
"""How far scores in fp32 may be apart between two engines."""

LEAST_AGREEMENT = 0.997
"""How much of fp32's spans int8 must find again (F1) to be taken without being asked for."""

LEAST_INT8 = 0.8
"""The same where int8 is asked for: below that the rounding has broken the model."""

NO_BREAKS = np.zeros(0, dtype=np.int64)
WINDOWS_AT_ONCE = 16
SAMPLES = (
    "2023年，全市共受理行政复议申请1,204件，同比增长12.5%，审结1,118件，其中撤销、变更、确认违法97件，直接纠错率8.7%。",
    "区司法局组织开展法治宣传活动三百余场次，发放宣传资料4.6万余份，受教育群众达十二万人次；调解矛盾纠纷2318件，成功率98.3%。",
    "全年办理法律援助案件562件，为受援人挽回经济损失1,035.27万元，接待来访咨询6700余人次，满意度100％。",
    "一、主要做法\n（一）坚持党的领导，健全工作机制。召开专题会议4次，研究议题11项，修订制度二十三项。\n",
    "二、存在的问题\n执法队伍力量不足，个别单位落实责任还不到位，需要在下一步工作中认真加以解决。\n",
    "行政处罚3—5件，罚没款20万至30万元，较上年下降近三成，合格率由91.3%提高到95.6%，提高4.3个百分点。",
    "截至2024年6月底，累计建成公共法律服务中心１２个、工作站８６个，配备法律顾问４５８名，实现村（社区）全覆盖。",
    "统筹安排专项资金2.3亿元，完成投资１．０５亿元；减免税费合计八千六百多万元，惠及企业超过1500户。",
)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What came of an export.

    Attributes:
        path: The file that was written.
        difference: The greatest difference between any score of the file and of the checkpoint.
        agreement: Share of the spans that the file and the checkpoint have in common (F1), on the sample texts.
        n_spans: Spans that the checkpoint finds in them.
    """

    path: Path
    difference: float
    agreement: float
    n_spans: int


def export_onnx(
    model: Path | str,
    out: Path | None = None,
    *,
    precision: str = "auto",
    samples: Sequence[str] = (),
    force: bool = False,
) -> ExportReport:
    """Write a model folder's checkpoint as an ONNX file for the default engine.

    Args:
        model: The model folder.
        out: The file; without it ``model.onnx`` or ``model.int8.onnx`` in the folder.
        precision: ``"fp32"``, ``"int8"``, or ``"auto"`` for int8 if it finds what fp32 finds and else fp32.
        samples: Texts like those that will be tagged, some thousand characters, for int8's scales and for the check;
            a few written ones without it.
        force: Whether to replace a file that is there.

    Raises:
        ModelError: If the model is no BERT tagger in safetensors, or the file's scores or spans are not the
            checkpoint's.
        OutputError: If the file cannot be written.
    """
    if precision not in PRECISIONS:
        raise ModelError(f"there is no precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
    folder = open_folder(model)
    _check_kind(folder)
    try:
        import onnx  # noqa: F401 -- so that it fails here and not half-way
    except ImportError:
        raise MissingExtraError("exporting a model", package="onnx", extra="train") from None
    check = _Check.of(folder, samples or SAMPLES)
    weights = read_safetensors(folder.path / WEIGHTS)
    full = _signed(build_graph(weights, folder.config), folder)
    if precision != "fp32":
        ranges = check.ranges(full, inner_tensors(folder.config))
        small = _signed(build_graph(weights, folder.config, ranges=ranges), folder)
        try:
            least = LEAST_INT8 if precision == "int8" else LEAST_AGREEMENT
            return check.write(small, out or folder.path / ONNX_FILES["int8"], least=least, force=force)
        except _DisagreementError as error:
            if precision == "int8":
                raise ModelError(f"{folder.path}: {error}; export it in fp32") from None
    try:
        return check.write(full, out or folder.path / ONNX_FILES["fp32"], least=1.0, force=force)
    except _DisagreementError as error:
        raise ModelError(f"{folder.path}: {error}; tag with --engine torch") from None


def _check_kind(folder: ModelFolder) -> None:
    """Refuse what the graph cannot stand for."""
    config = folder.config
    if config.get("model_type") != "bert" or config.get("is_decoder"):
        raise ModelError(
            f"{folder.path}: only models of type bert can be exported, but this is {config.get('model_type')!r}; "
            "tag with --engine torch"
        )
    if config.get("hidden_act") not in ACTIVATIONS or config.get("position_embedding_type", "absolute") != "absolute":
        raise ModelError(
            f"{folder.path}: a model with hidden_act {config.get('hidden_act')!r} and positions "
            f"{config.get('position_embedding_type', 'absolute')!r} cannot be exported; tag with --engine torch"
        )
    if not (folder.path / WEIGHTS).is_file():
        raise ModelError(
            f"{folder.path}: there is no {WEIGHTS}, which is what is exported; save the model as safetensors"
        )


def _signed(model: ModelProto, folder: ModelFolder) -> ModelProto:
    """The model with a note of the weights that it was made from."""
    entry = model.metadata_props.add()
    entry.key, entry.value = FINGERPRINT, folder.fingerprint
    return model


class _DisagreementError(Exception):
    """A file does not find what the checkpoint finds."""


@dataclass(frozen=True, slots=True)
class _Check:
    """Windows of sample texts and what the checkpoint itself says about them.

    Attributes:
        folder: The model folder.
        batches: The windows.
        expected: Scores of the checkpoint, one array per batch.
    """

    folder: ModelFolder
    batches: list[Batch]
    expected: list[Scores]

    @classmethod
    def of(cls, folder: ModelFolder, samples: Sequence[str]) -> _Check:
        """Texts, cut into windows and run through the checkpoint."""
        encoder = Encoder.from_pretrained(folder.path)
        encodings = encoder.encode_many(samples)
        excerpts = [
            Excerpt.of(text, encoding, numeric=folder.numeric)
            for text, encoding in zip(samples, encodings, strict=True)
        ]
        pieces = [
            excerpt.part.ids[window.start : window.end].astype(np.int32)
            for excerpt in excerpts
            for window in excerpt.windows(size=folder.size, context=folder.context)
        ]
        groups = [pieces[start : start + WINDOWS_AT_ONCE] for start in range(0, len(pieces), WINDOWS_AT_ONCE)]
        frame = {"cls_id": encoder.cls_id, "sep_id": encoder.sep_id, "pad_id": encoder.pad_id}
        batches = [Batch.of(group, **frame) for group in groups]
        engine = load_engine(folder, "torch", device="cpu", precision="fp32")
        return cls(folder, batches, [engine.run(batch) for batch in batches])

    def ranges(self, model: ModelProto, names: Sequence[str]) -> Ranges:
        """The least and greatest number that the windows bring about in each of the named tensors of a graph."""
        import onnx

        watched = onnx.ModelProto()
        watched.CopyFrom(model)
        watched.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
        session = open_session(watched.SerializeToString())
        found: list[list[tuple[float, float]]] = []
        for batch in self.batches:
            values = session.run(list(names), {"input_ids": batch.ids, "lengths": batch.lengths})
            real = np.arange(batch.ids.shape[1]) < batch.lengths[:, None]
            found.append([(float(value[real].min()), float(value[real].max())) for value in values])
        columns = zip(*found, strict=True)
        return {
            name: (min(low for low, _ in column), max(high for _, high in column))
            for name, column in zip(names, columns, strict=True)
        }

    def write(self, model: ModelProto, out: Path, *, least: float, force: bool) -> ExportReport:
        """Write a model if it finds so much (F1) of what the checkpoint finds."""
        content = model.SerializeToString()
        with atomic_file(out, force=force) as stage:
            stage.write_bytes(content)
            engine = OnnxEngine(stage, threads=1)
            found = [engine.run(batch) for batch in self.batches]
            report = self._compare(found, out)
            if report.agreement < least or (least == 1.0 and report.difference > MOST_DIFFERENCE):
                raise _DisagreementError(
                    f"exported, it finds {report.agreement:.1%} of {report.n_spans} spans in the sample texts, "
                    f"scores up to {report.difference:.2g} apart from the checkpoint's"
                )
        return report

    def _compare(self, found: list[Scores], path: Path) -> ExportReport:
        """How far scores and spans are from those of the checkpoint."""
        difference = 0.0
        spans: tuple[set[object], set[object]] = set(), set()
        for number, (batch, *pair) in enumerate(zip(self.batches, self.expected, found, strict=True)):
            for row, length in enumerate(batch.lengths.tolist()):
                old, new = (scores[row, 1 : length - 1][:, list(self.folder.tag_order)] for scores in pair)
                difference = max(difference, float(np.abs(old - new).max(initial=0.0)))
                ids = batch.ids[row, 1 : length - 1].astype(np.int64)
                for some, scores in zip(spans, (old, new), strict=True):
                    weighed = chain_scores(scores, ids, NO_BREAKS, transitions=self.folder.transitions)
                    some.update((number, row, span) for span in decode(weighed, self.folder.labels))
        total = len(spans[0]) + len(spans[1])
        agreement = 2 * len(spans[0] & spans[1]) / total if total else 1.0
        return ExportReport(path, difference, agreement, len(spans[0]))
