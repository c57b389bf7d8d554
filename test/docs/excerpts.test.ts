/** What the documentation shows is what the tests run: excerpts, links and the file map. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...markdownIn('docs')];

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

function blocksOf(page: string): readonly Block[] {
  const found = read(page).matchAll(/^ *```(\w*)\n(.*?)^ *```$/gms);
  return [...found].map(([, language = '', text = '']) => ({ page, language, text }));
}

/** Users import the package, examples of this repository its sources. */
function asPublished(source: string): string {
  return source.replaceAll(/'(?:\.\.\/)+src\/(testing\/)?index\.ts'/g, (_, testing) =>
    testing === undefined ? "'millrace'" : "'millrace/testing'",
  );
}

/** Both without indentation: an excerpt may come from inside of a function. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

const excerpts = pages
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'ts')
  .flatMap((block) => {
    const [, path, text] = /^\/\/ ((?:test\/)?examples\/\S+)\n(.*)$/s.exec(block.text) ?? [];
    return path === undefined || text === undefined ? [] : [{ ...block, path, text }];
  });

describe('excerpts', () => {
  test('there are some in the pages for beginners', () => {
    const shown = new Set(excerpts.map(({ page }) => page));
    expect([...shown]).toEqual(expect.arrayContaining(['README.md', 'docs/getting-started.md', 'docs/concepts.md']));
  });

  test.each(excerpts)('$page shows what is in $path', ({ path, text }) => {
    // Dots of an excerpt stand for lines left out.
    for (const part of lines(text).split(/^\/\/ \.\.\.$\n?/m)) {
      expect(lines(asPublished(read(path)))).toContain(part.trimEnd());
    }
  });

  test('every example is run by a test', () => {
    const tests = readdirSync(join(root, 'test/examples')).map((name) => read(`test/examples/${name}`));
    for (const path of new Set(excerpts.map((excerpt) => excerpt.path))) {
      if (path.startsWith('test/')) continue;
      expect(
        tests.some((text) => text.includes(`../../${path}'`)),
        `${path} is imported by no test`,
      ).toBe(true);
    }
  });
});

describe('links', () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => ({ page, target }))
      .filter(({ target }) => !/^[a-z]+:/.test(target)),
  );

  test.each(links)('$page: $target', ({ page, target }) => {
    const [path = '', heading] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, file)), `there is no ${file}`).toBe(true);
    if (heading !== undefined) expect(headingsOf(file)).toContain(heading);
  });
});

/** Headings as GitHub links to them. */
function headingsOf(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the file map of docs/architecture.md', () => {
  const map = read('docs/architecture.md').split('## File map')[1]!.split('\n## ')[0]!;
  const rows = [...map.matchAll(/^\| `([^`]+)` +\|[^|]*\|([^|]*)\|$/gm)].map(([, folder = '', start = '']) => ({
    folder,
    files: [...start.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  }));

  test.each(rows.flatMap(({ folder, files }) => files.map((file) => ({ file: `${folder}/${file}` }))))(
    '$file exists',
    ({ file }) => {
      expect(existsSync(join(root, file))).toBe(true);
    },
  );

  test('it has every folder of src', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rows.map(({ folder }) => folder)).toEqual(expect.arrayContaining(folders.map(({ name }) => `src/${name}`)));
  });
});
