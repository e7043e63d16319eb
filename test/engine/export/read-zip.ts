import { promisify } from 'node:util';
import yauzl from 'yauzl';

/** All files of an archive, by another implementation, checksums included. */
export async function readZip(bytes: Uint8Array): Promise<Record<string, string>> {
  const zip = await promisify<Buffer, yauzl.Options, yauzl.ZipFile>(yauzl.fromBuffer)(Buffer.from(bytes), {
    lazyEntries: true,
  });
  const files: Record<string, string> = {};
  return new Promise((resolve, reject) => {
    zip.on('error', reject).on('end', () => resolve(files));
    zip.on('entry', (entry: yauzl.Entry) =>
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        const parts: Buffer[] = [];
        stream
          .on('data', (part: Buffer) => parts.push(part))
          .on('end', () => {
            files[entry.fileName] = Buffer.concat(parts).toString();
            zip.readEntry();
          });
      }),
    );
    zip.readEntry();
  });
}
