import { expect, test } from 'vitest';
import { decodeCut, encodeCut } from '../../src/runtime/cut-row.ts';

const cut = {
  epoch: 7,
  fingerprint: 'abc',
  inputs: [
    {
      topic: 'a',
      partition: 1,
      position: 42,
      topicId: 'x',
      broadcast: false,
      times: [-Infinity, 5, Infinity],
      idle: [2],
      reached: -Infinity,
    },
    { topic: 'b', partition: 0, position: 0, topicId: 'y', broadcast: true, times: [], idle: [], reached: 7 },
  ],
};

test('round-trips positions and times, infinities included', () => {
  expect(decodeCut(encodeCut(cut), 'a-1')).toEqual(cut);
});

test('refuses a cut row of a newer format, naming the task', () => {
  const newer = Buffer.from(encodeCut(cut).toString().replace('"format":1', '"format":2'));
  expect(() => decodeCut(newer, 'a-1')).toThrow(/STATE_CODEC_MISMATCH.*task a-1.*format 2/);
});

test('reports a damaged cut row as STATE_CORRUPT', () => {
  expect(() => decodeCut(Buffer.from('{'), 'a-1')).toThrow(/STATE_CORRUPT/);
});
