import { promisify } from 'node:util';
import yauzl from 'yauzl';

/** All files of an archive, by another implementation, checksums included. */
export async function readZip(bytes: Uint8Array): Promise<Record<string, Buffer>> {
  const zip = await promisify<Buffer, yauzl.Options, yauzl.ZipFile>(yauzl.fromBuffer)(Buffer.from(bytes), {
    lazyEntries: true,
  });
  const files: Record<string, Buffer> = {};
  return new Promise((resolve, reject) => {
    zip.on('error', reject).on('end', () => resolve(files));
    zip.on('entry', (entry: yauzl.Entry) =>
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        const parts: Buffer[] = [];
        stream
          .on('data', (part: Buffer) => parts.push(part))
          .on('end', () => {
            files[entry.fileName] = Buffer.concat(parts);
            zip.readEntry();
          });
      }),
    );
    zip.readEntry();
  });
}

/** The same as texts. */
export async function readZipTexts(bytes: Uint8Array): Promise<Record<string, string>> {
  const files = await readZip(bytes);
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [name, content.toString()]));
}
