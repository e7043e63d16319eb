import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const isRoot = process.getuid?.() === 0;

/** Why folders cannot be made read-only here; null: they can. Root writes whatever a folder's mode says. */
export const cannotMakeReadOnly = isRoot && !canMount() ? 'needs another user than root, or the right to mount' : null;

/** Makes a folder, with everything in it, read-only for this user too; gives what undoes that. */
export function makeReadOnly(folder: string): () => void {
  if (isRoot) {
    execFileSync('mount', ['--bind', folder, folder]);
    execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
    return () => execFileSync('umount', [folder]);
  }
  const change = (fileMode: number, folderMode: number) => {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? folderMode : fileMode);
    chmodSync(folder, folderMode);
  };
  change(0o444, 0o555);
  return () => {
    chmodSync(folder, 0o755);
    change(0o644, 0o755);
  };
}

function canMount(): boolean {
  if (process.platform !== 'linux') return false;
  const folder = mkdtempSync(join(tmpdir(), 'decant-mount-'));
  try {
    execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
