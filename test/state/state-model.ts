/** A naive model of a task's state, and random commands that must treat both alike. Used by the test of each backend. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { string } from '../../src/core/codec.ts';
import { compareText } from '../../src/core/compare-text.ts';
import type { TimeDomain } from '../../src/core/process-function.ts';
import { RowBatch } from '../../src/core/row-batch.ts';
import { aggregatingState, listState, mapState, reducingState, valueState } from '../../src/core/state-spec.ts';
import type { Handles } from '../../src/core/state-spec.ts';
import type { OperatorState, StateBackend, TaskState } from '../../src/state/backend.ts';
import { Model, type Mortal } from './plain-state.ts';

/** A backend under test. */
export interface Harness {
  readonly backend: StateBackend;
  write(rows: RowBatch): Promise<void>;
  /** The backend as a new process finds it. */
  reopen(): Promise<StateBackend>;
  /** Keys of all rows but those about operators and cuts. */
  rowKeys?(): Promise<readonly string[]>;
}

const concat = {
  create: () => '',
  add: (value: string, all: string) => all + value.slice(0, 2),
  result: (all: string) => `<${all}>`,
};
const TTL = 50;
const specs = {
  value: valueState(string),
  mortal: valueState(string, { ttl: TTL }),
  refreshed: valueState(string, { ttl: { after: TTL, refresh: 'read-and-write', time: 'event' } }),
  list: listState(string),
  mortalList: listState(string, { ttl: TTL }),
  map: mapState(string, string),
  mortalMap: mapState(string, string, { ttl: TTL }),
  longest: reducingState(string, (a, b) => (b.length > a.length ? b : a)),
  joined: aggregatingState(string, concat),
};
type AllHandles = Handles<typeof specs>;

class System {
  task!: TaskState;
  operator!: OperatorState;
  handles!: AllHandles;
  shared!: ReturnType<TaskState['taskMap']>;
  rows!: ReturnType<TaskState['taskRows']>;
  model = new Model();
  committed = new Model();
  flying: { model: Model; rows: RowBatch; cut: string } | undefined;
  cut: string | undefined;
  now = 1_000;
  epoch = 0;
  readonly harness: Harness;

  constructor(harness: Harness) {
    this.harness = harness;
  }

  async open(backend: StateBackend): Promise<void> {
    const time = { processingTime: () => this.now, eventTime: () => this.now };
    this.task = backend.openTask({ job: 'job', subTopology: 'sub', partition: 3 }, time);
    this.operator = this.task.operator('op', specs);
    this.handles = this.operator.handles as unknown as AllHandles;
    this.shared = this.task.taskMap('op', 'shared', mapState(string, string));
    this.rows = this.task.taskRows('op', 'rows', string);
    await this.task.load();
  }

  collect(): void {
    if (this.flying !== undefined) return;
    const cut = `cut ${String(++this.epoch)}`;
    const rows = new RowBatch(new ByteWriter(64));
    this.task.collect(rows, Buffer.from(cut));
    this.flying = { model: structuredClone(this.model), rows, cut };
  }

  async confirm(): Promise<void> {
    if (this.flying === undefined) return;
    const { model, rows, cut } = this.flying;
    await this.harness.write(rows);
    this.task.committed();
    this.committed = model;
    this.cut = cut;
    this.flying = undefined;
  }

  back(): void {
    this.flying = undefined;
    this.model = structuredClone(this.committed);
  }

  checkKey(key: string): void {
    const { handles, model, now } = this;
    const live = (entry: Mortal | undefined): entry is Mortal => entry !== undefined && now < entry.expiry;
    this.operator.setKey(key);
    expect(handles.value.get()).toBe(model.value.get(key));
    const mortal = model.mortal.get(key);
    expect(handles.mortal.get()).toBe(live(mortal) ? mortal.value : undefined);
    const refreshed = model.refreshed.get(key);
    expect(handles.refreshed.get()).toBe(live(refreshed) ? refreshed.value : undefined);
    if (live(refreshed)) refreshed.expiry = now + TTL;
    expect(handles.list.size).toBe(model.list.get(key)?.length ?? 0);
    expect(handles.list.get()).toEqual(model.list.get(key) ?? []);
    const mortals = (model.mortalList.get(key) ?? []).filter(live).map(({ value }) => value);
    expect(handles.mortalList.get()).toEqual(mortals);
    expect(handles.mortalList.size).toBe(mortals.length);
    const map = [...(model.map.get(key) ?? [])];
    expect(handles.map.size).toBe(map.length);
    for (const [entry, value] of map.slice(0, 2)) expect(handles.map.get(entry)).toBe(value);
    expect([...handles.map.entries()]).toEqual(map);
    const entries = [...(model.mortalMap.get(key) ?? [])].filter(([, entry]) => live(entry));
    expect([...handles.mortalMap.entries()]).toEqual(entries.map(([entry, { value }]) => [entry, value]));
    expect(handles.mortalMap.size).toBe(entries.length);
    expect(handles.longest.get()).toBe(model.longest.get(key));
    const joined = model.joined.get(key);
    expect(handles.joined.get()).toBe(joined === undefined ? undefined : `<${joined}>`);
  }

  checkTask(): void {
    expect([...this.shared.entries()]).toEqual([...this.model.shared]);
    expect([...this.rows.entries()]).toEqual([...this.model.rows].sort(([a], [b]) => a - b));
    expect(this.task.cut?.toString()).toBe(this.cut);
    for (const domain of ['event', 'processing'] as const) {
      const times = [...this.model.timers.values()].filter((timer) => timer.domain === domain).map(({ time }) => time);
      expect(this.operator.timers.next(domain)).toBeLessThanOrEqual(Math.min(...times));
    }
  }
}

interface Change {
  readonly key: string;
  readonly entry: string;
  readonly text: string;
  readonly number: number;
  readonly kind: (typeof changeKinds)[number];
}

const changeKinds = [
  ...([
    'set',
    'clear',
    'setMortal',
    'setRefreshed',
    'clearMortal',
    'add',
    'addMortal',
    'setList',
    'setMortalList',
  ] as const),
  ...(['clearList', 'put', 'put', 'put', 'remove', 'clearMap', 'putMortal', 'putMortal', 'removeMortal'] as const),
  ...([
    'reduce',
    'aggregate',
    'clearKey',
    'timer',
    'timer',
    'deleteTimer',
    'share',
    'unshare',
    'row',
    'deleteRow',
  ] as const),
  ...(['addMany', 'putMany', 'removeMany', 'putManyMortal', 'timers'] as const),
];

function change(system: System, c: Change): void {
  const { operator, handles, shared, rows, model, now } = system;
  const { key, entry, text } = c;
  operator.setKey(key);
  const mortal = { value: text, expiry: now + TTL };
  const domain: TimeDomain = c.number % 2 === 0 ? 'event' : 'processing';
  const timerId = `${domain} ${String(c.number)} ${key}`;
  switch (c.kind) {
    case 'set':
      handles.value.set(text);
      model.value.set(key, text);
      break;
    case 'clear':
      handles.value.clear();
      model.value.delete(key);
      break;
    case 'setMortal':
      handles.mortal.set(text);
      model.mortal.set(key, mortal);
      break;
    case 'setRefreshed':
      handles.refreshed.set(text);
      model.refreshed.set(key, mortal);
      break;
    case 'clearMortal':
      handles.mortal.clear();
      model.mortal.delete(key);
      break;
    case 'add':
      handles.list.add(text);
      model.list.set(key, [...(model.list.get(key) ?? []), text]);
      break;
    case 'addMortal':
      handles.mortalList.add(text);
      model.mortalList.set(key, [...(model.mortalList.get(key) ?? []), mortal]);
      break;
    case 'setList': {
      const values = Array.from({ length: c.number % 7 }, (_, i) => text + String(i));
      handles.list.set(values);
      model.list.set(key, values);
      break;
    }
    case 'setMortalList':
      handles.mortalList.set([text, text]);
      model.mortalList.set(key, [mortal, { ...mortal }]);
      break;
    case 'clearList':
      handles.list.clear();
      handles.mortalList.clear();
      model.list.delete(key);
      model.mortalList.delete(key);
      break;
    case 'put': {
      handles.map.set(entry, text);
      const map = model.map.get(key) ?? new Map<string, string>();
      model.map.set(key, map.set(entry, text));
      break;
    }
    case 'remove':
      handles.map.delete(entry);
      model.map.get(key)?.delete(entry);
      break;
    case 'clearMap':
      handles.map.clear();
      handles.mortalMap.clear();
      model.map.delete(key);
      model.mortalMap.delete(key);
      break;
    case 'putMortal': {
      handles.mortalMap.set(entry, text);
      const map = model.mortalMap.get(key) ?? new Map<string, Mortal>();
      if (now >= (map.get(entry)?.expiry ?? Infinity)) map.delete(entry);
      model.mortalMap.set(key, map.set(entry, mortal));
      break;
    }
    case 'removeMortal':
      handles.mortalMap.delete(entry);
      model.mortalMap.get(key)?.delete(entry);
      break;
    case 'addMany': {
      const many = Array.from({ length: 40 }, (_, i) => text + String(i));
      handles.list.addAll(many);
      model.list.set(key, [...(model.list.get(key) ?? []), ...many]);
      break;
    }
    case 'putMany':
      for (let i = 0; i < 50; i++) {
        const many = {
          key,
          entry: `e${String(c.number * 20 + i)}`,
          text: text.slice(0, 30),
          number: 0,
          kind: 'put',
        } as const;
        change(system, many);
      }
      break;
    case 'putManyMortal':
      for (let i = 0; i < 30; i++) {
        change(system, {
          key,
          entry: `e${String(c.number * 20 + i)}`,
          text: text.slice(0, 99),
          number: 0,
          kind: 'putMortal',
        });
      }
      break;
    case 'removeMany':
      for (let i = 0; i < 70; i++) {
        change(system, { key, entry: `e${String(c.number * 20 + i)}`, text, number: 0, kind: 'remove' });
      }
      break;
    case 'timers':
      for (let i = 0; i < 12; i++) change(system, { ...c, number: c.number + i * 2, kind: 'timer' });
      break;
    case 'reduce': {
      handles.longest.add(text);
      const before = model.longest.get(key);
      if (before === undefined || text.length > before.length) model.longest.set(key, text);
      break;
    }
    case 'aggregate':
      handles.joined.add(text);
      model.joined.set(key, (model.joined.get(key) ?? '') + text.slice(0, 2));
      break;
    case 'clearKey':
      operator.clearKey();
      for (const name of Object.keys(specs) as (keyof typeof specs)[]) model[name].delete(key);
      break;
    case 'timer':
      operator.timers.register(domain, c.number);
      model.timers.set(timerId, { domain, time: c.number, key });
      break;
    case 'deleteTimer':
      operator.timers.delete(domain, c.number);
      model.timers.delete(timerId);
      break;
    case 'share':
      shared.set(entry, text);
      model.shared.set(entry, text);
      break;
    case 'unshare':
      shared.delete(entry);
      model.shared.delete(entry);
      break;
    case 'row':
      rows.set(c.number, text);
      model.rows.set(c.number, text);
      break;
    case 'deleteRow':
      rows.delete(c.number);
      model.rows.delete(c.number);
      break;
  }
}

async function fire(system: System, domain: TimeDomain, time: number, most: number): Promise<void> {
  const { timers } = system.operator;
  for (let i = 0; i < most; i++) {
    let taken = timers.takeDue(domain, time);
    while (taken === 'loading') {
      await timers.ready();
      taken = timers.takeDue(domain, time);
    }
    const due = [...system.model.timers.values()]
      .filter((timer) => timer.domain === domain && timer.time <= time)
      .sort((a, b) => a.time - b.time || compareText(a.key, b.key))[0];
    expect(taken).toBe(due !== undefined);
    if (due === undefined) return;
    expect([timers.takenTime, system.operator.key]).toEqual([due.time, due.key]);
    system.model.timers.delete(`${domain} ${String(due.time)} ${due.key}`);
  }
}

type Step =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'invocation'; readonly changes: readonly Change[]; readonly accept: boolean }
  | { readonly kind: 'collect' | 'confirm' | 'rollback' | 'reopen' | 'commit' }
  | { readonly kind: 'shrink'; readonly part: number }
  | { readonly kind: 'time'; readonly by: number }
  | { readonly kind: 'fire'; readonly domain: TimeDomain; readonly time: number; readonly most: number };

async function run(system: System, step: Step): Promise<void> {
  switch (step.kind) {
    case 'change':
      change(system, step.change);
      break;
    case 'invocation': {
      const before = structuredClone(system.model);
      // Numbered rows are no part of invocations.
      const changes = step.changes.filter(({ kind }) => kind !== 'row' && kind !== 'deleteRow');
      system.operator.begin();
      for (const one of changes) change(system, one);
      if (step.accept) {
        system.operator.accept();
      } else {
        system.operator.revert();
        system.model = before;
      }
      break;
    }
    case 'collect':
      system.collect();
      break;
    case 'confirm':
      await system.confirm();
      break;
    case 'commit':
      await system.confirm();
      system.collect();
      await system.confirm();
      break;
    case 'rollback':
      await system.task.rollback();
      system.back();
      break;
    case 'reopen':
      system.task.close();
      system.back();
      await system.open(await system.harness.reopen());
      break;
    case 'shrink':
      system.task.shrink(system.task.cachedBytes * step.part);
      break;
    case 'time':
      system.now += step.by;
      break;
    case 'fire':
      await fire(system, step.domain, step.time, step.most);
      break;
  }
}

const allKeys = ['a', 'b', '1:a', 'ü😀', ''];
const allEntries = ['x', 'y', '', 'é', 'e0', 'e1', 'e25', 'e70'];
const domains = fc.constantFrom<TimeDomain>('event', 'processing');

/** Steps over some keys and some kinds of change: each history is about few things, so that it goes deep. */
function stepsOver(keys: readonly string[], kinds: readonly Change['kind'][]): fc.Arbitrary<Step> {
  const changes: fc.Arbitrary<Change> = fc.record({
    key: fc.constantFrom(...keys),
    entry: fc.constantFrom(...allEntries),
    text: fc.tuple(fc.nat({ max: 99 }), fc.constantFrom(0, 0, 300, 900)).map(([n, pad]) => String(n) + 'x'.repeat(pad)),
    number: fc.nat({ max: 12 }),
    kind: fc.constantFrom(...kinds),
  });
  return fc.oneof(
    { weight: 30, arbitrary: changes.map((one): Step => ({ kind: 'change', change: one })) },
    {
      weight: 8,
      arbitrary: fc
        .record({ changes: fc.array(changes, { maxLength: 6 }), accept: fc.boolean() })
        .map((rest): Step => ({ kind: 'invocation', ...rest })),
    },
    {
      weight: 16,
      arbitrary: fc
        .constantFrom('collect', 'collect', 'confirm', 'commit', 'commit', 'commit', 'rollback', 'reopen')
        .map((kind): Step => ({ kind })),
    },
    { weight: 8, arbitrary: fc.constantFrom(0, 0, 0.5).map((part): Step => ({ kind: 'shrink', part })) },
    { weight: 3, arbitrary: fc.constantFrom(1, 20, 49, 51, 200).map((by): Step => ({ kind: 'time', by })) },
    {
      weight: kinds.includes('timer') || kinds.includes('timers') ? 8 : 0,
      arbitrary: fc
        .record({ domain: domains, time: fc.nat({ max: 24 }), most: fc.nat({ max: 9 }) })
        .map((rest): Step => ({ kind: 'fire', ...rest })),
    },
  );
}

const histories = fc
  .tuple(
    fc.subarray(allKeys, { minLength: 1, maxLength: 3 }),
    fc.subarray([...new Set(changeKinds)], { minLength: 1, maxLength: 6 }),
  )
  .chain(([keys, kinds]) =>
    fc.array(fc.tuple(stepsOver(keys, kinds), fc.option(fc.constantFrom(...keys))), {
      minLength: 1,
      maxLength: 80,
      size: 'max',
    }),
  );

/**
 * Runs random histories; after a step one key and the task's own state must agree with the model, at the end all keys. Then
 * everything that can is cleared or expires, and after a few commits no row of it may be left.
 */
export async function checkAgainstModel(make: () => Promise<Harness>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const system = new System(await make());
      await system.open(system.harness.backend);
      for (const [step, key] of history) {
        await run(system, step);
        if (key !== null) system.checkKey(key);
        system.checkTask();
      }
      for (const key of allKeys) system.checkKey(key);
      await fire(system, 'event', Infinity, 1_000);
      await fire(system, 'processing', Infinity, 1_000);
      for (const key of allKeys) {
        system.operator.setKey(key);
        const { value, list, map, longest, joined } = system.handles;
        for (const handle of [value, list, map, longest, joined]) handle.clear();
      }
      for (const [entry] of [...system.shared.entries()]) system.shared.delete(entry);
      for (const [row] of [...system.rows.entries()]) system.rows.delete(row);
      system.now += 10 * TTL;
      // The expiry index holds few entries in memory here, so it takes many commits.
      let left: readonly string[] = [];
      for (let i = 0; i < 400 && (i < 2 || left.length > 0); i++) {
        await run(system, { kind: 'commit' });
        left = (await system.harness.rowKeys?.()) ?? [];
      }
      expect(left).toEqual([]);
    }),
    { numRuns },
  );
}
