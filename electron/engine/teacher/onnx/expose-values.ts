import protobuf from 'protobufjs/light.js';

/** Only names: a runtime infers the types. */
const SCHEMA = {
  nested: {
    ModelProto: { fields: { graph: { type: 'GraphProto', id: 7 } } },
    GraphProto: { fields: { output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 } } },
    ValueInfoProto: { fields: { name: { type: 'string', id: 1 } } },
  },
};
const modelType = protobuf.Root.fromJSON(SCHEMA).lookupType('ModelProto');

/**
 * An ONNX file that also gives some of its inner values. Protobuf messages written one behind the other are merged when they
 * are read, lists joined, so that the file itself stays as it is, whatever is in it.
 */
export function exposeValues(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const addition = modelType
    .encode(modelType.fromObject({ graph: { output: names.map((name) => ({ name })) } }))
    .finish();
  return Buffer.concat([bytes, addition]);
}
