import { expect, test } from 'vitest';
import { fileLayer } from '../../../src/cli/config/file-layer.ts';

const read = (source: string, env: Record<string, string> = {}): unknown[] =>
  fileLayer('m.yaml', source, env).map(({ path, value, text, origin }) => [path.join('.'), value, text, origin]);

test('flattens the file; each leaf knows its line', () => {
  expect(read('data: x\n\ncommit:\n  # when\n  interval: 5s\nconfig:\n  list: [1, 2]\n')).toEqual([
    ['data', 'x', false, 'm.yaml:1'],
    ['commit.interval', '5s', false, 'm.yaml:5'],
    ['config.list', [1, 2], false, 'm.yaml:7'],
  ]);
});

test('an empty file says nothing', () => {
  expect(read('')).toEqual([]);
  expect(read('# only a comment\n')).toEqual([]);
});

test('replaces variables, with defaults, and leaves escaped ones', () => {
  const source = 'a: ${HOST}:${PORT:-9092}\nb: $${HOST}\nc: ${EMPTY:-}\n';
  expect(read(source, { HOST: 'db' })).toEqual([
    ['a', 'db:9092', true, 'm.yaml:1'],
    ['b', '${HOST}', false, 'm.yaml:2'],
    ['c', '', true, 'm.yaml:3'],
  ]);
});

test('a missing variable is an error that names file, line and variable', () => {
  expect(() => read('x: 1\na: ${NOPE}\n')).toThrow(/m\.yaml:2 asks for the environment variable NOPE/);
});

test('what came from a variable with the name of a secret is one', () => {
  const layer = fileLayer('m.yaml', 'config:\n  user: ${DB_PASSWORD}\n  host: ${DB_HOST}\n', {
    DB_PASSWORD: 'hunter22',
    DB_HOST: 'db',
  });
  expect(layer.map(({ secret }) => secret)).toEqual([true, undefined]);
});

test('bad YAML and a file that is a list are errors with a place', () => {
  expect(() => read('a: [1\nb: 2\n')).toThrow(/CONFIG_INVALID: m\.yaml:\d is not YAML/);
  expect(() => read('- a\n')).toThrow(/holds a list/);
});
