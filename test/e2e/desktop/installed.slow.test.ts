import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeDeb } from '../../../build/deb.ts';
import { ROOT } from '../../../build/files.ts';
import { askValue, makeSandbox } from '../../helpers/desktop-app.ts';
import { type Display, openDisplay } from '../../helpers/display.ts';
import { type PackagedApp, startPackagedApp } from '../../helpers/packaged-app.ts';
import { hashFiles } from '../folders.ts';

const TYPE = 'application/x-decant-recipe';
const ENTRY = '/usr/share/applications/decant.desktop';
const ICONS = [16, 32, 48, 128, 256, 512].map((size) => `/usr/share/icons/hicolor/${size}x${size}/apps/decant.png`);

/** The packed app that the package is made of, and a display; or why there is nothing to install, in one sentence. */
async function findPacked(): Promise<{ app: string; display: Display } | string> {
  const program = process.env.DECANT_APP;
  if (program === undefined) return 'DECANT_APP=out/… names no packed app.';
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root can install a Debian package.';
  const wanted = ['dpkg-deb', 'apt-get', 'gio', 'update-mime-database', 'update-desktop-database'];
  const absent = wanted.filter((name) => spawnSync('which', [name]).status !== 0);
  if (absent.length > 0) return `${absent.join(' and ')} is not here.`;
  if (existsSync('/usr/lib/decant')) return 'Decant is installed here, and stays as it is.';
  const display = await openDisplay();
  return display === null ? 'there is no display.' : { app: dirname(resolve(program)), display };
}

const found = await findPacked();
if (typeof found === 'string') console.warn(`The installed app is not tested: ${found}`);

describe.skipIf(typeof found === 'string')('the Debian package', () => {
  const sandbox = makeSandbox();
  const recipe = join(sandbox.home, 'mine.decant');
  /** A user who is not root, with a home of their own. */
  let user: { uid: number; gid: number };
  let env: NodeJS.ProcessEnv;
  let deb: string;
  let installed: readonly string[] = [];
  let running: PackagedApp | null = null;

  beforeAll(async () => {
    if (typeof found === 'string') return;
    user = { uid: Number(run('id', ['-u', 'nobody'])), gid: Number(run('id', ['-g', 'nobody'])) };
    chmodSync(sandbox.folder, 0o755);
    mkdirSync(sandbox.home, { mode: 0o700 });
    chownSync(sandbox.home, user.uid, user.gid);
    env = { PATH: process.env.PATH, HOME: sandbox.home, DISPLAY: found.display.name, LANG: 'C.UTF-8' };
    if (process.env.ELECTRON_OVERRIDE_DIST_PATH) {
      // Electron that was given may be older than ours, and the Node of these tests may be out of the user's reach.
      env.DECANT_ENGINE_NODE = join(sandbox.folder, 'node');
      copyFileSync(process.execPath, env.DECANT_ENGINE_NODE);
    }
    deb = await makeDeb(found.app, join(sandbox.folder, 'out'), { compression: 'none' });
  });
  afterAll(() => {
    running?.process.kill('SIGKILL');
    if (deb !== undefined) spawnSync('dpkg', ['--purge', 'decant']);
    if (typeof found !== 'string') found.display.stop();
    sandbox.remove();
  });

  it('holds the app, its menu entry, its file type and its icons, and runs nothing as root', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(run('dpkg-deb', ['--field', deb, 'Package', 'Version'])).toBe(`Package: decant\nVersion: ${version}`);
    expect(run('dpkg-deb', ['--field', deb, 'Depends'])).toMatch(/libgtk-3-0, .*libasound2t64 [|] libasound2$/);
    const entries = run('dpkg-deb', ['--contents', deb]).split('\n');
    const modeOf = (path: string) => entries.find((line) => line.endsWith(` .${path}`))?.slice(0, 10);
    expect(modeOf('/usr/lib/decant/decant')).toBe('-rwxr-xr-x');
    expect(modeOf('/usr/lib/decant/chrome-sandbox')).toBe('-rwsr-xr-x');
    for (const path of [ENTRY, '/usr/share/mime/packages/decant.xml', '/usr/share/doc/decant/copyright', ...ICONS])
      expect(modeOf(path), path).toBe('-rw-r--r--');
    expect(entries.filter((line) => !/^\S+ root[/]root /.test(line))).toEqual([]);
    expect(entries.filter((line) => /^[^l]....w|^[^l].......w/.test(line))).toEqual([]); // Others may not write.
    run('dpkg-deb', ['--control', deb, join(sandbox.folder, 'control')]);
    expect(readdirSync(join(sandbox.folder, 'control'))).toEqual(['control']);
  });

  it('is installed by apt, and is what opens recipes from then on', () => {
    runApt(['install', '--no-install-recommends', deb]);
    installed = run('dpkg', ['--listfiles', 'decant'])
      .split('\n')
      .filter((path) => !lstatSync(path).isDirectory());
    expect(installed).toEqual(expect.arrayContaining([ENTRY, '/usr/bin/decant', '/usr/lib/decant/decant']));
    run('desktop-file-validate', [ENTRY]);
    writeFileSync(recipe, '{"prune": {"macs": 0.25}}');
    chownSync(recipe, user.uid, user.gid);
    expect(run('gio', ['info', '-a', 'standard::content-type', recipe], user)).toContain(`content-type: ${TYPE}`);
    expect(run('gio', ['mime', TYPE], user)).toMatch(/^Default application .*: decant[.]desktop$/m);
  });

  it('starts from its menu entry, in the sandbox, for a user who is not root', async () => {
    const [program = ''] = (/^Exec=(.*)$/m.exec(readFileSync(ENTRY, 'utf8'))?.[1] ?? '').split(' ');
    running = await startPackagedApp(program, { env, ...user });
    const { page } = running;
    const isReady = async () => expect(await askValue(page, 'engine.status', {})).toMatchObject({ state: 'ready' });
    await vi.waitFor(isReady, { timeout: 60_000 });
    await page.getByRole('button', { name: 'Explore a finished sample' }).click();
    await page.getByText('Sample: drawn pictures').first().waitFor({ timeout: 60_000 });
  });

  it('shows a recipe that its user opens in a file manager', async () => {
    run('gio', ['open', recipe], user);
    const { page } = running!;
    await page.getByRole('heading', { name: 'New run' }).waitFor({ timeout: 30_000 });
    await page.getByText(/^−75[.]0\s%$/).waitFor(); // What the recipe asks for.
    await page.screenshot({ path: join(ROOT, 'test-results/installed-recipe.png') });
  });

  it('is removed without a trace, and its user keeps every byte', async () => {
    expect(await running!.quit()).toBe(0);
    const before = hashFiles(sandbox.home);
    expect([...before.keys()].filter((path) => path.endsWith('report.json'))).toHaveLength(1);
    runApt(['remove', 'decant']);
    expect(installed.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync('/usr/lib/decant')).toBe(false);
    expect(run('gio', ['mime', TYPE], user)).not.toContain('decant.desktop');
    expect(hashFiles(sandbox.home)).toEqual(before);
  });

  /** Runs apt, without waiting for the disk after every file. */
  function runApt(args: readonly string[]): void {
    run('apt-get', ['-y', '-qq', '-o', 'Dpkg::Options::=--force-unsafe-io', ...args]);
  }

  /** Runs a program, by default as root; gives what it printed. */
  function run(program: string, args: readonly string[], as: { uid?: number; gid?: number } = {}): string {
    const whole = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...(as.uid !== undefined && env) };
    const { status, stdout, stderr, error } = spawnSync(program, args, { ...as, env: whole, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
    return stdout.trim();
  }
});
