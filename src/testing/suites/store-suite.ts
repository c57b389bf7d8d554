/**
 * What every Store must do. The test functions are passed in, so that the package needs no test runner:
 *
 *   storeSuite(vitest, { open: () => openMyStore() })
 */
import { ByteWriter } from '../../core/byte-writer.ts';
import { RowBatch } from '../../core/row-batch.ts';
import { prefixEnd } from '../../core/store.ts';
import type { ScanRange, Store } from '../../core/store.ts';
import { compareText } from '../../core/compare-text.ts';

/** The part of vitest (or jest) that suites use. */
export interface TestFunctions {
  readonly test: (name: string, body: () => Promise<void> | void) => void;
  readonly expect: (actual: unknown) => {
    toBe(expected: unknown): void;
    toEqual(expected: unknown): void;
    toBeGreaterThan(expected: number): void;
    toBeLessThanOrEqual(expected: number): void;
  };
}

export interface StoreSuiteOptions {
  /** A fresh, empty store; closed by the suite. */
  open(): Promise<Store>;
}

const everything: ScanRange = { from: '', to: '\u{10ffff}' };

export function storeSuite({ test, expect }: TestFunctions, options: StoreSuiteOptions): void {
  const withStore = (name: string, body: (store: Store) => Promise<void>): void => {
    test(name, async () => {
      const store = await options.open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  };

  withStore('a row that was never written is undefined', async (store) => {
    expect(store.get('a')).toBe(undefined);
  });

  withStore('reads what was written, also empty values', async (store) => {
    await store.write([rows({ a: 'one', b: '' })]);
    expect(text(store, 'a')).toBe('one');
    expect(text(store, 'b')).toBe('');
  });

  withStore('a later change wins, within a batch and across batches of one write', async (store) => {
    const first = rows({ a: '1', b: '1' });
    first.putBytes('a', Buffer.from('2'));
    first.delete('b');
    await store.write([first, rows({ c: '1' }), rows({ c: '2' })]);
    expect([text(store, 'a'), text(store, 'b'), text(store, 'c')]).toEqual(['2', undefined, '2']);
  });

  withStore('a written batch may be reused at once', async (store) => {
    const batch = rows({ a: 'one' });
    await store.write([batch]);
    batch.values.buffer.fill(0);
    expect(text(store, 'a')).toBe('one');
  });

  withStore('a value that was read is the reader’s own', async (store) => {
    await store.write([rows({ a: 'one' })]);
    store.get('a')!.fill(0);
    expect(text(store, 'a')).toBe('one');
  });

  withStore('scans in the order of UTF-8 bytes, from inclusive, to exclusive', async (store) => {
    const keys = ['a', 'b', 'bb', 'c', 'ü', '\uffee', '😀'];
    await store.write([rows(Object.fromEntries([...keys].reverse().map((key) => [key, key])))]);
    expect(await scanned(store, everything)).toEqual(keys);
    expect(await scanned(store, { from: 'b', to: 'c' })).toEqual(['b', 'bb']);
    expect(await scanned(store, { from: 'b', to: 'c', limit: 1 })).toEqual(['b']);
    expect(await scanned(store, { from: 'bb', to: 'bb' })).toEqual([]);
    expect(keys.toSorted(compareText)).toEqual(keys);
  });

  withStore('prefixEnd bounds all keys with a prefix', async (store) => {
    await store.write([rows({ a: '', ab: '', 'a\u{10fffe}z': '', b: '' })]);
    expect(await scanned(store, { from: 'a', to: prefixEnd('a') })).toEqual(['a', 'ab', 'a\u{10fffe}z']);
  });

  withStore('a scan sees one snapshot', async (store) => {
    const many = new RowBatch(new ByteWriter());
    for (let i = 0; i < 3_000; i++) many.putBytes(`k${String(i).padStart(4, '0')}`, Buffer.from('old'));
    await store.write([many]);
    let seen = 0;
    let old = 0;
    for await (const chunk of store.scan(everything)) {
      if (seen === 0) await store.write([rows({ k2999: 'new', k0000a: 'new' })]);
      seen += chunk.length;
      old += chunk.filter(({ value }) => value.toString() === 'old').length;
    }
    expect([seen, old]).toEqual([3_000, 3_000]);
    expect(text(store, 'k2999')).toBe('new');
  });

  withStore('an aborted scan rejects with the reason of its signal', async (store) => {
    await store.write([rows({ a: '1' })]);
    const reason = new RangeError('enough');
    let thrown: unknown;
    try {
      for await (const _ of store.scan(everything, AbortSignal.abort(reason))) thrown = 'rows';
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(reason);
  });

  withStore('deletes a range and nothing else', async (store) => {
    await store.write([rows({ a: '', b: '', ba: '', c: '' })]);
    await store.deleteRange({ from: 'b', to: 'c' });
    expect(await scanned(store, everything)).toEqual(['a', 'c']);
  });

  withStore('a larger range has a larger size', async (store) => {
    expect(await store.size(everything)).toBe(0);
    expect(await store.size({ from: 'a', to: 'b' })).toBe(0);
  });

  withStore('a synced write is readable like any other', async (store) => {
    await store.write([rows({ a: '1' })], { sync: true });
    expect(text(store, 'a')).toBe('1');
  });

  withStore('closing twice is closing once', async (store) => {
    await store.close();
    await store.close();
  });
}

function rows(changes: Readonly<Record<string, string>>): RowBatch {
  const batch = new RowBatch(new ByteWriter(16));
  for (const [key, value] of Object.entries(changes)) batch.putBytes(key, Buffer.from(value));
  return batch;
}

function text(store: Store, key: string): string | undefined {
  return store.get(key)?.toString();
}

async function scanned(store: Store, range: ScanRange): Promise<string[]> {
  const keys: string[] = [];
  for await (const chunk of store.scan(range)) keys.push(...chunk.map(({ key }) => key));
  return keys;
}
