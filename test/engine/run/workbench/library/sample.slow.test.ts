import { mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sampleFolder } from '../../../../../electron/engine/run/begin/sample-dataset.ts';
import { openWorkbench } from '../../../../../electron/engine/run/workbench/workbench.ts';
import { openStore } from '../../../../../electron/engine/store/index.ts';
import type { RunEvent } from '../../../../../shared/run/events.ts';
import { makeFolder } from '../../../data/make-images.ts';

it('the library draws the sample dataset once, and knows it as that', async () => {
  const home = makeFolder();
  const store = openStore(home);
  const workbench = openWorkbench(store);
  const library = await workbench.library();
  const { signal } = new AbortController();
  mkdirSync(sampleFolder(home), { recursive: true });
  const stages = new Set<string>();
  const listener = (event: RunEvent) => void (event.type === 'run.progressed' && stages.add(event.stage));
  const drawn = await library.draw({ listener, signal });
  expect([...stages]).toEqual(['draw', 'read', 'inspect']);
  expect(drawn).toMatchObject({ sample: true, classes: 10, images: 2800, kind: 'folder' });
  expect(drawn.inspection.unreadable).toEqual([]);
  stages.clear();
  expect((await library.draw({ listener, signal })).id).toBe(drawn.id);
  expect([...stages]).toEqual(['read', 'inspect']);
  await workbench.close();
  store.close();
});
