import { expect, test } from 'vitest';
import { startPositions } from '../../src/cli/start-positions.ts';
import { joined } from './fake-engine.ts';

const graph = joined.build();

test.each([
  ['latest', { '*': 'latest' }],
  ['left=earliest, right=none', { left: 'earliest', right: 'none' }],
  ['right=2026-01-31T08:00:00Z', { right: { timestamp: Date.UTC(2026, 0, 31, 8) } }],
  ['by_duration:90m', { '*': { duration: '90m' } }],
  ['left=by_duration:P1DT2H3M4.5S', { left: { duration: 93_784_500 } }],
  ['1700000000000', { '*': { timestamp: 1_700_000_000_000 } }],
])('%s', (text, expected) => {
  expect(startPositions(text, graph)).toEqual(expected);
});

test.each([
  ['lft=latest', /no source "lft"\. Did you mean "left"\?.*The sources are: left, right/],
  ['by_duration:P', /"P" is no duration.*Use earliest/],
  ['by_duration:soon', /"soon" is no duration/],
  ['yesterday', /"yesterday" is no position.*Use earliest/],
])('%s is refused', (text, message) => {
  expect(() => startPositions(text, graph)).toThrow(message);
});
