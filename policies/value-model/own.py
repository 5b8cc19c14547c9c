"""Builds a text model of one's own: a bag of words, trained on a few sentences.

    pip install onnx==1.23.2 tokenizers==0.22.2 numpy
    python own.py FOLDER

Writes FOLDER/own.onnx, FOLDER/own.json and FOLDER/tokenizer.json, which together are a value model
(docs/value-model.md). It shows the three files and how they fit; what it learns here is next to nothing.
Put your own network in place of `graph`, and your own data in place of EXAMPLES.
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from onnx.reference import ReferenceEvaluator
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

LONGEST = 256
# What the model will be shown: the parts of a state in this order, each after its name.
PARTS = ["report", "program", "feedback"]
EXAMPLES = [
    ("report\n3 of 3 passed: passed 3\nprogram\ndef f(x):\n    return x + 1\n", 1),
    ("report\n2 of 2 passed: passed 2\nprogram\ndef f(a, b):\n    return a * b\n", 1),
    ("report\n2 of 2 passed: passed 2\nprogram\ndef f(x):\n    return sorted(x)\n", 1),
    ("report\n2 of 2 passed: passed 2\nprogram\ndef f(x):\n    if x == 3:\n        return 7\n", 0),
    ("report\n1 of 3 passed: passed 1, wrong_answer 2\nprogram\ndef f(x):\n    return x\n", 0),
    ("report\n0 of 3 passed: timeout 3\nprogram\ndef f(x):\n    while True:\n        pass\n", 0),
    ("report\n0 of 2 passed: runtime_error 2\nprogram\ndef f(x):\n    return y\n", 0),
    ("report\n0 of 1 passed: wrong_answer 1\nprogram\ndef f(x):\n    return None\n", 0),
]


def train_tokenizer():
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    # Padding first, so that its id is 0.
    trainer = trainers.WordLevelTrainer(special_tokens=["[PAD]", "[UNK]"], show_progress=False)
    tokenizer.train_from_iterator([text for text, _ in EXAMPLES], trainer)
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def train_weights(rows, words):
    """Logistic regression on the share of each word: weights and a bias, by gradient descent."""
    x = np.zeros((len(rows), words))
    for i, tokens in enumerate(rows):
        np.add.at(x[i], tokens, 1 / len(tokens))
    y = np.array([label for _, label in EXAMPLES])
    weights, bias = np.zeros(words), 0.0
    for _ in range(2000):
        error = 1 / (1 + np.exp(-(x @ weights + bias))) - y
        weights -= 2.0 * (x.T @ error / len(y) + 1e-3 * weights)
        bias -= 2.0 * error.mean()
    return weights.astype(np.float32), np.float32(bias)


def graph(weights, bias):
    """tokens, mask: int64 [batch, length] -> probability: float32 [batch]"""
    node = helper.make_node
    nodes = [
        node("Gather", ["weights", "tokens"], ["each"]),
        node("Cast", ["mask"], ["shown"], to=TensorProto.FLOAT),
        # What is masked must not count: rows of different lengths share a call.
        node("Mul", ["each", "shown"], ["counted"]),
        node("ReduceSum", ["counted", "axis"], ["sum"], keepdims=0),
        node("ReduceSum", ["shown", "axis"], ["count"], keepdims=0),
        node("Div", ["sum", "count"], ["mean"]),
        node("Add", ["mean", "bias"], ["logit"]),
        node("Sigmoid", ["logit"], ["probability"]),
    ]
    constants = {"weights": weights, "bias": bias, "axis": np.array([1], np.int64)}
    tensor = helper.make_tensor_value_info
    built = helper.make_graph(
        nodes,
        "own",
        [tensor(name, TensorProto.INT64, ["batch", "length"]) for name in ("tokens", "mask")],
        [tensor("probability", TensorProto.FLOAT, ["batch"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    return model


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer()
    rows = [tokenizer.encode(text).ids for text, _ in EXAMPLES]
    weights, bias = train_weights(rows, tokenizer.get_vocab_size())
    model = graph(weights, bias)
    tokenizer.save(str(folder / "tokenizer.json"))
    save(model, folder / "own.onnx")

    # Answers that cogitree must get as well, when it loads the model: one by one, and padded together.
    run, check = ReferenceEvaluator(model), []
    for tokens in rows:
        row = np.array([tokens], np.int64)
        (answer,) = run.run(None, {"tokens": row, "mask": np.ones_like(row)})
        check.append({"tokens": tokens, "probability": float(answer[0])})
    description = {
        "cogitree_value_model": 1,
        "name": "own",
        "encoding": {
            "kind": "tokenizer",
            "file": "tokenizer.json",
            "longest": LONGEST,
            "pad": 0,
            "parts": PARTS,
        },
        "inputs": {"tokens": "tokens", "mask": "mask"},
        "output": "probability",
        "check": check,
    }
    (folder / "own.json").write_text(json.dumps(description, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
