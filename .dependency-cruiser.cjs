// Who may import whom. Default deny: an edge that no `allowed` line names is an error.
const ENGINE = '^electron/engine/';
const OWN_FOLDER = '^electron/engine/([^/]+)/';
const { RUN_ROOMS } = require('./build/run-rooms.cjs');
/** Files of some rooms of `electron/engine/run/`. */
const rooms = (...names) =>
  `^electron/engine/run/(${names.map((name) => name.replace(/[.]ts$/, '[.]ts$').replace(/[^$]$/, '$&/')).join('|')})`;
const npm = (...names) => `node_modules/(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Move the shared piece, or the shared type, one layer down.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      comment: 'The import points at nothing.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'product-not-to-test',
      severity: 'error',
      comment: 'Move the helper out of test/.',
      from: { pathNot: '^(test|bench|build)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      comment: 'Packaged code has no devDependencies.',
      from: { path: '^(electron|shared)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: npm('electron') },
    },
  ],
  allowedSeverity: 'error',
  allowed: [
    { from: { path: '^shared/' }, to: { path: `^shared/|${npm('zod')}` } },

    // The engine, from the bottom up.
    { from: { path: ENGINE }, to: { path: '^shared/' } },
    { from: { path: OWN_FOLDER, pathNot: '^electron/engine/run/' }, to: { path: '^electron/engine/($1|core)/' } },
    // compute < data, model < prune, distill, measure < search, teacher < train < lowering < quantize < export
    {
      from: {
        path: '^electron/engine/(data|model|prune|distill|measure|search|teacher|train|lowering|quantize|export)/',
      },
      to: { path: '^electron/engine/compute/' },
    },
    {
      from: { path: '^electron/engine/(prune|distill|measure|search|teacher|train|lowering|quantize|export)/' },
      to: { path: '^electron/engine/(data|model)/' },
    },
    { from: { path: '^electron/engine/(teacher|train|quantize)/' }, to: { path: '^electron/engine/distill/' } },
    { from: { path: '^electron/engine/(teacher|train|quantize|export)/' }, to: { path: '^electron/engine/measure/' } },
    { from: { path: '^electron/engine/(teacher|export)/' }, to: { path: '^electron/engine/onnx/' } },
    { from: { path: '^electron/engine/(search|train)/' }, to: { path: '^electron/engine/prune/' } },
    { from: { path: '^electron/engine/train/' }, to: { path: '^electron/engine/search/' } },
    { from: { path: '^electron/engine/(train|quantize)/' }, to: { path: '^electron/engine/teacher/' } },
    { from: { path: '^electron/engine/quantize/' }, to: { path: '^electron/engine/train/' } },
    { from: { path: '^electron/engine/(quantize|export)/' }, to: { path: '^electron/engine/lowering/' } },
    { from: { path: '^electron/engine/export/' }, to: { path: '^electron/engine/quantize/' } },
    { from: { path: '^electron/engine/run/' }, to: { path: ENGINE, pathNot: '^electron/engine/run/' } },
    ...Object.entries(RUN_ROOMS).map(([room, below]) => ({
      from: { path: rooms(room) },
      to: { path: rooms(room, ...below) },
    })),
    { from: { path: '^electron/engine/index[.]ts$' }, to: { path: ENGINE } },

    // What each folder may use from outside.
    {
      from: {
        path: '^electron/engine/(compute|data|model|prune|distill|measure|search|teacher|train|lowering|quantize|export)/',
      },
      to: { path: npm('@tensorflow') },
    },
    { from: { path: '^electron/engine/compute/' }, to: { path: npm('webgpu') } },
    { from: { path: '^electron/engine/data/' }, to: { path: npm('sharp', 'yauzl', '@img') } },
    {
      from: { path: '^electron/engine/(measure|teacher|export)/' },
      to: { path: npm('onnxruntime-node', '@litertjs') },
    },
    { from: { path: '^electron/engine/(onnx|teacher|export)/' }, to: { path: npm('protobufjs', '@bufbuild') } },
    { from: { path: '^electron/engine/export/' }, to: { path: npm('flatbuffers') } },
    { from: { path: '^electron/engine/store/' }, to: { path: npm('better-sqlite3') } },
    { from: { path: '^electron/engine/queue/' }, to: { path: npm('pg', 'pg-boss', '@types/pg') } },
    {
      from: {
        path: '^electron/engine/(core|compute|data|measure|teacher|train|export|store|catalogue|blobs|queue|run)/',
      },
      to: { dependencyTypes: ['core'] },
    },

    // Processes: they reach the engine by its public face alone.
    { from: { path: '^electron/(main|worker|cli|phone)/' }, to: { path: '^electron/engine/index[.]ts$' } },
    { from: { path: '^electron/(main|worker|cli|phone)/' }, to: { dependencyTypes: ['core'] } },
    { from: { path: '^electron/(main|preload|worker|cli|phone)/' }, to: { path: '^electron/$1/' } },
    { from: { path: '^electron/(main|preload|worker|cli|phone)/' }, to: { path: '^shared/' } },
    // What listens is used where it was asked for: in the engine's process and in the command line, never in the main process.
    { from: { path: '^electron/(worker|cli)/' }, to: { path: '^electron/phone/index[.]ts$' } },
    { from: { path: '^electron/phone/' }, to: { path: npm('uqr') } },
    { from: { path: '^electron/(main|preload|worker)/' }, to: { path: npm('electron') } },
    { from: { path: '^electron/(main|preload|worker)/' }, to: { path: npm('zod') } },
    { from: { path: '^electron/main/' }, to: { path: npm('electron-updater') } },

    // The window, from the bottom up. A view sees no other view: what two of them need moves down.
    { from: { path: '^renderer/' }, to: { path: '^shared/' } },
    { from: { path: '^renderer/(ui|state|charts|frame)/' }, to: { path: '^renderer/$1/' } },
    { from: { path: '^renderer/views/([^/]+)/' }, to: { path: '^renderer/views/$1/' } },
    { from: { path: '^renderer/(charts|frame|views)/' }, to: { path: '^renderer/(ui|state)/' } },
    { from: { path: '^renderer/views/' }, to: { path: '^renderer/(charts|frame)/' } },
    { from: { path: '^renderer/(state|charts|frame|views)/' }, to: { path: '^renderer/bridge[.]ts$' } },
    { from: { path: '^renderer/[^/]+$' }, to: { path: '^renderer/' } },
    // The texts of the window, which its modules are given when it is built.
    { from: { path: '^renderer/main[.]ts$' }, to: { path: '^locales/' } },
    { from: { path: '^(renderer/main[.]ts$|locales/)' }, to: { path: npm('wuchale') } },
    { from: { path: '^renderer/' }, to: { path: npm('svelte', '@lucide') } },
    { from: { path: '^renderer/ui/' }, to: { path: npm('@tanstack') } },
    { from: { path: '^renderer/charts/' }, to: { path: npm('echarts') } },
    // Zod's fast path is compiled at run time, which the page's policy forbids: the bridge switches it off.
    { from: { path: '^renderer/bridge[.]ts$' }, to: { path: npm('zod') } },
    {
      from: { path: '^renderer/vite[.]config[.]ts$' },
      to: { path: npm('vite', '@sveltejs', 'wuchale'), dependencyTypes: ['npm-dev'] },
    },
    { from: { path: '^renderer/vite[.]config[.]ts$' }, to: { dependencyTypes: ['core'] } },

    // The page that a phone opens: a browser's code, without the window's.
    { from: { path: '^phone/' }, to: { path: '^(phone|shared)/' } },
    { from: { path: '^phone/' }, to: { path: npm('@tensorflow', '@litertjs', 'onnxruntime-web') } },

    { from: { path: '^((test|bench|build)/|wuchale[.]config[.]ts$)' }, to: {} },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // AssemblyScript: compiled to WebAssembly as one unit, where modules may know each other.
    exclude: { path: 'simd/assembly/(?!build[.]ts$)|[.]wuchale/' }, // The latter the build writes.
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.svelte', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'node', 'default', 'types'],
    },
  },
};
