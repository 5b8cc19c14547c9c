"""The model as two files: the graph, and what the runtime must know of it."""

import json

import numpy as np
import torch

from model import padded

# What ort with tract runs, besides ONNX Runtime.
OPSET = 17
LARGEST = 4 << 20


def write(model, encoding, rows, path):
    """Writes `path`.onnx and `path`.json with stored vectors for the runtime's check."""
    model.eval()
    chosen = vectors(rows)
    tokens = padded([rows.tokens[i] for i in chosen])
    features = torch.tensor(rows.features[chosen])
    torch.onnx.export(
        model,
        (tokens, features),
        f"{path}.onnx",
        input_names=["tokens", "features"],
        output_names=["probability"],
        dynamic_axes={
            "tokens": {0: "batch", 1: "length"},
            "features": {0: "batch"},
            "probability": {0: "batch"},
        },
        opset_version=OPSET,
        dynamo=False,
    )
    with torch.no_grad():
        expected = model(tokens, features).numpy()
    check = [
        {
            "tokens": rows.tokens[i].tolist(),
            "features": [round(float(f), 6) for f in rows.features[i]],
            "probability": round(float(p), 6),
        }
        for i, p in zip(chosen, expected)
    ]
    text = {
        "cogitree_value_model": 1,
        "name": "cogitree-value-1",
        "encoding": encoding,
        "inputs": {"tokens": "tokens", "features": "features"},
        "output": "probability",
        "foresees": True,
        "check": check,
    }
    with open(f"{path}.json", "w", encoding="utf-8") as file:
        file.write(compact(text))
    verify(f"{path}.onnx", check)


def vectors(rows, count=8):
    """Rows of different lengths and verdicts, thoughts alone among them; short ones, so that the file
    stays small."""
    lengths = np.array([len(t) for t in rows.tokens])
    order = np.argsort(lengths, kind="stable")
    half = [[i for i in order if rows.passing[i] == passes] for passes in (True, False)]
    at = np.linspace(0.0, 0.5, count // 2)
    return [part[int(q * (len(part) - 1))] for part in half for q in at]


def compact(text):
    """JSON with one line for each entry and each stored vector."""
    check = ",\n    ".join(json.dumps(c, separators=(",", ":")) for c in text["check"])
    head = {k: v for k, v in text.items() if k != "check"}
    lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in head.items()]
    return "{\n" + ",\n".join(lines) + f',\n  "check": [\n    {check}\n  ]\n}}\n'


def verify(path, check):
    """The graph gives the stored probabilities one by one, padded together, and padded further."""
    import os

    import onnxruntime

    size = os.path.getsize(path)
    if size > LARGEST:
        raise SystemExit(f"{path}: {size} bytes, more than {LARGEST}")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = np.array([c["probability"] for c in check], np.float32)
    features = np.array([c["features"] for c in check], np.float32)
    together = padded([c["tokens"] for c in check]).numpy()
    further = np.pad(together, ((0, 0), (0, 100)))
    run = lambda t, f: session.run(["probability"], {"tokens": t, "features": f})[0]
    alone = [
        run(np.array([c["tokens"]]), features[i : i + 1])[0] for i, c in enumerate(check)
    ]
    for name, got in (
        ("one by one", np.array(alone)),
        ("together", run(together, features)),
        ("padded further", run(further, features)),
    ):
        worst = float(np.abs(got - expected).max())
        if not worst < 1e-4:
            raise SystemExit(f"{path}: {name}: {worst} from what PyTorch gave")
        print(f"  ONNX Runtime, {name}: largest difference {worst:.1e}")
