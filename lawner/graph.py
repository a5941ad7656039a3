"""The graph of a BERT tagger in ONNX, written straight from its weights with ONNX Runtime's fused operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lawner.errors import ModelError
from lawner.weights import Floats, Weights

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

Ranges = Mapping[str, tuple[float, float]]
"""The least and the greatest number seen in each tensor that goes into a matrix product."""

ACTIVATIONS = {"gelu": "Gelu", "gelu_new": "FastGelu", "gelu_pytorch_tanh": "FastGelu", "gelu_fast": "FastGelu"}
CONTRIB = "com.microsoft"
OPSET, IR_VERSION = 18, 9
INT32 = 6  # of TensorProto
HEADS_FIRST, KEYS_LAST = [0, 2, 1, 3], [0, 2, 3, 1]
MASKED = -1e4
INT8_MOST, UINT8_MOST = 127, 255


@dataclass(slots=True)
class _Graph:
    """A graph that grows node by node.

    Attributes:
        weights: Of the checkpoint.
        ranges: Of what goes into matrix products, for int8; empty for fp32.
    """

    weights: Weights
    ranges: Ranges
    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, TensorProto] = field(default_factory=dict)

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Name of a new constant."""
        from onnx import numpy_helper

        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def weight(self, name: str) -> str:
        """Name of the constant of a weight."""
        return self.constant(name, self.weights[name])

    def node(self, operator: str, inputs: list[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        """Name of the output of a new node."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def linear(self, source: str, name: str, matrix: Floats, bias: Floats, output: str) -> str:
        """A matrix product with a bias; in int8 where the range of its input is known."""
        offset = self.constant(f"{name}.bias", bias)
        if source not in self.ranges:
            product = self.node("MatMul", [source, self.constant(f"{name}.weight", matrix)], f"{output}.product")
            return self.node("Add", [product, offset], output)
        rounded, scale, zero = self.rounded(source)
        weight, weight_scale, weight_zero = self.rounded_weight(name, matrix)
        inputs = [rounded, weight, scale, weight_scale, zero, weight_zero, offset]
        return self.node("MatMulIntegerToFloat", inputs, output, domain=CONTRIB)

    def rounded(self, source: str) -> tuple[str, str, str]:
        """A tensor rounded to uint8, its scale and its zero; once, however many products it goes into."""
        names = f"{source}.rounded", f"{source}.scale", f"{source}.zero"
        if names[1] in self.constants:
            return names
        low, high = (min(self.ranges[source][0], 0.0), max(self.ranges[source][1], 0.0))
        step = (high - low) / UINT8_MOST or 1.0
        self.constant(names[1], np.array(step, dtype=np.float32))
        self.constant(names[2], np.array(round(-low / step), dtype=np.uint8))
        self.node("QuantizeLinear", [source, *names[1:]], names[0])
        return names

    def rounded_weight(self, name: str, matrix: Floats) -> tuple[str, str, str]:
        """A matrix rounded to int8 per column, its scales and its zeros."""
        scale = np.maximum(np.abs(matrix).max(axis=0) / INT8_MOST, np.finfo(np.float32).tiny).astype(np.float32)
        rounded = np.clip(np.round(matrix / scale), -INT8_MOST, INT8_MOST).astype(np.int8)
        zeros = np.zeros(len(scale), dtype=np.int8)
        return (
            self.constant(f"{name}.weight", rounded),
            self.constant(f"{name}.weight.scale", scale),
            self.constant(f"{name}.weight.zero", zeros),
        )

    def norm(self, source: str, skip: str, name: str, output: str, *, epsilon: float) -> str:
        """The layer norm of a sum; in two nodes, since the fused one is five times as slow (ONNX Runtime 1.31)."""
        inputs = [self.node("Add", [source, skip], f"{output}.sum")]
        inputs += [self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, output, axis=-1, epsilon=epsilon)


def build_graph(weights: Weights, config: Mapping[str, Any], *, ranges: Ranges | None = None) -> ModelProto:
    """The model that takes ``input_ids`` and ``lengths`` and gives ``scores``.

    Args:
        weights: Of a ``BertForTokenClassification``.
        config: Its configuration.
        ranges: Of the tensors that `inner_tensors` names, for int8; fp32 without it.

    Raises:
        ModelError: If a weight is missing.

    Shapes:
        input_ids: ``(batch, seq)`` int32
        lengths: ``(batch,)`` int32, without padding
        scores: ``(batch, seq, n_tags)`` float32
    """
    graph = _Graph(_with_new_names(weights), ranges or {})
    try:
        _mask(graph)
        state = _embed(graph, config)
        for layer in range(config["num_hidden_layers"]):
            state = _layer(graph, config, layer, state)
        matrix, bias = graph.weights["classifier.weight"].T, graph.weights["classifier.bias"]
        graph.linear(state, "classifier", matrix, bias, "scores")
    except KeyError as error:
        raise ModelError(f"the model's weights or configuration lack {error}; expected those of a BERT") from None
    return _finish(graph, n_tags=len(bias))


def inner_tensors(config: Mapping[str, Any]) -> list[str]:
    """Names of the tensors that go into matrix products worth rounding."""
    return [
        f"{part}.{layer}" for layer in range(config["num_hidden_layers"]) for part in ("in", "context", "mid", "act")
    ]


def _with_new_names(weights: Weights) -> dict[str, Floats]:
    """The weights, with the names of today for layer norms and without the model's own prefix."""
    table = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
    renamed = {}
    for name, value in weights.items():
        for old, new in table.items():
            name = name.replace(old, new)
        renamed[name.removeprefix("bert.")] = value
    return renamed


def _embed(graph: _Graph, config: Mapping[str, Any]) -> str:
    """The embeddings; all tokens are of the first segment, so its vector is added to the positions' beforehand."""
    from onnx import helper

    prefix = "embeddings"
    segment = graph.weights[f"{prefix}.token_type_embeddings.weight"][0]
    positions = graph.weights[f"{prefix}.position_embeddings.weight"] + segment
    inputs = [
        "input_ids",
        "",
        graph.weight(f"{prefix}.word_embeddings.weight"),
        graph.constant("positions", positions),
        "",
        graph.weight(f"{prefix}.LayerNorm.weight"),
        graph.weight(f"{prefix}.LayerNorm.bias"),
    ]
    epsilon = float(config["layer_norm_eps"])
    outputs = ["in.0", "mask_index"]
    graph.nodes.append(helper.make_node("EmbedLayerNormalization", inputs, outputs, domain=CONTRIB, epsilon=epsilon))
    return outputs[0]


def _layer(graph: _Graph, config: Mapping[str, Any], layer: int, state: str) -> str:
    """One layer."""
    prefix, weights, epsilon = f"encoder.layer.{layer}", graph.weights, float(config["layer_norm_eps"])
    context = _attention(graph, config, layer, state)

    def linear(source: str, name: str, output: str) -> str:
        name = f"{prefix}.{name}.dense"
        return graph.linear(source, name, weights[f"{name}.weight"].T, weights[f"{name}.bias"], f"{output}.{layer}")

    attended = linear(context, "attention.output", "attended")
    middle = graph.norm(attended, state, f"{prefix}.attention.output.LayerNorm", f"mid.{layer}", epsilon=epsilon)
    wide = linear(middle, "intermediate", "wide")
    active = graph.node(ACTIVATIONS[config["hidden_act"]], [wide], f"act.{layer}", domain=CONTRIB)
    narrow = linear(active, "output", "narrow")
    return graph.norm(narrow, middle, f"{prefix}.output.LayerNorm", f"in.{layer + 1}", epsilon=epsilon)


def _attention(graph: _Graph, config: Mapping[str, Any], layer: int, state: str) -> str:
    """What the tokens take from each other, heads side by side.

    Written out, since the fused attention operators take the products of each head and window apart.
    """
    name, heads = f"encoder.layer.{layer}.attention.self", config["num_attention_heads"]
    width = config["hidden_size"] // heads
    split = graph.constant("heads.split", np.array([0, 0, heads, width]))
    join = graph.constant("heads.join", np.array([0, 0, heads * width]))
    parts = {}
    for part, order in (("query", HEADS_FIRST), ("key", KEYS_LAST), ("value", HEADS_FIRST)):
        factor = np.float32(width**-0.5 if part == "query" else 1.0)
        matrix, bias = (graph.weights[f"{name}.{part}.{kind}"].T * factor for kind in ("weight", "bias"))
        flat = graph.linear(state, f"{name}.{part}", matrix, bias, f"{part}.{layer}")
        cut = graph.node("Reshape", [flat, split], f"{part}.{layer}.heads")
        parts[part] = graph.node("Transpose", [cut], f"{part}.{layer}.turned", perm=order)
    fits = graph.node("MatMul", [parts["query"], parts["key"]], f"fits.{layer}")
    masked = graph.node("Add", [fits, "mask"], f"fits.{layer}.masked")
    shares = graph.node("Softmax", [masked], f"shares.{layer}", axis=-1)
    taken = graph.node("MatMul", [shares, parts["value"]], f"taken.{layer}")
    turned = graph.node("Transpose", [taken], f"taken.{layer}.turned", perm=HEADS_FIRST)
    return graph.node("Reshape", [turned, join], f"context.{layer}")


def _mask(graph: _Graph) -> None:
    """The tensor ``mask``, ``(batch, 1, 1, seq)``: 0 for tokens, very low for padding."""
    column, plane = (graph.constant(f"axes.{len(axes)}", np.array(axes)) for axes in ([1], [1, 2]))
    seq = graph.node("Gather", [graph.node("Shape", ["input_ids"], "shape"), graph.constant("one", np.array(1))], "seq")
    steps = [graph.constant("zero", np.array(0)), seq, "one"]
    places = graph.node("Cast", [graph.node("Range", steps, "places.long")], "places", to=INT32)
    real = graph.node("Less", [places, graph.node("Unsqueeze", ["lengths", column], "lengths.column")], "real")
    choices = [
        real,
        graph.constant("open", np.array(0, np.float32)),
        graph.constant("closed", np.array(MASKED, np.float32)),
    ]
    graph.node("Unsqueeze", [graph.node("Where", choices, "mask.flat"), plane], "mask")


def _finish(graph: _Graph, *, n_tags: int) -> ModelProto:
    """The model of a whole graph."""
    from onnx import TensorProto, helper

    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT32, ["batch", "seq"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
    ]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", "seq", n_tags])]
    made = helper.make_graph(graph.nodes, "tagger", inputs, outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION, producer_name="lawner")
