import { expect, test } from 'vitest';
import { openMetadata, sealMetadata } from '../../../src/connectors/kafka/member-metadata.ts';

test('a wish for another round changes the bytes, not what is in them', () => {
  const [before, after] = [0, 1].map((wishes) => sealMetadata(wishes, Buffer.from('tasks')));
  expect(before!.equals(after!)).toBe(false);
  expect([openMetadata(before!).toString(), openMetadata(after!).toString()]).toEqual(['tasks', 'tasks']);
});

test('metadata of another version is refused', () => {
  expect(() => openMetadata(Buffer.from([9, 0, 0, 0, 0]))).toThrow('REBALANCE');
  expect(() => openMetadata(Buffer.alloc(2))).toThrow('REBALANCE');
});
