import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { drawDataset } from '../../../electron/engine/data/index.ts';
import { appEventSchema } from '../../../shared/ipc/events.ts';
import { ask, askValue, type DesktopApp, drop, findDesktop, makeSandbox } from '../../helpers/desktop-app.ts';
import { listMalformedRequests } from '../../helpers/malformed-requests.ts';
import { packFolder } from '../../helpers/pack-folder.ts';

const desktop = await findDesktop();
if ('missing' in desktop) console.warn(`The app is not tested as a whole. ${desktop.missing}`);

describe.skipIf('missing' in desktop)('the app', () => {
  const sandbox = makeSandbox();
  let running: DesktopApp;

  beforeAll(async () => {
    if ('missing' in desktop) return;
    running = await desktop.start(sandbox);
    await running.page.evaluate('{ window.told = []; window.decant.listen((event) => window.told.push(event)); }');
  });
  afterAll(async () => {
    await running?.quit();
    if (!('missing' in desktop)) desktop.stop();
    sandbox.remove();
  });

  const listTold = async (): Promise<{ type: string }[]> => running.page.evaluate('window.told');
  const waitForTold = (condition: string): Promise<void> =>
    vi.waitFor(
      async () => expect(await running.page.evaluate(`window.told.some((event) => ${condition})`)).toBe(true),
      { timeout: 30_000, interval: 50 },
    );

  it('shows its page, and nothing is wrong with it', async () => {
    expect(await running.page.title()).toContain('Decant');
    await vi.waitFor(async () =>
      expect(await askValue(running.page, 'engine.status', {})).toMatchObject({ state: 'ready', activeRun: null }),
    );
    expect(await askValue(running.page, 'app.describe', {})).toMatchObject({ home: sandbox.home });
    expect(running.complaints).toEqual([]);
  });

  it('has a menu whose commands reach the page', async () => {
    const labels = await running.app.evaluate(({ Menu }) => {
      const menu = Menu.getApplicationMenu();
      menu?.getMenuItemById('find')?.click();
      return menu?.items.map(({ label }) => label);
    });
    expect(labels?.slice(0, 3)).toEqual(['&File', '&Edit', '&View']);
    await waitForTold("event.type === 'menu.chosen' && event.command === 'find'");
    await running.page.keyboard.press('Escape');
  });

  it('refuses 10 000 malformed requests, each in a sentence, and lives', async () => {
    const requests = listMalformedRequests(10_000, 7);
    const wrong: string[] = await running.page.evaluate(`(async () => {
      const wrong = [];
      const refuse = async ([name, params]) => {
        const answer = await window.decant.request(name, params);
        const isRefusal = answer.ok === false && answer.failure.code === 'ipc.invalid' && answer.failure.message.length < 500;
        if (!isRefusal) wrong.push(JSON.stringify([name, params, answer]).slice(0, 300));
      };
      const requests = JSON.parse(${JSON.stringify(JSON.stringify(requests))});
      for (let i = 0; i < requests.length; i += 500) await Promise.all(requests.slice(i, i + 500).map(refuse));
      return wrong;
    })()`);
    expect(wrong).toEqual([]);
    expect(await askValue(running.page, 'engine.status', {})).toMatchObject({ state: 'ready' });
  });

  it('refuses what is not even data', async () => {
    const codes = await running.page.evaluate(`(async () => {
      const cyclic = {};
      cyclic.run = cyclic;
      const odd = [undefined, () => 1, Symbol('x'), 10n, cyclic, new Map(), new Date(), window, document, new Blob(['x']),
        { get run() { throw new Error('mine'); } }, new Uint8Array(1e6), Promise.resolve(1), { run: () => 1 }];
      const ask = async (name, params) => (await window.decant.request(name, params)).failure.code;
      const codes = new Set();
      for (const value of odd)
        for (const [name, params] of [['runs.pause', value], [value, {}]])
          codes.add(await ask(name, params).catch(() => 'thrown'));
      return [...codes].sort();
    })()`);
    // What cannot pass between the page's world and the preload script's is thrown by Electron itself.
    expect(['ipc.invalid,thrown', 'ipc.invalid']).toContain(String(codes));
    expect(await askValue(running.page, 'engine.status', {})).toMatchObject({ state: 'ready' });
  });

  it('opens what is dropped: a dataset with its thumbnails, a recipe, or says what is wrong', async () => {
    const pictures = join(sandbox.folder, 'pictures');
    await drawDataset(pictures, { classes: 2, trainPerClass: 12, testPerClass: 4, size: 32, seed: 1 });
    expect(await drop(running.page, pictures)).toMatchObject({ ok: true, value: { dataset: { kind: 'folder' } } });
    const archive = join(sandbox.folder, 'pictures.zip');
    await packFolder(pictures, archive);
    const opened = await drop(running.page, archive);
    if (!opened.ok || opened.value.kind !== 'dataset') throw new Error(JSON.stringify(opened).slice(0, 500));
    const { dataset } = opened.value;
    expect(dataset).toMatchObject({ name: 'pictures', kind: 'zip', classes: 2, images: 32 });
    const image = dataset.samples[0]!.images[0]!;
    const size = await running.page.evaluate(`new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve([image.naturalWidth, image.naturalHeight]);
      image.onerror = () => resolve('error');
      image.src = 'app://decant/thumbnails/${dataset.id}/${image}?size=64';
    })`);
    expect(size).not.toBe('error');
    const status = (path: string): Promise<unknown> =>
      running.page.evaluate(`fetch('app://decant/thumbnails/${path}').then(({ status }) => status)`);
    expect(await status(`${dataset.id}/${image}`)).toBe(200);
    expect(await status(`${dataset.id}/32`)).toBe(404);
    expect(await status(`${'0'.repeat(16)}/0`)).toBe(404);

    const recipe = join(sandbox.folder, 'mine.decant');
    writeFileSync(recipe, '{"prune": {"macs": 0.25}}');
    expect(await drop(running.page, recipe)).toMatchObject({
      ok: true,
      value: { kind: 'recipe', name: 'mine', recipe: { prune: { macs: 0.25 } } },
    });
    writeFileSync(recipe, '{"prune": {"mac": 0.25}}');
    expect(await drop(running.page, recipe)).toMatchObject({ ok: false, failure: { code: 'recipe.invalid' } });
    const recent = await running.app.evaluate(({ Menu }) => {
      const file = Menu.getApplicationMenu()?.items[0]?.submenu;
      return file?.items.find(({ label }) => label === 'Open Recent')?.submenu?.items[0]?.label;
    });
    expect(recent).toBe('mine.decant');
  });

  it('tells the page only what is agreed', async () => {
    const told = await listTold();
    expect(told.length).toBeGreaterThan(0);
    for (const event of told) expect(appEventSchema.safeParse(event)).toMatchObject({ success: true });
  });

  it.runIf(process.platform === 'linux')('starts its engine again when that was killed', async () => {
    const engine = findEngine(running.app.process().pid ?? 0);
    await running.page.evaluate('{ window.told = []; }');
    process.kill(engine, 'SIGKILL');
    await waitForTold("event.type === 'engine.changed' && event.status.state === 'restarting' && event.status.message");
    await waitForTold("event.type === 'engine.changed' && event.status.state === 'ready'");
    expect(findEngine(running.app.process().pid ?? 0)).not.toBe(engine);
    expect(await askValue(running.page, 'datasets.list', {})).not.toEqual([]);
  });

  it('keeps settings and the place of its window; a settings file that is broken is put aside', async () => {
    if ('missing' in desktop) return;
    await askValue(running.page, 'settings.change', { theme: 'dark', threads: 1 });
    expect(await running.app.evaluate(({ nativeTheme }) => nativeTheme.shouldUseDarkColors)).toBe(true);
    await waitForTold("event.type === 'settings.changed' && event.settings.theme === 'dark'");
    await running.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 50, width: 1100, height: 700 }),
    );
    const chinese =
      "document.documentElement.lang === 'zh-CN' && document.querySelector('h1')?.textContent === '数据集'";
    await askValue(running.page, 'settings.change', { language: 'zh-CN' }).catch(() => null); // The page goes before the answer comes.
    // Not waited for in the page, whose policy forbids that it evaluates texts.
    await expect.poll(() => running.page.evaluate(chinese).catch(() => false), { timeout: 30_000 }).toBe(true);
    const menu = await running.app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.items.map(({ label }) => label));
    expect(String(menu)).toContain('文件');
    await running.quit();
    const file = join(sandbox.userData, 'settings.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ theme: 'dark', threads: 1 });

    running = await desktop.start(sandbox);
    expect(await askValue(running.page, 'settings.read', {})).toMatchObject({ theme: 'dark', threads: 1 });
    const bounds = await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
    expect(bounds).toMatchObject({ width: 1100, height: 700 });
    await running.page.waitForFunction(chinese);
    await running.quit();

    writeFileSync(file, '{"theme": "da');
    running = await desktop.start(sandbox);
    expect(await askValue(running.page, 'settings.read', {})).toMatchObject({ theme: 'system', threads: null });
    expect(existsSync(`${file}.broken`)).toBe(true);
    expect(readFileSync(join(sandbox.userData, 'logs', 'main.log'), 'utf8')).toContain('settings.json cannot be used');
    expect(await ask(running.page, 'settings.change', { theme: 'light' })).toMatchObject({ ok: true });
  });

  it('is started once: a second one hands over its file and ends', async () => {
    const recipe = join(sandbox.folder, 'second.decant');
    writeFileSync(recipe, '{"seed": 5}');
    await running.page.evaluate('{ window.told = []; window.decant.listen((event) => window.told.push(event)); }');
    const { program, args, env } = running.command;
    execFileSync(program, [...args, recipe], { env, stdio: 'ignore', timeout: 30_000 });
    await waitForTold(
      "event.type === 'file.opened' && event.opened.kind === 'recipe' && event.opened.recipe.seed === 5",
    );
    expect(running.app.windows()).toHaveLength(1);
  });
});

/** The engine's process among the app's children. */
function findEngine(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').map(Number);
  const engine = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker/index.js'));
  if (engine === undefined) throw new Error('the app has no engine');
  return engine;
}
