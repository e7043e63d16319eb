/** Electron's security checklist (electronjs.org/docs/latest/tutorial/security), point by point, in the running app. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFiles, ROOT } from '../../../build/files.ts';
import { type DesktopApp, findDesktop, makeSandbox } from '../../helpers/desktop-app.ts';

const desktop = await findDesktop();
if ('missing' in desktop) console.warn(`The app's safety is not tested. ${desktop.missing}`);

describe.skipIf('missing' in desktop)('the window', () => {
  const sandbox = makeSandbox();
  let running: DesktopApp;
  /** Somebody else's site, on this machine; and what it was asked. */
  let site: Server;
  let address: string;
  const visits: string[] = [];

  beforeAll(async () => {
    if ('missing' in desktop) return;
    site = createServer((request, response) => {
      visits.push(request.url ?? '');
      response.setHeader('Access-Control-Allow-Origin', '*').end('<h1>elsewhere</h1>');
    }).listen(0, '127.0.0.1');
    running = await desktop.start(sandbox, {
      args: ['--use-fake-device-for-media-stream'],
    });
    address = `http://127.0.0.1:${(site.address() as AddressInfo).port}`; // It listens on a port.
  });
  afterAll(async () => {
    await running?.quit();
    if (!('missing' in desktop)) desktop.stop();
    site?.close();
    sandbox.remove();
  });

  /** A value of the page, or the message of what it throws. */
  const evaluate = (code: string): Promise<unknown> =>
    running.page.evaluate(
      `(async () => { try { return await (${code}); } catch (error) { return String(error); } })()`,
    );
  const preferences = (): Promise<Record<string, unknown>> =>
    running.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      // What it was made with; Electron declares no type for it.
      const contents = window?.webContents as { getLastWebPreferences?(): Record<string, unknown> } | undefined;
      return contents?.getLastWebPreferences?.() ?? {};
    });

  it('1. loads only secure content: nothing from the network, whatever the page does', async () => {
    expect(running.page.url()).toMatch(/^app:\/\/decant\//);
    expect(await evaluate('isSecureContext')).toBe(true);
    expect(await evaluate(`fetch('${address}/fetch')`)).toMatch(/Failed to fetch/);
    await evaluate(`new Promise((resolve) => {
      const image = new Image();
      image.onload = image.onerror = resolve;
      image.src = '${address}/image';
    })`);
    await evaluate(`navigator.sendBeacon('${address}/beacon')`);
    // Not only by the page's own policy: a request without any page is refused too.
    const refused = await running.app.evaluate(
      ({ session }, url) =>
        session.defaultSession.fetch(url).then(
          () => 'answered',
          () => 'refused',
        ),
      `${address}/session`,
    );
    expect(refused).toBe('refused');
    expect(visits).toEqual([]);
  });

  it('2. has no Node', async () => {
    for (const name of ['require', 'process', 'module', 'Buffer', 'global', 'setImmediate', '__dirname'])
      expect(await evaluate(`typeof globalThis.${name}`), name).toBe('undefined');
    expect(await preferences()).toMatchObject({ nodeIntegration: false });
  });

  it('3. is isolated from the preload script', async () => {
    expect(await preferences()).toMatchObject({ contextIsolation: true });
    expect(await evaluate('(() => { window.decant.request = 1; return typeof window.decant.request; })()')).toBe(
      'function',
    );
    expect(await evaluate('(() => { delete window.decant; return typeof window.decant; })()')).toBe('object');
  });

  it('4. is sandboxed', async () => {
    expect(await preferences()).toMatchObject({ sandbox: true });
  });

  it('5. gets no permission but to look through the camera, and to copy a picture', async () => {
    expect(await evaluate('Notification.requestPermission()')).toBe('denied');
    for (const ask of [
      'navigator.mediaDevices.getUserMedia({ audio: true })',
      'navigator.mediaDevices.getUserMedia({ audio: true, video: true })',
      'navigator.mediaDevices.getDisplayMedia({ video: true })',
      'navigator.requestMIDIAccess({ sysex: true })',
      'navigator.clipboard.readText()',
      'new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, ({ message }) => reject(message)))',
    ])
      expect(await evaluate(ask), ask).toMatch(/denied|not allowed|not supported|permission|policy/i);
    for (const name of ['geolocation', 'microphone', 'notifications', 'clipboard-read', 'midi'])
      expect(await evaluate(`navigator.permissions.query({ name: '${name}' }).then(({ state }) => state)`), name).toBe(
        'denied',
      );
    expect(await evaluate("navigator.permissions.query({ name: 'clipboard-write' }).then(({ state }) => state)")).toBe(
      'granted',
    );
    expect(
      await evaluate(`navigator.mediaDevices.getUserMedia({ video: true }).then((stream) => {
        const [track] = stream.getTracks();
        track.stop();
        return track.kind;
      })`),
    ).toBe('video');
  });

  it('6., 8., 9., 10. keeps what Chromium protects with switched on', async () => {
    const set = await preferences();
    expect(set).toMatchObject({ webSecurity: true, allowRunningInsecureContent: false });
    expect(set.experimentalFeatures ?? false).toBe(false);
    expect(set.enableBlinkFeatures ?? '').toBe('');
    expect(set.spellcheck ?? false).toBe(false);
  });

  it('7. has a policy that runs no text as code or style', async () => {
    const policy = await evaluate(
      "fetch('app://decant/').then(({ headers }) => headers.get('Content-Security-Policy'))",
    );
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe/);
    // Later: what a debugger evaluates may do more, and so may this.
    const later = (code: string) => `new Promise((resolve, reject) => setTimeout(() => {
      try { resolve(${code}); } catch (error) { reject(error); }
    }))`;
    expect(await evaluate(later("eval('1 + 1')"))).toMatch(/EvalError/);
    expect(await evaluate(later("new Function('return 1')()"))).toMatch(/EvalError/);
    await evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.head.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img id="probe" src="x" onerror="window.ran = true" style="width: 77px">');
    })()`);
    await sleep(200);
    expect(await evaluate('window.ran')).toBeUndefined();
    expect(await evaluate("document.querySelector('#probe').style.width || 'none'")).toBe('none');
    await evaluate("document.querySelector('#probe').remove()");
  });

  it('11., 12. has no pages within the page', async () => {
    expect(await preferences()).toMatchObject({ webviewTag: false });
    await evaluate(`document.body.insertAdjacentHTML('beforeend',
      '<webview src="${address}/webview"></webview><iframe src="${address}/frame"></iframe><object data="${address}/object"></object>')`);
    await sleep(300);
    expect(visits).toEqual([]);
    await evaluate("document.querySelectorAll('webview, iframe, object').forEach((element) => element.remove())");
    expect(await running.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1);
  });

  it('13. stays where it is', async () => {
    const before = running.page.url();
    await evaluate('(() => { window.stayed = true; })()');
    for (const target of [
      `${address}/away`,
      'https://example.com/',
      'file:///etc/passwd',
      'data:text/html,<h1>x</h1>',
      'app://decant/thumbnails/0123456789abcdef/0',
      'app://elsewhere/',
      'javascript:void(window.stayed = false)',
    ]) {
      await evaluate(`(() => { location.href = ${JSON.stringify(target)}; })()`);
      await evaluate(`(() => {
        const link = Object.assign(document.createElement('a'), { href: ${JSON.stringify(target)} });
        document.body.append(link);
        link.click();
        link.remove();
      })()`);
      await sleep(100);

      expect(running.page.url().split('#')[0], target).toBe(before.split('#')[0]);
      expect(await evaluate('window.stayed'), target).toBe(true);
    }
    await evaluate(`(() => {
      const form = Object.assign(document.createElement('form'), { action: '${address}/form', method: 'post' });
      document.body.append(form);
      form.submit();
      form.remove();
    })()`);
    await sleep(200);
    expect(await evaluate('window.stayed')).toBe(true);
    expect(visits).toEqual([]);
  });

  it('13. comes back from an empty page, which Chromium lets no program forbid', async () => {
    await running.page.evaluate("setTimeout(() => { location.href = 'about:blank'; })");
    await running.page.waitForURL(/^about:blank/);
    await running.page.waitForURL(/^app:\/\/decant\//);
    await running.page.waitForLoadState('load');
    expect(await evaluate('window.stayed')).toBeUndefined();
    expect(await evaluate("window.decant.request('settings.read', {}).then(({ ok }) => ok)")).toBe(true);
  });

  it('14. opens no others', async () => {
    for (const target of ['', 'about:blank', `${address}/popup`, 'app://decant/index.html', 'file:///etc/passwd'])
      expect(await evaluate(`window.open(${JSON.stringify(target)})`), target).toBeNull();
    await evaluate(`(() => {
      const link = Object.assign(document.createElement('a'), { href: '${address}/blank', target: '_blank' });
      document.body.append(link);
      link.click();
      link.remove();
    })()`);
    await sleep(200);
    expect(running.app.windows()).toHaveLength(1);
    expect(visits).toEqual([]);
  });

  it('15. cannot have addresses opened by other programs: nothing of ours does that', async () => {
    const sources = (await listFiles('electron')).filter((path) => /^electron\/(main|preload)\//.test(path));
    for (const path of sources) expect(readFileSync(join(ROOT, path), 'utf8'), path).not.toContain('openExternal');
  });

  it('16. is packed with a current Electron', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(Number(/\d+/.exec(devDependencies.electron)?.[0])).toBeGreaterThanOrEqual(45);
  });

  it('17. is the only one that is answered: another page with the same preload script is not', async () => {
    const answers = await running.app.evaluate(async ({ BrowserWindow, app }) => {
      const preload = `${app.getAppPath()}/dist/preload/index.cjs`;
      const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
      await other.loadURL('data:text/html,<h1>not ours</h1>');
      const run = (code: string): Promise<unknown> => other.webContents.executeJavaScript(code);
      const asked = await run("window.decant.request('settings.read', {})");
      const changed = await run("window.decant.request('settings.change', { theme: 'dark' })");
      await other.loadURL('app://decant/index.html'); // Even with our own page.
      const ours = await run("window.decant.request('settings.read', {})");
      other.destroy();
      return [asked, changed, ours];
    });
    const message = "Only Decant's own page may send requests.";
    expect(answers).toEqual(Array(3).fill({ ok: false, failure: { code: 'ipc.invalid', message } }));
  });

  it('18. is not served from files, and reads none', async () => {
    for (const target of ['file:///etc/passwd', `file://${ROOT}package.json`])
      expect(await evaluate(`fetch(${JSON.stringify(target)}).then((response) => response.text())`)).toMatch(
        /Failed to fetch/,
      );
    for (const path of ['../package.json', '%2e%2e/%2e%2e/package.json', '..%2f..%2fpackage.json', '/etc/passwd'])
      expect(
        await evaluate(`fetch(${JSON.stringify(`app://decant/${path}`)}).then(({ status }) => status)`),
        path,
      ).toBe(404);
    const unknown = "fetch('app://decant/thumbnails/0123456789abcdef/0').then(({ status }) => status)";
    expect(await evaluate(unknown)).toBe(404);
  });

  it('19. is packed with fuses that let nobody use it as another program', () => {
    const configuration = readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8');
    for (const line of [
      'runAsNode: false',
      'enableNodeOptionsEnvironmentVariable: false',
      'enableNodeCliInspectArguments: false',
      'enableEmbeddedAsarIntegrityValidation: true',
      'onlyLoadAppFromAsar: true',
      'enableCookieEncryption: true',
      'grantFileProtocolExtraPrivileges: false',
    ])
      expect(configuration).toContain(line);
  });

  it("20. gets three functions, and nothing of Electron's", async () => {
    expect(await evaluate('Object.keys(window.decant).sort()')).toEqual(['listen', 'open', 'request']);
    expect(await evaluate("'electron' in window || 'ipcRenderer' in window")).toBe(false);
    expect(await evaluate("window.decant.open({ path: '/etc/passwd' }, 'w').then(({ failure }) => failure.code)")).toBe(
      'ipc.invalid',
    );
    expect(
      await evaluate("window.decant.open(new File(['x'], '/etc/passwd'), 'w').then(({ failure }) => failure.code)"),
    ).toBe('ipc.invalid');
  });

  it('downloads nothing', async () => {
    const downloads = running.app.evaluate(
      ({ session }) =>
        new Promise<string>((resolve) => {
          session.defaultSession.on('will-download', (event) =>
            resolve(event.defaultPrevented ? 'prevented' : 'begun'),
          );
          setTimeout(() => resolve('none'), 1500);
        }),
    );
    await evaluate(`(() => {
      const link = Object.assign(document.createElement('a'), { download: 'x.txt' });
      link.href = URL.createObjectURL(new Blob(['x']));
      document.body.append(link);
      link.click();
      link.remove();
    })()`);
    expect(await downloads).toBe('prevented');
  });
});
