import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../../src/cli/config/nearest.ts';

test.each([
  ['lsit', 'list'],
  ['descrbe', 'describe'],
  ['MINOBJECTS', 'minObjects'],
  ['minobject', 'minObjects'],
])('takes %s for %s', (word, meant) => {
  expect(nearest(word, ['list', 'describe', 'minObjects', 'run'])).toBe(meant);
});

test('says nothing when nothing is near', () => {
  expect(nearest('xyzzy', ['list', 'run'])).toBeUndefined();
  expect(didYouMean('xyzzy', ['list'])).toBe('');
});
