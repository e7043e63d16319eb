"""Reads Core ML packages by the public description of their format alone, checks them and computes them with numpy in double
precision. Shares nothing with Decant: Protobuf is walked as it lies there.

    run-coreml.py FOLDER…    each with a package, pixels.bin (RGB bytes of one or more images), and classes.json

Prints a line of JSON for each: the logits and, by label, the probabilities of every image.
"""
import json
import re
import struct
import sys

import numpy as np

BOOL, STRING, FP16, FP32, FP64, INT32 = 1, 2, 10, 11, 12, 23
BLOB_TYPES = {1: FP16, 2: FP32}
ROOT = "ImageClassifier.mlpackage"


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """{field number: [values]} of a message: integers, or bytes."""
    result, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = read_varint(data, at)
        elif wire == 2:
            length, at = read_varint(data, at)
            value, at = data[at : at + length], at + length
            assert len(value) == length, "a field is cut short"
        else:
            raise AssertionError(f"wire type {wire}")
        result.setdefault(number, []).append(value)
    return result


def one(message, number, default=None):
    values = message.get(number, [default])
    assert len(values) == 1
    return values[0]


def text(data):
    return data.decode("utf-8")


def entries(message, number):
    """A map of strings to messages."""
    pairs = [fields(entry) for entry in message.get(number, [])]
    keys = [text(one(pair, 1)) for pair in pairs]
    assert len(set(keys)) == len(keys), "a key stands twice"
    return dict(zip(keys, [one(pair, 2) for pair in pairs]))


def tensor_type(data):
    tensor = fields(one(fields(data), 1))
    shape = [one(fields(one(fields(size), 1)), 1) for size in tensor.get(3, [])]
    assert len(shape) == one(tensor, 2, 0), "rank and dimensions differ"
    return one(tensor, 1), shape


def varints(data):
    values, at = [], 0
    while at < len(data):
        value, at = read_varint(data, at)
        values.append(value - (1 << 64) if value >> 63 else value)
    return values


class Package:
    def __init__(self, folder):
        self.folder = f"{folder}/{ROOT}"
        manifest = json.load(open(f"{self.folder}/Manifest.json", encoding="utf-8"))
        assert manifest["fileFormatVersion"] == "1.0.0"
        items = manifest["itemInfoEntries"]
        paths = {item["name"]: item["path"] for item in items.values()}
        assert items[manifest["rootModelIdentifier"]]["name"] == "model.mlmodel"
        self.model = fields(open(f"{self.folder}/Data/{paths['model.mlmodel']}", "rb").read())
        self.blobs = open(f"{self.folder}/Data/{paths['weights']}/weight.bin", "rb").read()
        self.ends = []

    def blob(self, offset, dtype, count):
        assert offset % 64 == 0 and offset >= 64
        sentinel, stored, size, start = struct.unpack_from("<IIQQ", self.blobs, offset)
        assert sentinel == 0xDEADBEEF and BLOB_TYPES[stored] == dtype and start % 64 == 0
        assert size == count * (2 if dtype == FP16 else 4) and start + size <= len(self.blobs)
        self.ends.append((offset, start + size))
        return np.frombuffer(self.blobs, "<f2" if dtype == FP16 else "<f4", count, start)

    def value(self, data):
        """A constant, with its type."""
        message = fields(data)
        dtype, shape = tensor_type(one(message, 2))
        count = int(np.prod(shape))
        if 5 in message:
            file = fields(one(message, 5))
            assert text(one(file, 1)) == "@model_path/weights/weight.bin"
            return dtype, shape, self.blob(one(file, 2), dtype, count).astype(np.float64).reshape(shape)
        tensor = fields(one(fields(one(message, 3)), 1))
        if dtype == STRING:
            return dtype, shape, text(one(fields(one(tensor, 4)), 1))
        if dtype == BOOL:
            return dtype, shape, bool(one(fields(one(tensor, 3)), 1)[0])
        if dtype == INT32:
            values = varints(one(fields(one(tensor, 2)), 1))
        elif dtype == FP32:
            values = np.frombuffer(one(fields(one(tensor, 1)), 1), "<f4").astype(np.float64)
        else:
            assert dtype == FP16
            values = np.frombuffer(one(fields(one(tensor, 7)), 1), "<f2").astype(np.float64)
        assert len(values) == count
        return dtype, shape, np.array(values).reshape(shape)


def convolve(x, weight, bias, strides, pad_type, pad, dilations, groups):
    assert pad_type == "custom" and list(dilations) == [1, 1]
    x = np.pad(x, ((0, 0), (0, 0), (pad[0], pad[1]), (pad[2], pad[3])))
    outputs, inputs, rows, columns = weight.shape
    height = (x.shape[2] - rows) // strides[0] + 1
    width = (x.shape[3] - columns) // strides[1] + 1
    result = np.zeros((x.shape[0], outputs, height, width))
    share = outputs // groups
    for group in range(groups):
        part = x[:, group * inputs : (group + 1) * inputs]
        kernel = weight[group * share : (group + 1) * share]
        for i in range(rows):
            for j in range(columns):
                seen = part[:, :, i : i + strides[0] * height : strides[0], j : j + strides[1] * width : strides[1]]
                result[:, group * share : (group + 1) * share] += np.einsum("nihw,oi->nohw", seen, kernel[:, :, i, j])
    return result + bias[None, :, None, None]


def softmax(x, axis):
    powers = np.exp(x - x.max(axis=int(axis), keepdims=True))
    return powers / powers.sum(axis=int(axis), keepdims=True)


COMPUTE = {
    "conv": convolve,
    "linear": lambda x, weight, bias: x @ weight.T + bias,
    "add": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid_hard": lambda x, alpha, beta: np.clip(alpha * x + beta, 0, 1),
    "reduce_mean": lambda x, axes, keep_dims: x.mean(axis=tuple(axes), keepdims=keep_dims),
    "reshape": lambda x, shape: x.reshape(shape),
    "cast": lambda x, dtype: x,
    "softmax": softmax,
}


def run(folder):
    package = Package(folder)
    model = package.model
    assert one(model, 1) == 7
    description = fields(one(model, 2))
    [feature] = [fields(part) for part in description[1]]
    image = fields(one(fields(one(feature, 3)), 4))
    width, height, color = one(image, 1), one(image, 2), one(image, 3)
    assert text(one(feature, 1)) == "image" and color == 20
    outputs = [(text(one(fields(part), 1)), list(fields(one(fields(part), 3)))) for part in description[10]]
    assert outputs == [("classLabel", [3]), ("classLabel_probs", [6])]
    assert [text(one(description, 11)), text(one(description, 12))] == ["classLabel", "classLabel_probs"]
    function = fields(entries(fields(one(model, 502)), 2)["main"])
    [argument] = [fields(part) for part in function[1]]
    assert tensor_type(one(argument, 2)) == (FP32, [1, 3, height, width])
    opset = text(one(function, 2))
    assert opset == "CoreML6"
    block = fields(entries(function, 3)[opset])
    assert [text(name) for name in block[2]] == ["classLabel", "classLabel_probs"]

    pixels = np.fromfile(f"{folder}/pixels.bin", np.uint8).reshape(-1, 1, height, width, 3)
    values, types = {}, {"image": (FP32, [1, 3, height, width])}
    answers = [{"image": each.transpose(0, 3, 1, 2).astype(np.float64)} for each in pixels]
    operations = [fields(operation) for operation in block[3]]
    for operation in operations[:-1]:
        kind = text(one(operation, 1))
        [output] = [fields(part) for part in operation[3]]
        name, declared = text(one(output, 1)), tensor_type(one(output, 2))
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_@]*", name) and name not in types, name
        types[name] = declared
        if kind == "const":
            dtype, shape, value = package.value(entries(operation, 5)["val"])
            assert (dtype, shape) == declared, name
            values[name] = value
            continue
        bound = {
            parameter: text(one(fields(one(fields(data), 1)), 1)) for parameter, data in entries(operation, 2).items()
        }
        assert all(source in types for source in bound.values()), name
        floats = {types[source][0] for source in bound.values() if types[source][0] in (FP16, FP32)}
        if kind == "cast":
            assert {FP16: "fp16", FP32: "fp32"}[declared[0]] == values[bound["dtype"]]
        else:
            assert floats == {declared[0]}, f"{name} mixes types"
        for answer in answers:
            inputs = {parameter: values[source] if source in values else answer[source] for parameter, source in bound.items()}
            answer[name] = COMPUTE[kind](**inputs)
            assert list(answer[name].shape) == declared[1], f"{name}: {answer[name].shape} is not {declared[1]}"
    last = operations[-1]
    assert text(one(last, 1)) == "classify"
    bound = entries(last, 2)
    probabilities = text(one(fields(one(fields(bound["probabilities"]), 1)), 1))
    listed = fields(one(fields(one(fields(one(fields(bound["classes"]), 1)), 2)), 3))
    labels = [
        text(one(fields(one(fields(one(fields(one(fields(each), 3)), 1)), 4)), 1)) for each in fields(one(listed, 3))[1]
    ]
    assert labels == json.load(open(f"{folder}/classes.json", encoding="utf-8"))
    spans = sorted(package.ends)
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:])), "weights overlap"
    assert struct.unpack_from("<II", package.blobs) == (len(set(spans)), 2)
    return {
        "logits": [answer["logits"][0].tolist() for answer in answers],
        "probabilities": [dict(zip(labels, answer[probabilities][0].tolist())) for answer in answers],
    }


for each in sys.argv[1:]:
    print(json.dumps(run(each)))
