import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ROOT } from '../../build/files.ts';

const stepSchema = z.strictObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  shell: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
});
const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.strictObject({ push: z.strictObject({ tags: z.array(z.string()) }) }),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.string(),
  env: z.record(z.string(), z.string()),
  defaults: z.strictObject({ run: z.strictObject({ shell: z.literal('bash') }) }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      needs: z.array(z.string()).optional(),
      'runs-on': z.string(),
      'timeout-minutes': z.int().max(120),
      permissions: z.record(z.string(), z.string()).optional(),
      steps: z.array(stepSchema),
    }),
  ),
});
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const { jobs, permissions, ...workflow } = workflowSchema.parse(load(read('.github/workflows/release.yml')));
const builder = load(read('electron-builder.yml'));
const steps = Object.values(jobs).flatMap(({ steps }) => steps);
const systems = ['linux', 'windows', 'mac'] as const;

describe('the workflow that makes a release', () => {
  it('is started by a tag alone', () => {
    expect(workflow.on).toEqual({ push: { tags: ['v*'] } });
  });

  it('may write only where it drafts the release, which needs all systems', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const { draft, ...others } = jobs;
    expect(draft).toMatchObject({ permissions: { contents: 'write' }, needs: systems });
    expect(Object.keys(others)).toEqual(systems);
    for (const job of Object.values(others)) expect(job.permissions).toBeUndefined();
    for (const { uses, with: options } of steps.filter(({ uses }) => uses?.startsWith('actions/checkout')))
      expect(options, uses).toMatchObject({ 'persist-credentials': false });
  });

  it('uses actions of a fixed version, and no secret in the text of a command', () => {
    for (const { uses, run } of steps) {
      expect(Number(uses === undefined) + Number(run === undefined)).toBe(1);
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
      if (run !== undefined) expect(run).not.toContain('${{');
    }
  });

  it('runs scripts and tests that are there', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const commands = steps.map(({ run = '' }) => run).join('\n');
    const named = [...commands.matchAll(/npm run (?:-s )?([a-z:-]+)/g)].map(([, name]) => name!);
    expect(new Set(named)).toEqual(new Set(['dist', 'dist:deb']));
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...named, 'test']));
    const tests = [...commands.matchAll(/test\/\S+[.]test[.]ts/g)].map(([path]) => path);
    expect(tests).toHaveLength(4);
    for (const path of tests) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it.each(systems)('installs what it makes for %s, tries it, and keeps it with its feed of updates', (system) => {
    const names = jobs[system]!.steps.map(({ name = '' }) => name);
    expect(names.findIndex((name) => name.startsWith('Install '))).toBeGreaterThan(0);
    const last = jobs[system]!.steps.at(-1)!;
    expect(last).toMatchObject({ uses: expect.stringContaining('upload-artifact') });
    expect(last.with).toMatchObject({ name: system, 'if-no-files-found': 'error' });
    const kept = String(last.with?.path).trim().split('\n');
    expect(kept).toContain(
      { linux: 'out/latest-linux.yml', windows: 'out/latest.yml', mac: 'out/latest-mac.yml' }[system],
    );
    const tried = jobs[system]!.steps.filter(({ run = '' }) => run.includes('packaged.slow.test.ts'));
    expect(tried.length).toBeGreaterThan(0);
    for (const { env } of tried) expect(env).toHaveProperty('DECANT_APP');
  });

  it('keeps every kind of file that electron-builder.yml names', () => {
    const { linux, win, mac, artifactName } = z
      .looseObject({
        artifactName: z.string(),
        linux: z.looseObject({ target: z.literal('AppImage') }),
        win: z.looseObject({ target: z.literal('nsis') }),
        mac: z.looseObject({ target: z.array(z.enum(['dmg', 'zip'])) }),
      })
      .parse(builder);
    const kept = steps.map((step) => String(step.with?.path ?? '')).join('\n');
    const endings = [linux.target, win.target === 'nsis' ? 'exe' : '', ...mac.target, 'deb'];
    for (const ending of endings) expect(kept).toContain(`out/*.${ending}\n`);
    // Places for downloads rename files with spaces, and the feed would not find them.
    expect(artifactName).not.toContain(' ');
    expect(artifactName).not.toContain('productName');
  });

  it.runIf(process.platform === 'linux')('has commands that bash can read', () => {
    for (const { run, shell = 'bash' } of steps) {
      if (run === undefined || shell !== 'bash') continue;
      const { status, stderr } = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' });
      expect([status, stderr], run).toEqual([0, '']);
    }
  });
});
