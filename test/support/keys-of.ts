import type { RowBatch } from '../../src/core/row-batch.ts';

export function keysOf(rows: RowBatch): readonly string[] {
  return Array.from({ length: rows.count }, (_, i) => rows.key(i));
}
