import { expect, test } from 'vitest';
import { StreamError } from '../../src/core/stream-error.ts';

const place = {
  job: 'j',
  operator: 'o',
  task: '0/1',
  topic: 't',
  partition: 3,
  offset: 17,
  key: 'a',
  remedy: 'Do this.',
};

test.each([
  ['a reason', 'USAGE: a reason.'],
  ['a sentence.', 'USAGE: a sentence.'],
  ['a question?', 'USAGE: a question?'],
  ['2 mistakes.\n  - one.\n  - two\n', 'USAGE: 2 mistakes.\n  - one.\n  - two\n'],
])('%j ends once', (reason, message) => {
  expect(new StreamError('USAGE', reason).message).toBe(message);
});

test('says where, what, and what to do', () => {
  expect(new StreamError('DECODE_FAILED', 'not a number', { ...place, path: 'x.y', value: '"1"' }).message).toBe(
    'DECODE_FAILED in j / o, task 0/1 (t-3 @ 17, key "a"): not a number at x.y, value "1". Do this.',
  );
  expect(new StreamError('USAGE', 'several.\n  - one\n', { remedy: 'Do this.' }).message).toBe(
    'USAGE: several.\n  - one\nDo this.',
  );
});
