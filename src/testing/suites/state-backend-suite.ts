/**
 * What every state backend must do, whatever it stores rows in. The test functions are passed in:
 *
 *   stateBackendSuite(vitest, { open: () => openMyBackend() })
 */
import { ByteWriter } from '../../core/byte-writer.ts';
import { json, number, string } from '../../core/codec.ts';
import type { Key } from '../../core/partitioner.ts';
import { RowBatch } from '../../core/row-batch.ts';
import { aggregatingState, listState, mapState, reducingState, valueState } from '../../core/state-spec.ts';
import type { Handles } from '../../core/state-spec.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { OperatorState, StateBackend, TaskState } from '../../state/backend.ts';
import type { TestFunctions } from './store-suite.ts';

export interface BackendUnderTest {
  readonly backend: StateBackend;
  /** Makes the rows of a commit durable. */
  write(rows: RowBatch): Promise<void>;
  /** The backend after the process ended and started again (after the task was closed, for state on the heap). */
  reopen(): Promise<StateBackend>;
  close(): Promise<void>;
}

export interface StateBackendSuiteOptions {
  open(): Promise<BackendUnderTest>;
}

const specs = {
  value: valueState(json<unknown>()),
  brief: valueState(string, { ttl: 100 }),
  list: listState(string),
  map: mapState(string, string),
  sum: reducingState(number, (a, b) => a + b),
  mean: aggregatingState(json<readonly [number, number]>(), {
    create: () => [0, 0] as const,
    add: (value: number, [sum, count]) => [sum + value, count + 1] as const,
    result: ([sum, count]) => sum / count,
  }),
};

/** A task with one operator, and the commits of a worker. */
class Fixture {
  now = 1_000;
  watermark = -Infinity;
  task!: TaskState;
  operator!: OperatorState;
  state!: Handles<typeof specs>;
  readonly under: BackendUnderTest;

  constructor(under: BackendUnderTest) {
    this.under = under;
  }

  async open(backend: StateBackend): Promise<void> {
    const time = { processingTime: () => this.now, eventTime: () => this.watermark };
    this.task = backend.openTask({ job: 'job', subTopology: 'sub', partition: 0 }, time);
    this.operator = this.task.operator('op', specs);
    this.state = this.operator.handles as unknown as Handles<typeof specs>;
    await this.task.load();
  }

  at(key: Key): Handles<typeof specs> {
    this.operator.setKey(key);
    return this.state;
  }

  collect(cut = 'cut'): RowBatch {
    const rows = new RowBatch(new ByteWriter());
    this.task.collect(rows, Buffer.from(cut));
    return rows;
  }

  async commit(cut = 'cut'): Promise<void> {
    await this.under.write(this.collect(cut));
    this.task.committed();
  }

  async restart(): Promise<void> {
    this.task.close();
    await this.open(await this.under.reopen());
  }
}

export function stateBackendSuite({ test, expect }: TestFunctions, options: StateBackendSuiteOptions): void {
  const backendTest = (name: string, body: (fixture: Fixture) => Promise<void>): void => {
    test(name, async () => {
      const under = await options.open();
      const fixture = new Fixture(under);
      try {
        await fixture.open(under.backend);
        await body(fixture);
      } finally {
        await under.close();
      }
    });
  };

  const codeOf = (body: () => unknown): string | undefined => {
    try {
      body();
    } catch (thrown) {
      return StreamError.is(thrown) ? thrown.code : String(thrown);
    }
    return undefined;
  };

  backendTest('each key has its own state', async (f) => {
    f.at('a').value.set(1);
    f.at('b').value.set(2);
    expect(f.at('a').value.get()).toBe(1);
    expect(f.at('c').value.get()).toBe(undefined);
  });

  backendTest('reducing and aggregating states combine', async (f) => {
    const { sum, mean } = f.at('a');
    for (const value of [1, 2, 6]) {
      sum.add(value);
      mean.add(value);
    }
    expect([sum.get(), mean.get()]).toEqual([9, 3]);
    sum.clear();
    expect(sum.get()).toBe(undefined);
  });

  backendTest('an array that a list handed out does not change any more', async (f) => {
    const { list } = f.at('a');
    list.add('1');
    const before = list.get();
    list.add('2');
    f.operator.begin();
    list.add('3');
    const inside = list.get();
    f.operator.revert();
    list.add('4');
    expect([before, inside, list.get()]).toEqual([['1'], ['1', '2', '3'], ['1', '2', '4']]);
  });

  backendTest('a map iterates by insertion; setting a key again keeps its place, removing it does not', async (f) => {
    const { map } = f.at('a');
    for (const key of ['c', 'a', 'b']) map.set(key, key);
    map.set('c', 'C');
    map.delete('a');
    map.set('a', 'A');
    expect([...map.entries()]).toEqual([
      ['c', 'C'],
      ['b', 'b'],
      ['a', 'A'],
    ]);
    expect(map.size).toBe(3);
  });

  backendTest('the first cut is undefined, later ones are those of the last commit', async (f) => {
    expect(f.task.cut).toBe(undefined);
    await f.commit('one');
    f.collect('two');
    expect(f.task.cut?.toString()).toBe('one');
    await f.restart();
    expect(f.task.cut?.toString()).toBe('one');
  });

  backendTest('a restart goes on from the last commit', async (f) => {
    f.at('a').value.set('committed');
    f.at('a').list.addAll(['x', 'y']);
    await f.commit();
    f.at('a').value.set('lost');
    await f.restart();
    expect([f.at('a').value.get(), f.at('a').list.get()]).toEqual(['committed', ['x', 'y']]);
  });

  backendTest('a rollback forgets the running epoch and the one in flight', async (f) => {
    f.at('a').value.set(1);
    f.at('a').map.set('m', '1');
    await f.commit();
    f.at('a').value.set(2);
    f.at('a').map.delete('m');
    f.at('b').value.set(2);
    f.collect();
    f.at('a').value.clear();
    f.operator.timers.register('event', 5);
    await f.task.rollback();
    expect([f.at('a').value.get(), f.at('a').map.get('m'), f.at('b').value.get()]).toEqual([1, '1', undefined]);
    expect(f.operator.timers.next('event')).toBe(Infinity);
  });

  backendTest('an epoch may run while the one before is being written', async (f) => {
    f.at('a').value.set(1);
    const rows = f.collect();
    f.at('a').value.set(2);
    await f.under.write(rows);
    f.task.committed();
    await f.task.rollback();
    expect(f.at('a').value.get()).toBe(1);
  });

  backendTest('collecting twice without a commit is refused', async (f) => {
    f.collect();
    expect(codeOf(() => f.collect())).toBe('COMMIT_FAILED');
  });

  backendTest('revert puts back what the invocation touched first, accept keeps it', async (f) => {
    f.at('a').value.set('before');
    f.operator.begin();
    f.state.value.set('inside');
    f.state.value.clear();
    f.state.list.add('x');
    f.state.map.set('m', 'x');
    f.operator.timers.register('event', 7);
    f.operator.revert();
    expect([f.state.value.get(), f.state.list.size, f.state.map.size]).toEqual(['before', 0, 0]);
    expect(f.operator.timers.next('event')).toBe(Infinity);
    f.operator.begin();
    f.state.value.set('after');
    f.operator.accept();
    expect(f.state.value.get()).toBe('after');
  });

  backendTest(
    'accept refuses values that no row could hold, each kind of state, and revert puts them back',
    async (f) => {
      const huge = 'x'.repeat(1024 * 1024);
      const changes: readonly (readonly [() => void, string])[] = [
        [() => f.state.value.set(1n), 'ENCODE_FAILED'],
        [() => f.state.value.set(huge), 'RECORD_TOO_LARGE'],
        [() => f.state.brief.set(7 as unknown as string), 'ENCODE_FAILED'],
        [() => f.state.list.addAll(['y', huge]), 'RECORD_TOO_LARGE'],
        [() => f.state.list.set([null as unknown as string]), 'ENCODE_FAILED'],
        [() => f.state.map.set('m', huge), 'RECORD_TOO_LARGE'],
        [() => f.state.sum.add('1' as unknown as number), 'ENCODE_FAILED'],
      ];
      f.at('a').list.add('x');
      f.state.map.set('m', 'x');
      for (const [change, code] of changes) {
        f.operator.begin();
        const refused = codeOf(() => {
          change();
          f.operator.accept();
        });
        expect(refused).toBe(code);
        f.operator.revert();
        expect([f.state.value.get(), f.state.list.get(), f.state.map.get('m'), f.state.sum.get()]).toEqual([
          undefined,
          ['x'],
          'x',
          undefined,
        ]);
      }
      await f.commit();
    },
  );

  backendTest('clearKey clears every state of the current key and no other', async (f) => {
    f.at('a').value.set(1);
    f.state.list.add('x');
    f.state.map.set('m', 'x');
    f.at('b').value.set(2);
    f.operator.setKey('a');
    f.operator.clearKey();
    expect([f.state.value.get(), f.state.list.size, f.state.map.size]).toEqual([undefined, 0, 0]);
    expect(f.at('b').value.get()).toBe(2);
  });

  backendTest('a key of the other type is refused, also after a restart', async (f) => {
    f.at(1).value.set('one');
    expect(codeOf(() => f.operator.setKey('1'))).toBe('KEY_INVALID');
    await f.commit();
    await f.restart();
    expect(codeOf(() => f.operator.setKey('1'))).toBe('KEY_INVALID');
    expect(f.at(1).value.get()).toBe('one');
  });

  backendTest('keys without a canonical text are refused', async (f) => {
    expect(codeOf(() => f.at('\ud800').value.get())).toBe('KEY_INVALID');
    expect(codeOf(() => f.operator.timers.register('event', 1))).toBe('KEY_INVALID');
  });

  backendTest('not a number is no key, minus zero is zero', async (f) => {
    f.at(0).value.set('zero');
    expect(codeOf(() => f.at(Number.NaN).value.get())).toBe('KEY_INVALID');
    expect(f.at(-0).value.get()).toBe('zero');
    await f.commit();
    await f.restart();
    expect(f.at(-0).value.get()).toBe('zero');
  });

  backendTest('state without a current key is refused', async (f) => {
    expect(codeOf(() => f.state.value.get())).toBe('STATE_ACCESS');
    expect(codeOf(() => f.state.list.add('x'))).toBe('STATE_ACCESS');
    expect(codeOf(() => f.operator.key)).toBe('STATE_ACCESS');
    expect(codeOf(() => f.operator.timers.register('event', 1))).toBe('STATE_ACCESS');
  });

  backendTest('an expired value is gone at once', async (f) => {
    f.at('a').brief.set('x');
    f.now += 99;
    expect(f.state.brief.get()).toBe('x');
    f.now += 1;
    expect(f.state.brief.get()).toBe(undefined);
  });

  backendTest('a value written again lives from then on, also across the sweep', async (f) => {
    f.at('a').brief.set('x');
    f.now += 60;
    f.state.brief.set('y');
    await f.commit();
    f.now += 60;
    await f.commit();
    await f.commit();
    expect(f.at('a').brief.get()).toBe('y');
    f.now += 60;
    expect(f.at('a').brief.get()).toBe(undefined);
  });

  backendTest('timers come by time and key, once each, with their key current', async (f) => {
    for (const key of ['b', 'a', 'b']) {
      f.operator.setKey(key);
      f.operator.timers.register('event', 20);
    }
    f.operator.timers.register('event', 10);
    f.operator.timers.register('processing', 1);
    const taken: unknown[] = [];
    while (f.operator.timers.takeDue('event', 20) === true) taken.push([f.operator.timers.takenTime, f.operator.key]);
    expect(taken).toEqual([
      [10, 'b'],
      [20, 'a'],
      [20, 'b'],
    ]);
    expect([f.operator.timers.size, f.operator.timers.next('processing')]).toEqual([1, 1]);
  });

  backendTest('timers survive a restart, fired ones do not come back', async (f) => {
    f.at(7);
    for (const time of [1, 2, 3]) f.operator.timers.register('event', time);
    await f.commit();
    f.operator.timers.takeDue('event', 1);
    await f.commit();
    f.operator.timers.takeDue('event', 2);
    await f.restart();
    expect(f.operator.timers.takeDue('event', 9)).toBe(true);
    expect([f.operator.timers.takenTime, f.operator.key]).toEqual([2, 7]);
  });

  backendTest('a timer needs a time', async (f) => {
    f.at('a');
    expect(codeOf(() => f.operator.timers.register('event', Number.NaN))).toBe('TIMESTAMP_INVALID');
  });

  backendTest('task maps and rows are part of commits and restarts', async (f) => {
    const map = f.task.taskMap('op', 'rules', mapState(string, string));
    const rows = f.task.taskRows('op', 'calls', string);
    await f.restart();
    const again = {
      map: f.task.taskMap('op', 'rules', mapState(string, string)),
      rows: f.task.taskRows('op', 'calls', string),
    };
    expect([map.size, rows.size]).toEqual([0, 0]);
    again.map.set('b', '1');
    again.map.set('a', '2');
    again.rows.set(10, 'ten');
    again.rows.set(9, 'nine');
    await f.commit();
    again.map.delete('b');
    again.rows.delete(9);
    await f.task.rollback();
    expect([...again.map.keys()]).toEqual(['b', 'a']);
    expect([...again.rows.entries()]).toEqual([
      [9, 'nine'],
      [10, 'ten'],
    ]);
  });

  backendTest('two partitions of one operator share nothing', async (f) => {
    const other = f.under.backend.openTask(
      { job: 'job', subTopology: 'sub', partition: 1 },
      { processingTime: () => 0, eventTime: () => 0 },
    );
    const operator = other.operator('op', specs);
    await other.load();
    f.at('a').value.set(1);
    operator.setKey('a');
    expect((operator.handles as unknown as Handles<typeof specs>).value.get()).toBe(undefined);
  });
}
