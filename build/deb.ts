/** The Debian package. `npm run dist:deb` makes it from the packed app with Debian's own dpkg-deb, as electron-builder.yml says. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Installer } from 'electron-installer-debian';
import { load } from 'js-yaml';
import sharp from 'sharp';
import { z } from 'zod';
import { ROOT } from './files.ts';

const configurationSchema = z.object({
  fileAssociations: z.array(z.object({ ext: z.string(), name: z.string(), mimeType: z.string() })),
  linux: z.object({ category: z.string(), maintainer: z.string(), synopsis: z.string() }),
});

type Association = z.infer<typeof configurationSchema>['fileAssociations'][number];

/** Sides in pixels of the icons that desktops look for. */
const ICON_SIZES = [16, 24, 32, 48, 64, 128, 256, 512];

/** Debian's names of processors. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const DESCRIPTION = `Decant trains a large network on labelled images, and a small one that learns from it while its channels are pruned. It measures both side by side, and exports the small one to TFLite, Core ML, ONNX and TensorFlow.js. Everything runs on this machine.`;

/**
 * Puts the packed app into a package, and gives the package's path.
 *
 * No script of the package runs as root. The packages that keep the databases of file types, menu entries and icons notice what
 * it puts below `/usr/share`, and renew them.
 *
 * @param app folder of the packed app
 * @param output folder for the package
 * @param compression of dpkg-deb; `xz` makes the smallest package and takes minutes
 */
export async function makeDeb(
  app: string,
  output: string,
  { compression = 'xz' }: { compression?: 'xz' | 'none' } = {},
): Promise<string> {
  const { fileAssociations, linux } = configurationSchema.parse(
    load(await readFile(join(ROOT, 'electron-builder.yml'), 'utf8')),
  );
  const icons = await mkdtemp(join(tmpdir(), 'decant-icons-'));
  let installer: DecantInstaller | undefined;
  try {
    installer = new DecantInstaller(fileAssociations, {
      src: app,
      dest: output,
      arch: ARCHITECTURES[process.arch] ?? process.arch,
      rename: (folder: string, name: string) => join(folder, name),
      logger: () => undefined,
      compression,
      section: 'science',
      maintainer: linux.maintainer,
      description: linux.synopsis,
      productDescription: DESCRIPTION,
      categories: [linux.category],
      mimeType: fileAssociations.map(({ mimeType }) => mimeType),
      icon: await drawIcons(icons),
      // Without it Electron does not start; the tool only recommends it.
      depends: ['libasound2t64 | libasound2'],
      recommends: ['desktop-file-utils', 'shared-mime-info'],
      desktopTemplate: join(ROOT, 'build/linux/decant.desktop.ejs'),
    });
    await installer.generateDefaults();
    const made = installer.generateOptions();
    // The tool also asks for a program that moves files to the trash, which Decant never does.
    made.depends = made.depends.filter((names) => !names.includes('trash-cli'));
    await installer.createStagingDir();
    await installer.createContents();
    await installer.createPackage();
    await mkdir(output, { recursive: true });
    await installer.movePackage();
    const [path] = made.packagePaths ?? [];
    if (path === undefined) throw new Error(`dpkg-deb made no package of ${app}.`);
    return path;
  } finally {
    await installer?.removeStaging();
    await rm(icons, { recursive: true, force: true });
  }
}

class DecantInstaller extends Installer {
  private readonly associations: readonly Association[];

  constructor(associations: readonly Association[], options: Readonly<Record<string, unknown>>) {
    super(options);
    this.associations = associations;
  }

  protected override get contentFunctions(): string[] {
    return [...super.contentFunctions, 'writeTypes'];
  }

  protected override copyLicense(target: string): Promise<void> {
    return copyFile(join(ROOT, 'LICENSE'), target);
  }

  /** Removes the copy of the app that became the package, which the tool leaves behind. */
  async removeStaging(): Promise<void> {
    if (this.stagingDir !== undefined) await rm(dirname(this.stagingDir), { recursive: true, force: true });
  }

  /** Tells desktops which files are Decant's. */
  protected async writeTypes(): Promise<void> {
    const folder = join(this.stagingDir!, 'usr/share/mime/packages'); // It is there before its contents.
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'decant.xml'), describeTypes(this.associations));
  }
}

/** The associations in the words of freedesktop.org's shared MIME database. */
export function describeTypes(associations: readonly Association[]): string {
  const types = associations.map(
    ({ ext, name, mimeType }) => `  <mime-type type="${mimeType}">
    <comment>${name}</comment>
    <sub-class-of type="application/json"/>
    <icon name="decant"/>
    <glob pattern="*.${ext}"/>
  </mime-type>
`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
${types.join('')}</mime-info>
`;
}

/** Draws the icon in every size into a folder; gives the files by the names of their folders in an icon theme. */
async function drawIcons(folder: string): Promise<Record<string, string>> {
  const drawing = join(ROOT, 'build/icon.svg');
  const icons: Record<string, string> = { scalable: drawing };
  for (const size of ICON_SIZES) {
    const path = join(folder, `${size}.png`);
    await sharp(drawing).resize(size, size).png({ compressionLevel: 9 }).toFile(path);
    icons[`${size}x${size}`] = path;
  }
  return icons;
}
