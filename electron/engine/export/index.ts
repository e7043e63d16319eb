export { evaluateExport } from './evaluate-export.ts';
export { type ExportedFile, exportModel } from './export-model.ts';
export type { ExportDescription, Exporter, OpenedExport } from './exporter.ts';
export { EXPORTERS, type ExportFormat } from './exporters.ts';
export { type NetworkSession, openNetworkSession } from './onnx/network-session.ts';
export { describePreprocessing, type Preprocessing, RESIZE } from './preprocessing.ts';
export type { ExportRequest, Precision } from './request.ts';
export { type ExportLatency, timeExport } from './time-export.ts';
export { type Verification, verifyExport } from './verify.ts';
