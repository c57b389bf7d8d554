/**
 * Leaves out records of transactions that were given up. The broker names them by producer and first offset; where one
 * ends, its abort marker stands in the log. Several may be open at once, one producer may have several in a row, and the
 * markers may lie beyond the end of what was fetched.
 *
 *   offset      0    1    2    3    4    5
 *   producer 7  a    a    .    .    X    c      aborted: 7 from 0, 9 from 2     X abort marker
 *   producer 9  .    .    a    a    .    .      what stays: c
 */
import type { BatchHeader } from '../../core/batch-format.ts';
import type { ControlMarker, WalkOptions } from '../../core/batch-walker.ts';
import type { AbortedTransaction } from './protocol/fetch.ts';

export function abortFilter(aborted: readonly AbortedTransaction[]): Pick<WalkOptions, 'onControl' | 'drops'> {
  if (aborted.length === 0) return {};
  const upcoming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<number>();
  let next = 0;
  const openUpTo = (offset: number): void => {
    for (; next < upcoming.length && upcoming[next]!.firstOffset <= offset; next++) {
      open.add(upcoming[next]!.producerId);
    }
  };
  return {
    onControl({ producerId, type, offset }: ControlMarker): void {
      // Also for markers: a transaction whose records lie before the fetch would be opened after its end otherwise.
      openUpTo(offset);
      if (type === 'abort') open.delete(producerId);
    },
    drops({ producerId, lastOffset }: BatchHeader): boolean {
      openUpTo(lastOffset);
      return open.has(producerId);
    },
  };
}
