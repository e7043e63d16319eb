/** Draws build/icon.png, from which electron-builder makes the icons of every platform, after icon.svg was changed. */
import { join } from 'node:path';
import sharp from 'sharp';
import { ROOT } from './files.ts';

const folder = join(ROOT, 'build');
const { size } = await sharp(join(folder, 'icon.svg'), { density: 96 })
  .resize(1024, 1024)
  .png({ compressionLevel: 9, palette: true, quality: 95 })
  .toFile(join(folder, 'icon.png'));
console.log(`build/icon.png: ${size} bytes`);
