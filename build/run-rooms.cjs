/**
 * The rooms of `electron/engine/run/`, from the ground up, and which others each may import: what a room needs of one above it
 * moves down. A file that stands alone is a room too.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
exports.RUN_ROOMS = {
  context: [],
  teacher: ['context'],
  book: ['context'],
  bench: ['context'],
  latency: ['context'],
  begin: ['context', 'teacher', 'book'],
  training: ['context', 'teacher'],
  doctor: ['context', 'bench'],
  results: ['context', 'teacher', 'book'],
  'workbench/classification': ['context', 'book'],
  'workbench/library': ['context', 'begin'],
  'workbench/comparison': ['context', 'book', 'workbench/library'],
  'workbench/planning': ['context', 'teacher', 'begin', 'training', 'workbench/library'],
  'workbench/workbench.ts': [
    'workbench/classification',
    'workbench/library',
    'workbench/comparison',
    'workbench/planning',
  ],
  'walk-run.ts': ['context', 'teacher', 'book', 'begin', 'latency', 'training', 'results'],
  'compress.ts': ['context', 'book', 'begin', 'results', 'walk-run.ts'],
  jobs: ['context', 'book', 'begin', 'results', 'compress.ts'],
  'demo.ts': ['context', 'begin', 'results', 'compress.ts'],
};
