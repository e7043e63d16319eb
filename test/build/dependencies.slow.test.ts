import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Licences that allow what Decant does with a package: ship it, unchanged, in a program of another licence. */
const ALLOWED = /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Python-2\.0)$/;
/** A library that is loaded as a file of its own, and can be replaced there. */
const REPLACEABLE = /^node_modules\/@img\/sharp-/;

const lockSchema = z.object({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional(), license: z.string().optional() })),
});

it('every package that is shipped has a licence that allows it', () => {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')));
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  expect(shipped.length).toBeGreaterThan(50);
  const refused = shipped.filter(([path, { license = 'none' }]) => {
    const names = license.replaceAll(/[()]/g, '').split(/ AND | OR /);
    return !names.every((name) => ALLOWED.test(name) || (name === 'LGPL-3.0-or-later' && REPLACEABLE.test(path)));
  });
  expect(refused.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

const auditSchema = z.looseObject({
  vulnerabilities: z.record(z.string(), z.looseObject({ severity: z.string() })),
});

it('no package that is shipped has a known weakness of high severity', { timeout: 120_000 }, ({ skip }) => {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: ROOT, encoding: 'utf8' });
  const audit = auditSchema.safeParse(readJson(stdout));
  skip(!audit.success, 'the registry does not answer');
  const serious = Object.entries(audit.data!.vulnerabilities)
    .filter(([, { severity }]) => severity === 'high' || severity === 'critical')
    .map(([name, { severity }]) => `${name}: ${severity}`);
  expect(serious).toEqual([]);
});

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
