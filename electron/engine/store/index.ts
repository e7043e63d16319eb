export {
  type Annotation,
  annotateRun,
  hideRun,
  restoreHiddenRun,
  selectHiddenRuns,
} from './annotations-queries.ts';
export { type Artifact, findArtifact, readArtifact, saveArtifact, selectArtifacts } from './artifacts.ts';
export { findDamagedRuns, requireUndamaged } from './check-run.ts';
export { deleteRun, discardRun, removeOrphans } from './clean.ts';
export type { ReadableDb, WritableDb } from './connection.ts';
export {
  forgetStepPoints,
  KEPT_POINTS,
  readLayers,
  readStride,
  saveLayers,
  saveStepPoints,
  selectStepPoints,
} from './curves-queries.ts';
export { checkStore, describeStoreFailure, hasStore } from './database.ts';
export {
  type DatasetRecord,
  type DatasetRow,
  deleteDataset,
  deleteFormerDatasets,
  findDataset,
  findDatasetRow,
  findSplit,
  replaceSplit,
  saveDataset,
  saveSplit,
  selectDatasetRows,
  splitKey,
  splitSettings,
} from './datasets-queries.ts';
export { askToFinish, readFinish, saveFinishPlace } from './finish-queries.ts';
export { findInspection, type InspectionRecord, saveInspection } from './inspections-queries.ts';
export {
  findLatencyTable,
  readLatencyTable,
  readLatencyTables,
  removeLatencyTable,
  restoreLatencyTable,
  setLatencyTableAside,
  writeLatencyTable,
} from './latency-tables.ts';
export {
  type ModelPoint,
  saveExport,
  selectExports,
  selectModels,
  selectPoints,
} from './models-queries.ts';
export { moveRuns } from './move-runs.ts';
export { assertHome, cacheFolder, resolveHome, runFolder, runsFolder, storePath, weightsFolder } from './paths.ts';
export { markPhoneRemoved, savePhone, selectPhones } from './phones-queries.ts';
export {
  addStageTime,
  saveCut,
  saveEpoch,
  selectCuts,
  selectEpochs,
  selectStages,
  startStage,
} from './progress-queries.ts';
export {
  endWork,
  leaveQueue,
  noteProgress,
  putInQueue,
  selectCutOffWork,
  selectQueue,
  takeFromQueue,
} from './queue-queries.ts';
export { findLostRuns, findRestorableRuns, reconcileRuns } from './reconcile.ts';
export { isRunLocked, lockRun, type RunLock } from './run-lock.ts';
export { appendLog, type LogLine, selectLog } from './run-log-queries.ts';
export { encodeRunRecord, recordPath, writeRunRecord } from './run-record.ts';
export {
  findRunRow,
  type LiveRuns,
  type RowFilter,
  type RowOrder,
  type RunRowRecord,
  selectRunRows,
  selectRunsAtWork,
  selectTags,
} from './run-rows-queries.ts';
export {
  findRun,
  finishRun,
  insertRun,
  markEnded,
  markResumed,
  moveRunDataset,
  type RunRecord,
  readRecipe,
  readReport,
  restoreRun,
  selectRuns,
} from './runs-queries.ts';
export { notePeakMemory, type SessionRecord, selectSessions, startSession } from './sessions-queries.ts';
export { setStoreAside, takeOverCurves } from './set-aside.ts';
export { openStore, openStoreForReading, type ReadableStore, type Store } from './store.ts';
export { fromStoredText, requireReadable, toStoredText } from './stored-json.ts';
export { type OutsideRun, takeInRun } from './take-in-run.ts';
export { saveWeightsFile, selectWeightsFiles, type WeightsFileRecord } from './weights-files-queries.ts';
