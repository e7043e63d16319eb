import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askValue, type Desktop, findDesktop, makeSandbox, type Sandbox } from '../../helpers/desktop-app.ts';
import { hasPhoneBrowser, measureIn, openPhoneBrowser } from '../../helpers/phone-browser.ts';

const desktop = await findDesktop();
const missing = 'missing' in desktop ? desktop.missing : hasPhoneBrowser ? null : 'There is no Chromium here.';
if (missing !== null) console.warn(`Skipped the phone beside the app: ${missing}`);

describe.skipIf(missing !== null)('the app, with a phone', () => {
  let sandbox: Sandbox;
  beforeAll(() => {
    sandbox = makeSandbox();
  });
  afterAll(() => {
    sandbox.remove();
    (desktop as Desktop).stop();
  });

  it('shows an address, and then what the phone measured', async () => {
    const { page, app, complaints, quit } = await (desktop as Desktop).start(sandbox);
    await page.getByRole('button', { name: 'Explore a finished sample' }).first().click();
    await page.getByText('Sample: drawn pictures').first().waitFor({ timeout: 120_000 });
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Compare' }).click();
    const section = page.getByRole('region', { name: 'On phones' });
    await section.getByText('Not measured on a phone yet').waitFor();
    await section.getByRole('button', { name: 'Measure on a phone…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Measure on a phone' });
    await dialog.getByLabel('Address of this computer').selectOption('127.0.0.1');
    await dialog.getByRole('button', { name: 'Show address for 1 file' }).click();
    const url = (await dialog.locator('code').innerText({ timeout: 60_000 })).trim();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/t\//);
    await page.screenshot({ path: 'test-results/desktop-phone-address.png' });

    const phone = await openPhoneBrowser();
    try {
      await measureIn(phone.page, url, 'Ada’s phone');
      expect(phone.complaints).toEqual([]);
    } finally {
      await phone.browser.close();
    }
    await dialog.getByText('The results are in').waitFor();
    await page.screenshot({ path: 'test-results/desktop-phone-results.png' });
    await dialog.getByLabel('Name of the phone').fill('Ada’s second phone');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await section.getByRole('cell', { name: 'Ada’s second phone', exact: true }).waitFor();
    await section.getByRole('cell', { name: 'ONNX fp32' }).waitFor();
    await section.getByText(/ONNX Runtime Web [\d.]+, WebAssembly, \d+ threads?/).waitFor();
    await section.scrollIntoViewIfNeeded();
    await page.screenshot({ path: 'test-results/desktop-phone-compare.png' });
    await expect(fetch(url), 'nothing is served any more').rejects.toThrow();

    const { rows } = await askValue(page, 'runs.list', {});
    expect(rows[0]!.phoneLatencyMs).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    expect(app.windows()).toHaveLength(1);
    await quit();
  }, 240_000);
});
