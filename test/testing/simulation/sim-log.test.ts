import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import type { Commit, MemberId, Transactor } from '../../../src/core/log.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import type { StreamError } from '../../../src/core/stream-error.ts';
import { SimDisk } from '../../../src/testing/simulation/sim-disk.ts';
import { sealed, SimWorld, valuesOf } from './sim-world.ts';

const rows = (): RowBatch => new RowBatch(new ByteWriter());
const minute = 60_000;

async function member(world: SimWorld, log = world.host().log): Promise<{ id: MemberId }> {
  const joined = await world.until(
    log.join({
      group: 'g',
      sessionTimeoutMs: 10_000,
      assignor: (views) => new Map(views.map(({ memberId }) => [memberId, new Uint8Array([1])])),
      listener: {
        metadata: () => new Uint8Array(),
        onAssigned: () => Promise.resolve(),
        onLost: () => undefined,
        onError: () => undefined,
      },
    }),
  );
  await world.pass(1_000);
  return joined;
}

function commitOf(id: MemberId, offset: number, ...values: string[]): Commit {
  const outputs = values.length === 0 ? [] : [sealed('out', 0, ...values)];
  return { outputs, offsets: [{ topic: 'in', partition: 0, offset }], member: id, rows: rows() };
}

async function read(world: SimWorld, isolation: 'committed' | 'uncommitted' = 'committed'): Promise<string[]> {
  const { log } = world.host(99);
  const values: string[] = [];
  let offset = 0;
  for (;;) {
    const request = {
      partitions: [{ topic: 'out', partition: 0, offset }],
      partitionBytes: 1e6,
      maxWaitMs: 1,
      isolation,
    };
    const [part] = await world.until(log.reader().fetch(request));
    if (part!.nextOffset === offset) return values;
    values.push(...valuesOf(part));
    offset = part!.nextOffset;
  }
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as StreamError).code,
  );

describe('SimLog, Kafka-shaped', () => {
  it('shows committed records only when the marker has landed', async () => {
    const world = new SimWorld(3, { markerMs: 2_000 });
    const { log } = world.host();
    const joined = await member(world, log);
    const transactor = await world.until(log.transactor('t', minute));
    await world.until(transactor.commit(commitOf(joined.id, 5, 'a', 'b')));
    const partition = world.cluster.partition({ topic: 'out', partition: 0 });
    expect([partition.end, partition.stable]).toEqual([2, 0]);
    expect(await read(world, 'uncommitted')).toEqual(['a', 'b']);
    expect(await read(world)).toEqual([]);
    await world.pass(200_000);
    expect([partition.end, partition.stable]).toEqual([3, 3]);
    expect(await read(world)).toEqual(['a', 'b']);
  });

  it('makes a reader of group offsets wait for those in doubt', async () => {
    const world = new SimWorld(4, { markerMs: 2_000 });
    const { log } = world.host();
    const joined = await member(world, log);
    const transactor = await world.until(log.transactor('t', minute));
    await world.until(transactor.commit(commitOf(joined.id, 5, 'a')));
    expect(await world.until(log.topics.committed('g', [{ topic: 'in', partition: 0 }]))).toEqual([undefined]);
    expect(await world.until(transactor.committed('g', [{ topic: 'in', partition: 0 }]))).toEqual([5]);
  });

  it('fences the former holder of a transactional id and aborts what it left open', async () => {
    const world = new SimWorld(5);
    const zombie = world.host();
    const joined = await member(world, zombie.log);
    const old = await world.until(zombie.log.transactor('t', minute));
    await world.until(old.append([sealed('out', 0, 'lost')]));
    const heir = await world.until(world.host().log.transactor('t', minute));
    expect(await world.until(code(old.append([sealed('out', 0, 'late')])))).toBe('FENCED');
    expect(await world.until(code(old.commit(commitOf(joined.id, 9, 'late'))))).not.toBe('resolved');
    await world.until(heir.commit(commitOf(joined.id, 5, 'kept')));
    await world.pass(1_000);
    expect(await read(world)).toEqual(['kept']);
    expect(await read(world, 'uncommitted')).toEqual(['lost', 'kept']);
  });

  it('completes a transaction that had been committed before the holder was fenced', async () => {
    const world = new SimWorld(6, { markerMs: 2_000 });
    const { log } = world.host();
    const joined = await member(world, log);
    const old = await world.until(log.transactor('t', minute));
    await world.until(old.commit(commitOf(joined.id, 5, 'kept')));
    await world.until(world.host().log.transactor('t', minute));
    expect(await read(world)).toEqual(['kept']);
  });

  it('blocks committed readers behind a hanging transaction until it times out', async () => {
    const world = new SimWorld(7);
    const hanging = world.host();
    const { log } = world.host(1);
    const joined = await member(world, log);
    const left = await world.until(hanging.log.transactor('left-behind', minute));
    await world.until(left.append([sealed('out', 0, 'never')]));
    hanging.host.crash();
    const transactor = await world.until(log.transactor('t', minute));
    await world.until(transactor.commit(commitOf(joined.id, 1, 'waits')));
    await world.pass(minute / 2);
    expect(await read(world)).toEqual([]);
    await world.pass(minute);
    expect(await read(world)).toEqual(['waits']);
  });

  it('refuses offsets of an old generation, and nothing of that commit becomes visible', async () => {
    const world = new SimWorld(9);
    const { log } = world.host();
    const joined = await member(world, log);
    const before = joined.id;
    await member(world, world.host(1).log);
    await world.pass(20_000);
    expect(joined.id.generation).toBeGreaterThan(before.generation);
    const transactor = await world.until(log.transactor('t', minute));
    expect(await world.until(code(transactor.commit(commitOf(before, 5, 'stale'))))).toBe('REBALANCE');
    await world.until(transactor.abort());
    await world.until(transactor.commit(commitOf(joined.id, 5, 'fresh')));
    await world.pass(1_000);
    expect(await read(world)).toEqual(['fresh']);
  });

  it('expels a member that is not heard of, and tells it when it wakes', async () => {
    const world = new SimWorld(9);
    const sleeper = world.host(0);
    const zombie = await member(world, sleeper.log);
    const stale = zombie.id;
    sleeper.host.stop(60_000);
    await world.pass(30_000);
    const transactor = await world.until(world.host(1).log.transactor('t', minute));
    expect(await world.until(code(transactor.commit(commitOf(stale, 5))))).toBe('FENCED');
    await world.pass(60_000);
    expect(zombie.id.memberId).not.toBe(stale.memberId);
  });

  it('never answers a host that crashed', async () => {
    const world = new SimWorld(10, {
      faults: [{ kind: 'crash', slot: 0, disk: 'kept', point: 'log.end', phase: 'after', occurrence: 1 }],
    });
    const { log, host } = world.host();
    const joined = await member(world, log);
    const transactor: Transactor = await world.until(log.transactor('t', minute));
    let answered = false;
    void code(transactor.commit(commitOf(joined.id, 5, 'done'))).then(() => (answered = true));
    await world.pass(5_000);
    expect([host.alive, answered]).toEqual([false, false]);
    expect(await read(world)).toEqual(['done']);
  });

  it('repeats itself: the same seed gives the same trace', async () => {
    const run = async (seed: number): Promise<number> => {
      const world = new SimWorld(seed);
      const { log } = world.host();
      const joined = await member(world, log);
      const transactor = await world.until(log.transactor('t', minute));
      for (let i = 0; i < 5; i++) await world.until(transactor.commit(commitOf(joined.id, i, `v${i}`)));
      await world.pass(30_000);
      return world.scheduler.trace;
    };
    expect(await run(11)).toBe(await run(11));
    expect(await run(11)).not.toBe(await run(12));
  });
});

describe('SimLog, embedded-shaped', () => {
  it('commits outputs, offsets and rows in one step', async () => {
    const disk = new SimDisk();
    const world = new SimWorld(1, { disk });
    const { log } = world.host();
    expect(log.storesRows).toBe(true);
    const joined = await member(world, log);
    const transactor = await world.until(log.transactor('t', minute));
    const commit = commitOf(joined.id, 5, 'a');
    commit.rows.putBytes('row', Buffer.from('1'));
    const outcome = world.until(transactor.commit(commit));
    expect(disk.get('row')).toBeUndefined();
    await outcome;
    expect(disk.get('row')?.toString()).toBe('1');
    expect(await read(world)).toEqual(['a']);
    expect(disk.losePower(() => 0)).toBe(0);
  });
});
