"""Parses TFLite files with Arm NN, a reader that shares no code with LiteRT, and prints their inputs and outputs."""
import json
import sys

import pyarmnn

for path in sys.argv[1:]:
    parser = pyarmnn.ITfLiteParser()
    network = parser.CreateNetworkFromBinaryFile(path)
    # Each is kept in a name: what it is a part of must outlive it.
    binding = parser.GetNetworkInputBindingInfo(0, parser.GetSubgraphInputTensorNames(0)[0])
    tensor = binding[1]
    shape = tensor.GetShape()
    print(
        json.dumps(
            {
                "inputs": parser.GetSubgraphInputTensorNames(0),
                "outputs": parser.GetSubgraphOutputTensorNames(0),
                "shape": [shape[i] for i in range(shape.GetNumDimensions())],
            }
        )
    )
