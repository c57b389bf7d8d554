import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { SimDisk } from '../../../src/testing/simulation/sim-disk.ts';
import { SimStore } from '../../../src/testing/simulation/sim-store.ts';
import { SimWorld } from './sim-world.ts';

function rows(entries: Record<string, string>): RowBatch {
  const batch = new RowBatch(new ByteWriter());
  for (const [key, value] of Object.entries(entries)) batch.putBytes(key, Buffer.from(value));
  return batch;
}

describe('SimStore', () => {
  it('loses a suffix of whole batches when power goes, never what was synced', async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const world = new SimWorld(seed);
      const disk = new SimDisk();
      const store = new SimStore(world.host().host, disk);
      await world.until(store.write([rows({ a: '1', b: '1' })], { sync: true }));
      await world.until(store.write([rows({ a: '2', b: '2' })]));
      await world.until(store.write([rows({ a: '3', b: '3' })]));
      disk.losePower(world.scheduler.random);
      outcomes.add(`${String(disk.get('a'))}${String(disk.get('b'))}`);
    }
    expect([...outcomes].sort()).toEqual(['11', '22', '33']);
  });

  it('keeps everything when only the process dies', async () => {
    const world = new SimWorld(1);
    const disk = new SimDisk();
    const { host } = world.host();
    await world.until(new SimStore(host, disk).write([rows({ a: '1' })]));
    host.crash();
    expect(new SimStore(world.host().host, disk).get('a')?.toString()).toBe('1');
  });

  it('does not write what was under way when the process died', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const world = new SimWorld(seed);
      const disk = new SimDisk();
      const { host } = world.host();
      void new SimStore(host, disk).write([rows({ a: '1' })]);
      host.crash();
      await world.pass(10_000);
      expect(disk.get('a')).toBeUndefined();
    }
  });

  it('scans in the order of key bytes, as of the beginning of the scan', async () => {
    const world = new SimWorld(2);
    const store = new SimStore(world.host().host, new SimDisk());
    const keys = ['b', 'a', 'aa', '\u{1f600}', '\uffee', 'c'];
    await world.until(store.write([rows(Object.fromEntries(keys.map((key) => [key, key])))]));
    const scan = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const chunk of store.scan({ from: 'a', to: '\u{10ffff}' })) {
        if (found.length === 0) void store.write([rows({ ab: 'new' })]);
        found.push(...chunk.map(({ key }) => key));
      }
      return found;
    };
    expect(await world.until(scan())).toEqual(['a', 'aa', 'b', 'c', '\uffee', '\u{1f600}']);
    expect(store.get('a')?.toString()).toBe('a');
  });
});
