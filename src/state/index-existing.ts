/** Gives entries that were written before TTL was switched on a place in the expiry index, in portions. */
import { ByteReader } from '../core/byte-reader.ts';
import { ByteWriter } from '../core/byte-writer.ts';
import { RowBatch } from '../core/row-batch.ts';
import { prefixEnd } from '../core/store.ts';
import type { Row, Store } from '../core/store.ts';
import type { StateLayout } from './operator-meta.ts';
import { groupPart, keyPart, parseGroup } from './row-keys.ts';
import { readHeader } from './row-value.ts';
import { MAX_TIME, timeText } from './time-text.ts';
import type { TimeToLive } from './time-to-live.ts';

/**
 * Places are hints that the sweeper checks, so they may be written outside of a commit, and again after a crash. They come
 * up when the TTL is over once; rows without expiry get theirs then.
 */
export async function indexExisting(
  store: Store,
  layout: StateLayout,
  rowsPrefix: string,
  indexPrefix: string,
  ttl: TimeToLive,
): Promise<void> {
  const time = timeText(Math.max(-MAX_TIME, ttl.indexTime(ttl.expiry())));
  for await (const rows of store.scan({ from: rowsPrefix, to: prefixEnd(rowsPrefix) })) {
    const places = new RowBatch(new ByteWriter(16));
    for (const row of rows) {
      for (const entry of entriesOf(layout, row)) places.putBytes(indexPrefix + time + entry, Buffer.alloc(0));
    }
    await store.write([places]);
  }
}

/** What the index calls the entries of a row. */
function entriesOf(layout: StateLayout, row: Row): string[] {
  const part = keyPart(row.key);
  if (layout === 'value') return [part];
  const { keyText, sub } = parseGroup(part);
  if (layout === 'list') return sub === '' ? [keyText] : [];
  if (sub !== '') {
    const entry = /^[0-9a-z]+E(.*)$/s.exec(sub)?.[1];
    return entry === undefined ? [] : [groupPart(keyText) + entry];
  }
  const reader = new ByteReader(row.value);
  readHeader(reader);
  if (reader.varuint() !== 0) return [];
  const entries: string[] = [];
  while (reader.remaining > 0) {
    entries.push(groupPart(keyText) + reader.sizedText());
    reader.bytes(reader.uint32());
  }
  return entries;
}
