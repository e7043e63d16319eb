import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DOC_TABLES, updateDoc } from '../helpers/doc-tables.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCS = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const PACKAGE = JSON.parse(read('package.json')) as { engines: { node: string }; scripts: Record<string, string> }; // Ours.

/** Folders of the repository that paths in backticks begin with. */
const FOLDERS = /^(?:electron|shared|renderer|test|bench|build|recipes|docs|\.ci)\//;

describe('the documents', () => {
  it.each(Object.keys(DOC_TABLES))('%s has what the sources say now (npm run docs puts it in)', (name) => {
    expect(updateDoc(name, read(name))).toBe(read(name));
  });

  it.each(DOCS)('%s links only to what is there', (name) => {
    const links = [...read(name).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const missing = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !hasTarget(join(ROOT, dirname(name)), link, name));
    expect(missing).toEqual([]);
  });

  it.each(DOCS)('%s names only paths that are there', (name) => {
    // A recipe also says where tests of what is yet to be added belong.
    const paths = [...read(name).matchAll(/(?<!Test in )`([^`\s]+)`/g)]
      .map(([, path]) => path!)
      .filter((path) => FOLDERS.test(path) && !/[<*{…]/.test(path));
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it.each(DOCS)('%s names only npm scripts that are there', (name) => {
    const named = [...read(name).matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, script]) => script!);
    expect(named.filter((script) => !Object.hasOwn(PACKAGE.scripts, script))).toEqual([]);
  });

  it('every document is linked from the README', () => {
    const readme = read('README.md');
    expect(DOCS.filter((name) => name !== 'README.md' && !readme.includes(`(${name})`))).toEqual([]);
  });

  it('the README is short', () => {
    expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(9 * 1024);
  });

  it('the README, package.json and .ci/run name the same Node', () => {
    const [, version] = /^>=(\d+)$/.exec(PACKAGE.engines.node) ?? [];
    expect(read('README.md')).toContain(`Node ${version} or newer`);
    expect(read('.ci/run')).toContain(`Node ${version} or newer`);
  });
});

/** Whether a relative link leads to a file, and to one of its headings where it names one. */
function hasTarget(folder: string, link: string, own: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? join(ROOT, own) : join(folder, path);
  if (!existsSync(file)) return false;
  return heading === undefined || listAnchors(readFileSync(file, 'utf8')).includes(heading);
}

/** Anchors of a document's headings, as GitHub makes them. */
function listAnchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
