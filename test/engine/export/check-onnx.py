"""Checks ONNX files by ONNX's own rules, shape inference in strict mode included, and prints the shapes of all inner values."""
import json
import sys

import onnx

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    known = {value.name for value in list(inferred.graph.value_info) + list(inferred.graph.output)}
    computed = {name for node in inferred.graph.node for name in node.output}
    output = inferred.graph.output[0].type.tensor_type.shape
    print(
        json.dumps(
            {
                "output": [dim.dim_param or dim.dim_value for dim in output.dim],
                "unknown": sorted(computed - known),
            }
        )
    )
