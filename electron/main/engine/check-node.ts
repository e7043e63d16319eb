import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DecantError } from '../../engine/index.ts';

/** Older ones lack what the engine's database needs. */
const OLDEST = [22, 18] as const;

/**
 * Makes sure that a program is a Node that can run the engine.
 *
 * @throws DecantError `usage.invalid` with one sentence
 */
export async function checkNode(path: string): Promise<void> {
  const refuse = (what: string): DecantError =>
    new DecantError('usage.invalid', `${path} ${what}; choose Node ${OLDEST.join('.')} or newer.`, { path });
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 }).catch(() => {
    throw refuse('is not a program that reports its version');
  });
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(stdout) ?? [];
  if (major === undefined || minor === undefined) throw refuse('is not Node');
  if (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]))
    throw refuse(`is Node ${stdout.trim().slice(1)}, which is too old`);
}
