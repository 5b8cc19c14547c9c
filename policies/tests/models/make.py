"""Makes the small graphs that the tests of the ONNX value model run, and a large one to measure with.

    pip install onnx==1.23.2
    python make.py                  # the tests' graphs, beside this file
    python make.py --large FOLDER FEATURE...

The second makes a model of the default one's size with random weights, to measure with: large.onnx, and
large.json for an encoding with the features named.

Each of the tests' graphs answers something that a person can work out. Their descriptions are written by
the tests.
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from onnx.reference import ReferenceEvaluator

BUCKETS = 16
I64, F32, I32 = TensorProto.INT64, TensorProto.FLOAT, TensorProto.INT32


class Graph:
    """Nodes in order; each method adds one and returns its output's name."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, value, dtype):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def add(self, op, *inputs, output=None, **attributes):
        output = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def save(self, path, inputs, outputs, domains=()):
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", 17)] + [helper.make_opsetid(d, 1) for d in domains]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        if not domains:
            checker.check_model(model, full_check=True)
        save(model, path)


def value(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, shape)


TOKENS = value("tokens", I64, "batch", "length")
FEATURES = value("features", F32, "batch", "width")
PROBABILITY = value("probability", F32, "batch")


def mean_of_features(g, features="features"):
    return g.add("ReduceMean", features, axes=[1], keepdims=0)


def mean_of_tokens(g, tokens="tokens", mask=None, weights=None):
    """The mean weight of the tokens that are not padding: (id - 8) / 8."""
    if weights is None:
        weights = (np.arange(BUCKETS) - 8) / 8
    each = g.add("Gather", g.constant(weights, np.float32), tokens)
    if mask is None:
        padding = g.add("Equal", tokens, g.constant(0, np.int64))
        mask = g.add("Not", padding)
    mask = g.add("Cast", mask, to=F32)
    axis = g.constant([1], np.int64)
    total = g.add("ReduceSum", g.add("Mul", each, mask), axis, keepdims=0)
    return g.add("Div", total, g.add("ReduceSum", mask, axis, keepdims=0))


def logit(g):
    return g.add("Add", mean_of_tokens(g), mean_of_features(g))


def main(folder):
    """sigmoid(mean weight of the tokens + mean of the features)"""
    g = Graph()
    g.add("Sigmoid", logit(g), output="probability")
    g.save(folder / "mean.onnx", [TOKENS, FEATURES], [PROBABILITY])

    # The same, and NaN where the features' mean is above 0.9: the root of a negative number.
    g = Graph()
    p = g.add("Sigmoid", logit(g))
    root = g.add("Sqrt", g.add("Sub", g.constant(0.9, np.float32), mean_of_features(g)))
    g.add("Mul", p, g.add("Div", root, root), output="probability")
    g.save(folder / "nan.onnx", [TOKENS, FEATURES], [PROBABILITY])

    # The same, and far more than 1 where the features' mean is above 0.9.
    g = Graph()
    p = g.add("Sigmoid", logit(g))
    above = g.add("Relu", g.add("Sub", mean_of_features(g), g.constant(0.9, np.float32)))
    g.add("Add", p, g.add("Mul", above, g.constant(1000, np.float32)), output="probability")
    g.save(folder / "beyond.onnx", [TOKENS, FEATURES], [PROBABILITY])

    # Counts padding as tokens: wrong as soon as inputs of two lengths are in one batch.
    g = Graph()
    weights = g.constant((np.arange(BUCKETS) - 8) / 8, np.float32)
    mean = g.add("ReduceMean", g.add("Gather", weights, "tokens"), axes=[1], keepdims=0)
    g.add("Sigmoid", g.add("Add", mean, mean_of_features(g)), output="probability")
    g.save(folder / "padding.onnx", [TOKENS, FEATURES], [PROBABILITY])

    # One answer for all rows.
    g = Graph()
    p = g.add("Sigmoid", logit(g))
    g.add("ReduceMean", p, axes=[0], keepdims=1, output="probability")
    g.save(folder / "one_answer.onnx", [TOKENS, FEATURES], [value("probability", F32, 1)])

    # As `mean`, after work that grows with the cube of the length: (16 * length) ** 3, eight times.
    g = Graph()
    p = g.add("Sigmoid", logit(g))
    length = g.add("Gather", g.add("Shape", "tokens"), g.constant([1], np.int64))
    side = g.add("Mul", length, g.constant([16], np.int64))
    shape = g.add("Concat", side, side, axis=0)
    seed = g.add("ReduceMean", "features", keepdims=1)
    tiny = g.add("Mul", seed, g.constant(1e-6, np.float32))
    square = g.add("Expand", tiny, shape)
    product = square
    for _ in range(8):
        product = g.add("MatMul", product, square)
    nothing = g.add("ReduceMean", product, keepdims=0)
    nothing = g.add("Mul", nothing, g.constant(1e-6, np.float32))
    g.add("Add", p, nothing, output="probability")
    g.save(folder / "slow.onnx", [TOKENS, FEATURES], [PROBABILITY])

    # Tokens of another type.
    g = Graph()
    wide = g.add("Cast", "tokens", to=I64)
    mean = mean_of_tokens(g, tokens=wide)
    g.add("Sigmoid", g.add("Add", mean, mean_of_features(g)), output="probability")
    narrow = value("tokens", I32, "batch", "length")
    g.save(folder / "int32.onnx", [narrow, FEATURES], [PROBABILITY])

    # A fixed length.
    g = Graph()
    g.add("Sigmoid", logit(g), output="probability")
    g.save(folder / "fixed.onnx", [value("tokens", I64, 1, 16), FEATURES], [PROBABILITY])

    # A model of something else: images.
    g = Graph()
    g.add("Relu", "image", output="filtered")
    image = [value("image", F32, "n", 3, 8, 8)], [value("filtered", F32, "n", 3, 8, 8)]
    g.save(folder / "foreign.onnx", *image)

    # An operator that nobody has.
    g = Graph()
    g.add("Divine", "tokens", "features", output="probability", domain="com.example")
    g.save(folder / "unknown.onnx", [TOKENS, FEATURES], [PROBABILITY], ["com.example"])

    # A text model: weights by word, a mask beside the tokens, 3 as padding.
    g = Graph()
    weights = [0, 0, 0, 9, 0, 2, -2, 1, -1]
    mean = mean_of_tokens(g, mask="mask", weights=weights)
    g.add("Sigmoid", mean, output="probability")
    mask = value("mask", I64, "batch", "length")
    g.save(folder / "text.onnx", [TOKENS, mask], [PROBABILITY])


def large(folder, names):
    """8192 x 32 embedding, means and a convolution over tokens, features, a small network."""
    rng = np.random.default_rng(7)
    weight = lambda *shape: rng.normal(0, shape[0] ** -0.5, shape)
    g, width, features = Graph(), 32, len(names)
    table = g.constant(rng.normal(0, 1, (8192, width)), np.float32)
    each = g.add("Gather", table, "tokens")
    padding = g.add("Equal", "tokens", g.constant(0, np.int64))
    mask = g.add("Cast", g.add("Not", padding), to=F32)
    column = g.add("Unsqueeze", mask, g.constant([2], np.int64))
    each = g.add("Mul", each, column)
    across = g.add("Transpose", each, perm=[0, 2, 1])
    kernel = g.constant(rng.normal(0, 0.1, (width, width, 3)), np.float32)
    local = g.add("Relu", g.add("Conv", across, kernel, kernel_shape=[3], pads=[1, 1]))
    row = g.add("Unsqueeze", mask, g.constant([1], np.int64))
    peak = g.add("ReduceMax", g.add("Mul", local, row), axes=[2], keepdims=0)
    axis = g.constant([1], np.int64)
    count = g.add("ReduceSum", mask, axis, keepdims=1)
    mean = g.add("Div", g.add("ReduceSum", each, axis, keepdims=0), count)
    x = g.add("Concat", mean, peak, "features", axis=1)
    size = 2 * width + features
    for hidden in (128, 64):
        x = g.add("Relu", g.add("MatMul", x, g.constant(weight(size, hidden), np.float32)))
        size = hidden
    x = g.add("MatMul", x, g.constant(weight(size, 1), np.float32))
    x = g.add("Squeeze", x, g.constant([1], np.int64))
    g.add("Sigmoid", x, output="probability")
    inputs = [TOKENS, value("features", F32, "batch", features)]
    g.save(folder / "large.onnx", inputs, [PROBABILITY])

    model, check = ReferenceEvaluator(str(folder / "large.onnx")), []
    for length in (1, 3, 10, 30, 60, 100, 200, 512):
        tokens = rng.integers(1, 8192, (1, length))
        given = rng.random((1, features), dtype=np.float32)
        (answer,) = model.run(None, {"tokens": tokens, "features": given})
        row = {"tokens": tokens[0].tolist(), "features": given[0].tolist()}
        check.append(row | {"probability": float(answer[0])})
    description = {
        "cogitree_value_model": 1,
        "name": "large",
        "encoding": {
            "kind": "hashed",
            "version": 1,
            "buckets": 8192,
            "longest": 512,
            "features": names,
        },
        "inputs": {"tokens": "tokens", "features": "features"},
        "output": "probability",
        "check": check,
    }
    (folder / "large.json").write_text(json.dumps(description))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--large"]:
        large(Path(sys.argv[2]), sys.argv[3:])
    else:
        main(Path(__file__).parent)
