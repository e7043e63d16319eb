import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlantedRepository, plantRepository } from './planted-repository.ts';

const LEAF = 'export const leaf = 1;\n';
const use = (path: string): string => `import { leaf } from '${path}';\nexport const used = leaf;\n`;
const useType = (path: string): string => `import type { leaf } from '${path}';\nexport type Used = typeof leaf;\n`;

/** Edges that must be allowed; without them a rule that forbids everything would pass the test. */
const ALLOWED: Record<string, string> = {
  'shared/run/ok.ts': "import { z } from 'zod';\nexport const leaf = z.string();\n",
  'electron/engine/core/leaf.ts': LEAF,
  'electron/engine/compute/index.ts': use('../core/leaf.ts'),
  'electron/engine/model/index.ts': "import { used } from '../compute/index.ts';\nexport const leaf = used;\n",
  'electron/engine/data/index.ts': LEAF,
  'electron/engine/prune/index.ts': "import { leaf as x } from '../model/index.ts';\nexport const leaf = x;\n",
  'electron/engine/distill/index.ts': LEAF,
  'electron/engine/measure/index.ts': LEAF,
  'electron/engine/train/index.ts': use('../prune/index.ts'),
  'electron/engine/teacher/index.ts': "import { leaf as x } from '../distill/index.ts';\nexport const leaf = x;\n",
  'electron/engine/train/teacher.ts': use('../teacher/index.ts'),
  'electron/engine/lowering/index.ts': "import { leaf as x } from '../model/index.ts';\nexport const leaf = x;\n",
  'electron/engine/quantize/index.ts':
    "import { leaf as x } from '../lowering/index.ts';\nimport '../train/index.ts';\nexport const leaf = x;\n",
  'electron/engine/export/index.ts': "import { leaf as x } from '../quantize/index.ts';\nexport const leaf = x;\n",
  'electron/engine/export/lowering.ts': use('../lowering/index.ts'),
  'electron/engine/store/index.ts': "import Database from 'better-sqlite3';\nexport const leaf = Database;\n",
  'electron/engine/blobs/index.ts': "import '../core/leaf.ts';\nimport 'node:fs';\nexport const leaf = 1;\n",
  'electron/engine/queue/index.ts':
    "import { PgBoss } from 'pg-boss';\nimport pg from 'pg';\nexport const leaf = [PgBoss, pg];\n",
  'electron/engine/run/ok.ts': use('../store/index.ts'),
  'electron/engine/run/context/leaf.ts': use('../../store/index.ts'),
  'electron/engine/run/training/leaf.ts': "import '../context/leaf.ts';\nexport const leaf = 1;\n",
  'electron/engine/run/training/ok.ts': use('./leaf.ts'),
  'electron/engine/run/workbench/library/leaf.ts': LEAF,
  'electron/engine/run/workbench/planning/leaf.ts':
    "import '../../training/leaf.ts';\nimport '../library/leaf.ts';\nexport const leaf = 1;\n",
  'electron/engine/run/workbench/workbench.ts': use('./planning/leaf.ts'),
  'electron/engine/run/walk-run.ts': "import './training/leaf.ts';\nexport const leaf = 1;\n",
  'electron/engine/run/compress.ts': use('./walk-run.ts'),
  'electron/engine/index.ts': LEAF,
  'electron/cli/ok.ts': use('../engine/index.ts'),
  'electron/main/leaf.ts': LEAF,
  'electron/main/to-updater.ts': "import 'electron-updater';\nimport 'zod';\n",
  'electron/preload/ok.ts': "import 'electron';\nimport 'zod';\n",
  'renderer/ui/leaf.ts': LEAF,
  'renderer/state/leaf.ts': "import '../bridge.ts';\nexport const leaf = 1;\n",
  'renderer/charts/ok.ts': "import { init } from 'echarts/core';\nexport const leaf = init;\n",
  'renderer/frame/leaf.ts': use('../state/leaf.ts'),
  'renderer/views/one/leaf.ts': use('../../../shared/run/ok.ts'),
  'renderer/views/one/ok.ts':
    "import './leaf.ts';\nimport '../../bridge.ts';\nimport '../../charts/ok.ts';\nimport '../../frame/leaf.ts';\nimport '../../ui/leaf.ts';\n",
  'renderer/main.ts': "import './views/one/ok.ts';\n",
  'renderer/bridge.ts': "import { config } from 'zod';\nexport const leaf = config;\n",
  'test/helper.ts': LEAF,
};

/** Each edge breaks a rule. */
const FORBIDDEN: Record<string, string> = {
  'shared/run/to-engine.ts': use('../../electron/engine/core/leaf.ts'),
  'shared/run/to-engine-type.ts': useType('../../electron/engine/core/leaf.ts'),
  'shared/run/to-node.ts': "import 'node:fs';\n",
  'electron/engine/core/to-sibling.ts': use('../model/index.ts'),
  'electron/engine/core/to-sqlite.ts': "import 'better-sqlite3';\n",
  'electron/engine/compute/to-model.ts': use('../model/index.ts'),
  'electron/engine/compute/to-model-type.ts': useType('../model/index.ts'),
  'electron/engine/data/to-model.ts': use('../model/index.ts'),
  'electron/engine/model/to-data.ts': use('../data/index.ts'),
  'electron/engine/model/to-train.ts': use('../train/index.ts'),
  'electron/engine/prune/to-distill.ts': use('../distill/index.ts'),
  'electron/engine/distill/to-measure.ts': use('../measure/index.ts'),
  'electron/engine/measure/to-export.ts': use('../export/index.ts'),
  'electron/engine/train/to-export.ts': use('../export/index.ts'),
  'electron/engine/distill/to-teacher.ts': use('../teacher/index.ts'),
  'electron/engine/teacher/to-train.ts': use('../train/index.ts'),
  'electron/engine/train/to-lowering.ts': use('../lowering/index.ts'),
  'electron/engine/lowering/to-train.ts': use('../train/index.ts'),
  'electron/engine/lowering/to-quantize-type.ts': useType('../quantize/index.ts'),
  'electron/engine/quantize/to-export.ts': use('../export/index.ts'),
  'electron/engine/quantize/to-export-type.ts': useType('../export/index.ts'),
  'electron/engine/export/to-train.ts': use('../train/index.ts'),
  'electron/engine/train/to-store.ts': use('../store/index.ts'),
  'electron/engine/store/to-model.ts': use('../model/index.ts'),
  'electron/engine/blobs/to-store.ts': use('../store/index.ts'),
  'electron/engine/store/to-postgres.ts': "import 'pg';\n",
  'electron/engine/queue/to-blobs.ts': use('../blobs/index.ts'),
  'electron/engine/train/to-blobs.ts': use('../blobs/index.ts'),
  'electron/engine/train/to-run.ts': use('../run/ok.ts'),
  'electron/engine/model/to-node.ts': "import 'node:fs';\n",
  'electron/engine/run/context/to-training.ts': use('../training/leaf.ts'),
  'electron/engine/run/context/to-training-type.ts': useType('../training/leaf.ts'),
  'electron/engine/run/context/to-root.ts': use('../walk-run.ts'),
  'electron/engine/run/book/to-training.ts': use('../training/leaf.ts'),
  'electron/engine/run/results/to-training.ts': use('../training/leaf.ts'),
  'electron/engine/run/training/to-workbench.ts': use('../workbench/workbench.ts'),
  'electron/engine/run/workbench/comparison/to-training.ts': use('../../training/leaf.ts'),
  'electron/engine/run/workbench/library/to-planning.ts': use('../planning/leaf.ts'),
  'electron/engine/run/workbench/planning/to-workbench.ts': use('../workbench.ts'),
  'electron/engine/run/workbench/planning/to-walk-run.ts': use('../../walk-run.ts'),
  'electron/engine/run/walk-run.ts.ts': use('./workbench/workbench.ts'),
  'electron/engine/run/a-new-room/to-context.ts': use('../context/leaf.ts'),
  'electron/engine/run/to-electron.ts': "import 'electron';\n",
  'electron/engine/run/to-main.ts': use('../../main/leaf.ts'),
  'electron/engine/data/to-sqlite.ts': "import 'better-sqlite3';\n",
  'electron/cli/past-the-face.ts': use('../engine/core/leaf.ts'),
  'electron/main/past-the-face.ts': use('../engine/store/index.ts'),
  'electron/worker/to-main.ts': use('../main/leaf.ts'),
  'electron/main/to-sharp.ts': "import 'sharp';\n",
  'electron/main/to-worker.ts': use('../worker/to-main.ts'),
  'electron/preload/to-updater.ts': "import 'electron-updater';\n",
  'electron/preload/to-node.ts': "import 'node:fs';\n",
  'electron/preload/to-engine.ts': use('../engine/index.ts'),
  'renderer/views/one/to-node.ts': "import 'node:fs';\n",
  'renderer/views/one/to-engine.ts': use('../../../electron/engine/index.ts'),
  'renderer/views/one/to-echarts.ts': "import { init } from 'echarts/core';\nexport const used = init;\n",
  'renderer/views/one/to-zod.ts': "import { z } from 'zod';\nexport const used = z;\n",
  'renderer/views/one/to-electron.ts': "import 'electron';\n",
  'renderer/views/two/to-view.ts': use('../one/leaf.ts'),
  'renderer/views/two/to-view-type.ts': useType('../one/leaf.ts'),
  'renderer/views/one-more/to-view-of-like-name.ts': use('../one/leaf.ts'),
  'renderer/views/two/to-root.ts': use('../../main.ts'),
  'renderer/frame/to-view.ts': use('../views/one/leaf.ts'),
  'renderer/charts/to-frame.ts': use('../frame/leaf.ts'),
  'renderer/state/to-ui.ts': use('../ui/leaf.ts'),
  'renderer/ui/to-views.ts': use('../views/one/leaf.ts'),
  'renderer/ui/to-state.ts': use('../state/leaf.ts'),
  'renderer/ui/to-bridge.ts': use('../bridge.ts'),
  'shared/run/circle-a.ts': "import type { B } from './circle-b.ts';\nexport type A = B | null;\n",
  'electron/worker/circle-a.ts': "import type { B } from './circle-b.ts';\nexport type A = B | null;\n",
  'renderer/ui/circle-a.ts': "import type { B } from './circle-b.ts';\nexport type A = B | null;\n",
  'electron/engine/core/to-test.ts': use('../../../test/helper.ts'),
  'electron/engine/core/to-dev-dependency.ts': "import 'vitest';\n",
  'electron/engine/core/to-nothing.ts': use('./not-there.ts'),
  'electron/engine/run/training/circle-a.ts':
    "import { b } from './circle-b.ts';\nexport const a = (): number => b() + 1;\n",
};

/** The other half of the cycle, which is reported once. */
const REST: Record<string, string> = {
  'shared/run/circle-b.ts': "import type { A } from './circle-a.ts';\nexport type B = A | 1;\n",
  'electron/worker/circle-b.ts': "import type { A } from './circle-a.ts';\nexport type B = A | 1;\n",
  'renderer/ui/circle-b.ts': "import type { A } from './circle-a.ts';\nexport type B = A | 1;\n",
  'electron/engine/run/training/circle-b.ts':
    "import { a } from './circle-a.ts';\nexport const b = (): number => a() + 1;\n",
};

interface Violation {
  from: string;
  rule: { name: string; severity: string };
}

describe('dependency-cruiser', () => {
  let repository: PlantedRepository;
  let violations: Violation[];
  beforeAll(async () => {
    repository = await plantRepository({ ...ALLOWED, ...FORBIDDEN, ...REST });
    const args = [
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'electron',
      'shared',
      'renderer',
      'test',
    ];
    const { output } = await repository.run('depcruise', ...args);
    violations = (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
  });
  afterAll(() => repository.remove());

  it.each(Object.keys(FORBIDDEN))('catches %s', (path) => {
    expect(violations.filter(({ from, rule }) => from === path && rule.severity === 'error')).not.toEqual([]);
  });

  it.each(Object.keys(ALLOWED))('allows %s', (path) => {
    expect(violations.filter(({ from }) => from === path)).toEqual([]);
  });

  it('calls a cycle a cycle and a test import a test import', () => {
    const rules = (path: string): string[] =>
      violations.filter(({ from }) => from === path).map(({ rule }) => rule.name);
    expect(rules('electron/engine/run/training/circle-a.ts')).toEqual(['no-cycles']);
    for (const folder of ['shared/run', 'electron/worker', 'renderer/ui'])
      expect(rules(`${folder}/circle-a.ts`)).toEqual(['no-cycles']);
    expect(rules('electron/engine/core/to-test.ts')).toContain('product-not-to-test');
    expect(rules('electron/engine/core/to-dev-dependency.ts')).toContain('no-dev-dependency');
    expect(rules('electron/engine/core/to-nothing.ts')).toContain('unresolvable');
  });
});
