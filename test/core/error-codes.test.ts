import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/core/error-codes.ts';

const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const sections = new Map(
  docs
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section.split(/^## /m)[0]!]),
);

test('docs/errors.md has one heading per code', () => {
  const missing = Object.keys(errorCodes).filter((code) => !sections.has(code));
  expect(missing).toEqual([]);
});

test('docs/errors.md has headings for nothing else, and each once', () => {
  const headings = [...docs.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  expect(headings.filter((heading) => !Object.hasOwn(errorCodes, heading!))).toEqual([]);
  expect(headings.length).toBe(new Set(headings).size);
});

test.each(Object.keys(errorCodes))('%s is explained with meaning and remedy', (code) => {
  expect(sections.get(code)).toMatch(/\*\*Meaning:\*\* \S/);
  expect(sections.get(code)).toMatch(/\*\*Remedy:\*\* \S/);
});
