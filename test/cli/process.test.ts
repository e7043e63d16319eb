import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../../electron/cli/index.ts', import.meta.url));

function decant(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

it('is a program with exit statuses and nothing but its result on stdout', async () => {
  expect(await decant('--version')).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  const bad = await decant('inspect');
  expect(bad).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^decant: <dataset> is missing.*\n$/) });
});

it('asks a home that is not there without making it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'decant-process-'));
  const home = join(folder, 'home');
  const listed = await decant('runs', '--json', '--home', home);
  expect(listed).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
  const unknown = await decant('runs', 'show', 'nope', '--home', home);
  expect(unknown).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^decant: .*no run.*"nope".*\n$/i) });
  expect(existsSync(home)).toBe(false);
  await rm(folder, { recursive: true });
});

it('ends quietly when its reader has seen enough', async () => {
  const child = spawn(process.execPath, [CLI, 'help', 'recipe'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += String(data);
  });
  const status = await new Promise((resolve) => child.once('exit', resolve));
  expect([status, stderr]).toEqual([0, '']);
});

it.skipIf(!existsSync('/dev/full'))('says in one line that its result cannot be written', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [CLI, 'help', 'recipe'], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  let stderr = '';
  child.stderr!.on('data', (data) => {
    stderr += String(data);
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^decant: The result cannot be written .*ENOSPC.*\n$/);
});
