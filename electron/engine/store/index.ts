export { type Artifact, findArtifact, readArtifact, saveArtifact, selectArtifacts } from './artifacts.ts';
export { deleteRun, removeOrphans } from './clean.ts';
export { describeStoreFailure, type ReadableDb, type WritableDb } from './database.ts';
export { type DatasetRecord, findDataset, findSplit, saveDataset, saveSplit } from './datasets-queries.ts';
export { type ModelRole, saveExport, selectExports, selectModels } from './models-queries.ts';
export { cacheFolder, resolveHome, runFolder, runsFolder, storePath } from './paths.ts';
export {
  addStageTime,
  saveCut,
  saveEpoch,
  selectCuts,
  selectEpochs,
  selectStages,
  startStage,
} from './progress-queries.ts';
export { isRunLocked, lockRun, type RunLock } from './run-lock.ts';
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
  selectRuns,
  selectRunsOfDataset,
} from './runs-queries.ts';
export { inTransaction, openStore, openStoreForReading, type ReadableStore, type Store } from './store.ts';
