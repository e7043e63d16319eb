import { expect, it } from 'vitest';
import { describeRenderer, type OpenedRenderer } from './open-renderer.ts';
import { createClassNames, createOpinions, SAMPLES } from './samples.ts';
import { ScriptedFailure } from './scripted-bridge.ts';
import { drawThumbnail } from './thumbnail.ts';

const picture = (image: number, name = `image-${image}.svg`) => ({
  name,
  mimeType: 'image/svg+xml',
  buffer: Buffer.from(drawThumbnail(image)),
});

const input = ({ page }: OpenedRenderer) => page.locator('input[type=file]');

/** Gives a camera that shows a drawn picture, and counts how often it was let go. */
async function fakeCamera({ page }: OpenedRenderer): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const released = { count: 0 };
    Object.assign(window, { released });
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement('canvas');
      canvas.width = 320;
      canvas.height = 240;
      const context = canvas.getContext('2d')!;
      setInterval(() => {
        context.fillStyle = '#2a6f4e';
        context.fillRect(0, 0, 320, 240);
        context.fillStyle = '#f2b134';
        context.fillRect(110 + 10 * Math.random(), 70, 100, 100);
      }, 50);
      const stream = canvas.captureStream(20);
      for (const track of stream.getTracks()) {
        const stop = track.stop.bind(track);
        track.stop = () => {
          released.count++;
          stop();
        };
      }
      return stream;
    };
  });
  // Put there by the script above.
  return () => page.evaluate('window.released.count');
}

describeRenderer('Try', (open) => {
  it.each(['light', 'dark'] as const)('shows what both networks see, in the %s theme', async (theme) => {
    const window = await open({ theme });
    const { page } = window;
    await window.visit('Try');
    await page.getByText('Drop an image here').waitFor();
    await window.picture(`try-waiting-${theme}`);
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await input(window).setInputFiles(picture(3));
    await page.getByText('Both say daisy').waitFor();
    expect(await page.getByRole('meter').count()).toBe(10);
    await page.getByText('The student is 1.85 times as fast as the teacher.').waitFor();

    const names = createClassNames(12);
    window.bridge.answer('classify.image', () => ({
      opinions: createOpinions((role) => ({
        top: [0.46, 0.31, 0.12, 0.07, 0.04].map((probability, rank) => ({
          name: names[role === 'teacher' ? rank : [1, 0, 2, 3, 4][rank]!]!,
          probability,
        })),
      })),
    }));
    await input(window).setInputFiles(picture(40));
    await page.getByText(`The teacher says ${names[0]}, the student says ${names[1]}`).waitFor();
    await window.picture(`try-answers-${theme}`);
    expect(await window.findAccessibilityFaults()).toEqual([]);

    const asked = window.bridge.countAsked('classify.image');
    await page.getByRole('list', { name: 'Recent images' }).getByRole('button').last().click();
    await page.getByText('Both say daisy').waitFor();
    expect(window.bridge.countAsked('classify.image'), 'an answer that is known is not asked for again').toBe(asked);
    await window.close();
  });

  it('keeps the last eight images, also while one is elsewhere', async () => {
    const window = await open();
    await window.visit('Try');
    for (let image = 0; image < 10; image++) {
      await input(window).setInputFiles(picture(image));
      await window.page.getByRole('img', { name: `image-${image}.svg` }).waitFor();
    }
    await window.visit('Settings');
    await window.visit('Try');
    expect(await window.page.getByRole('list', { name: 'Recent images' }).getByRole('button').count()).toBe(8);
    await window.close();
  });

  it('takes what is dropped and what is pasted', async () => {
    const window = await open();
    const { page } = window;
    await window.visit('Try');
    const drawn = drawThumbnail(7);
    await page.evaluate((drawn) => {
      const data = new DataTransfer();
      data.items.add(new File([drawn], 'dropped.svg', { type: 'image/svg+xml' }));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }, drawn);
    await page.getByRole('img', { name: 'dropped.svg' }).waitFor();
    await page.evaluate((drawn) => {
      const data = new DataTransfer();
      data.items.add(new File([drawn], 'pasted.svg', { type: 'image/svg+xml' }));
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    }, drawn);
    await page.getByRole('img', { name: 'pasted.svg' }).waitFor();
    await page.evaluate(() =>
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: new DataTransfer(), bubbles: true })),
    );
    await page.getByText('The clipboard contains no image').waitFor();
    await window.close();
  });

  it('says in a sentence why something cannot be tried', async () => {
    const window = await open();
    const { page } = window;
    await window.visit('Try');
    await input(window).setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.getByText('notes.txt is not an image. Choose a JPEG, PNG, WebP or GIF file.').waitFor();
    await window.picture('try-refused');
    window.bridge.answer('classify.image', () => {
      throw new ScriptedFailure(
        'image.unreadable',
        'The file cannot be classified: it ends in the middle of the image; choose a JPEG, PNG, WebP or GIF image.',
      );
    });
    await input(window).setInputFiles(picture(2));
    await page.getByText('it ends in the middle of the image').waitFor();
    expect(await page.getByRole('list', { name: 'Recent images' }).count(), 'what is no image is not kept').toBe(0);
    await page.getByText('Drop an image here').waitFor();
    expect(await window.findAccessibilityFaults()).toEqual([]);
    await window.close();
  });

  it('looks through the camera only when asked, at a bounded rate, and lets it go', async () => {
    const window = await open();
    const { page, bridge } = window;
    await window.visit('Try');
    const countReleased = await fakeCamera(window);
    await page.getByRole('button', { name: 'Use camera' }).click();
    await page.getByText('Both say daisy').waitFor();
    await window.picture('try-camera');
    const before = bridge.countAsked('classify.image');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(bridge.countAsked('classify.image') - before).toBeLessThanOrEqual(5);
    await page.getByRole('button', { name: 'Take picture' }).click();
    await page.getByRole('img', { name: /^Camera/ }).waitFor();
    expect(await countReleased()).toBe(1);
    await page.getByRole('button', { name: 'Use camera' }).click();
    await page.getByRole('button', { name: 'Stop camera' }).waitFor();
    await window.visit('Settings');
    expect(await countReleased()).toBe(2);
    await window.close();
  });

  it.each([
    ['NotFoundError', 'No camera found'],
    ['NotAllowedError', 'Decant is not allowed to use the camera'],
  ])('says what to do about the camera: %s', async (name, sentence) => {
    const window = await open();
    await window.visit('Try');
    await window.page.evaluate((name) => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('', name);
      };
    }, name);
    await window.page.getByRole('button', { name: 'Use camera' }).click();
    await window.page.getByText(sentence).waitFor();
    await window.page.getByRole('button', { name: 'Try camera again' }).waitFor();
    await window.close();
  });

  it('teaches what belongs here before a run is finished, and lets another run be chosen after', async () => {
    const empty = await open({ sample: SAMPLES.empty() });
    await empty.visit('Try');
    await empty.page.getByText('No finished runs yet').waitFor();
    await empty.picture('try-empty');
    await empty.close();

    const window = await open();
    await window.visit('Try');
    await window.page.getByRole('button', { name: 'Choose run' }).click();
    await window.page.getByRole('searchbox', { name: 'Search finished runs' }).waitFor();
    await window.picture('try-choose');
    await window.page.getByRole('list', { name: 'Finished runs' }).getByRole('button').last().click();
    await window.page.getByRole('button', { name: 'flowers12 · quick look', exact: true }).waitFor();
    await input(window).setInputFiles(picture(5));
    await expect
      .poll(() => window.bridge.asked.find(({ name }) => name === 'classify.image')?.params)
      .toMatchObject({ run: '01run0000002' });
    await window.close();
  });

  it.each(['light', 'dark'] as const)(
    'promises nothing of an image unlike the training images, or of little confidence, in the %s theme',
    async (theme) => {
      const window = await open({ theme });
      const { page, bridge } = window;
      const say = (probability: number, unlike: boolean) =>
        bridge.answer('classify.image', () => ({
          opinions: createOpinions((role) => ({
            top: [{ name: 'tulip', probability }],
            unlike: unlike && role === 'student',
          })),
        }));
      await window.visit('Try');
      say(0.97, true);
      await input(window).setInputFiles(picture(3));
      const status = page.getByRole('status').filter({ hasText: 'tulip' });
      await status.getByText('This image is not like the ones it learned from; the answer means little.').waitFor();
      await status.getByText('Both say tulip.').waitFor();
      await page.getByText('Confidence is calibrated on the validation images.').waitFor();
      await window.picture(`try-unlike-${theme}`);
      expect(await window.findAccessibilityFaults()).toEqual([]);
      const colorOf = () => status.locator('strong').evaluate((element) => getComputedStyle(element).color);
      const neutral = await colorOf();

      say(0.18, false);
      await input(window).setInputFiles(picture(4));
      await status.getByText('Both say tulip, with little confidence').waitFor();
      await status.getByText('An answer under 50 % is more likely wrong than right.').waitFor();
      expect(await colorOf()).toBe(neutral);
      await window.picture(`try-unsure-${theme}`);
      expect(await window.findAccessibilityFaults()).toEqual([]);
      const marks = page.getByRole('list', { name: 'Recent images' });
      await marks.getByLabel('with little confidence').waitFor();
      await marks.getByLabel('not like the training images').waitFor();

      say(0.9, false);
      await input(window).setInputFiles(picture(5));
      await status.getByText('Both say tulip', { exact: true }).waitFor();
      expect(await colorOf(), 'good news look otherwise').not.toBe(neutral);
      await window.close();
    },
  );

  it('says of an older run that its confidence is not calibrated, and nothing of likeness', async () => {
    const window = await open();
    window.bridge.answer('classify.image', () => ({
      opinions: createOpinions(() => ({
        top: [{ name: 'tulip', probability: 0.3 }],
        temperature: null,
        unlike: null,
      })),
    }));
    await window.visit('Try');
    await input(window).setInputFiles(picture(3));
    await window.page.getByText('Both say tulip, with little confidence').waitFor();
    await window.page.getByText('Confidence is not calibrated, because this run is from an earlier version.').waitFor();
    expect(await window.page.getByText(/not like|more likely wrong/).count()).toBe(0);
    await window.close();
  });

  it.each([
    { width: 640, height: 640 },
    { width: 1024, height: 640 },
    { width: 1280, height: 800 },
    { width: 1280, height: 800, zoom: 2 },
  ])('keeps tiles apart and names that differ at their end distinguishable: %o', async (size) => {
    const window = await open(size);
    const { page } = window;
    const names = ['upside-down', 'sideways'].map((end) => `plain-triangle-with-a-rather-long-description-${end}`);
    window.bridge.answer('classify.image', () => ({
      opinions: createOpinions((role) => ({
        top: [0.6, 0.3].map((probability, rank) => ({
          name: names[role === 'teacher' ? rank : 1 - rank]!,
          probability,
        })),
      })),
    }));
    await window.visit('Try');
    for (let image = 0; image < 4; image++) {
      await input(window).setInputFiles(picture(image));
      await page.getByRole('img', { name: `image-${image}.svg` }).waitFor();
    }
    await page.getByRole('meter').first().waitFor();
    const boxesOf = (selector: string) =>
      page.locator(selector).evaluateAll((elements) =>
        elements.map((element) => {
          const { left, right, top, bottom } = element.getBoundingClientRect();
          return { left, right, top, bottom };
        }),
      );
    const tiles = await boxesOf('[aria-label="Recent images"] button');
    expect(tiles).toHaveLength(4);
    for (const [i, a] of tiles.entries())
      for (const b of tiles.slice(i + 1))
        expect(
          a.right <= b.left + 0.5 || b.right <= a.left + 0.5 || a.bottom <= b.top + 0.5 || b.bottom <= a.top + 0.5,
        ).toBe(true);
    // What lies within a tile or a card ends there, and the ends of names are seen.
    const outside = await page.locator('[aria-label="Recent images"] button, .cards > section').evaluateAll((boxes) =>
      boxes.flatMap((box) => {
        const edge = box.getBoundingClientRect().right + 0.5;
        return [...box.querySelectorAll('*')]
          .filter((element) => element.getBoundingClientRect().right > edge)
          .map((element) => element.className);
      }),
    );
    expect(outside).toEqual([]);
    const lists = page.getByRole('list', { name: /^Top predictions/ });
    for (const end of ['-upside-down', '-sideways'])
      expect(await lists.getByText(end, { exact: true }).first().isVisible()).toBe(true);
    const cut = await lists
      .locator('.tail')
      .evaluateAll((tails) =>
        tails.filter((tail) => tail.scrollWidth > tail.clientWidth + 1).map((tail) => tail.textContent),
      );
    expect(cut).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await lists.getByText('-sideways', { exact: true }).first().hover();
    await page.locator('.tooltip').getByText(names[1]!).waitFor();
    await window.picture(`try-long-names-${size.width}${'zoom' in size ? '-zoomed' : ''}`);
    await window.close();
  });

  it('holds names of any length, at 200 % of zoom', async () => {
    const window = await open({ width: 1024, height: 640, zoom: 2 });
    const long = `Chrysanthemum × morifolium ‘Лебединое озеро’ 雪の白鳥 ${'very '.repeat(30)}long`;
    window.bridge.answer('classify.image', () => ({
      opinions: createOpinions(() => ({
        top: [{ name: long, probability: 0.7 }],
        latencyMs: { p50: 24.3, p95: 29.9 },
      })),
    }));
    await window.visit('Try');
    await input(window).setInputFiles(picture(5, `${'long name '.repeat(20)}.svg`));
    await window.page.getByRole('meter').first().waitFor();
    await window.picture('try-zoomed');
    const overflow = await window.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await window.close();
  });
});
