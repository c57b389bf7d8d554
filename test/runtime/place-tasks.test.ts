import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAssignment, encodeMetadata, taskAssignor, type ToldCopies } from '../../src/runtime/assignment.ts';

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `count-${String(i)}`);

interface Told extends Partial<ToldCopies> {
  readonly held?: readonly string[];
}

interface Given {
  readonly tasks: readonly string[];
  readonly standbys?: readonly string[];
  readonly warmUps?: readonly string[];
}

interface Settings {
  readonly standbys?: number;
  readonly acceptableLag?: number;
  readonly most?: number;
  readonly copied?: readonly string[];
}

function assign(tasks: readonly string[], members: Readonly<Record<string, Told>>, settings: Settings = {}) {
  const { standbys = 0, acceptableLag = 10, most = 2, copied = tasks } = settings;
  const views = Object.entries(members).map(([memberId, { held = [], follows = true, ...told }]) => ({
    memberId,
    metadata: encodeMetadata({
      topology: 't',
      id: memberId,
      held,
      copies: { follows, standbys: {}, warmUps: {}, positions: {}, ends: {}, ...told },
      fenced: [],
    }),
  }));
  const assignor = taskAssignor(tasks, {
    single: false,
    standbys,
    copied: new Set(copied),
    warmUps: { acceptableLag, most },
  });
  return Object.fromEntries(
    [...assignor(views)].map(([id, bytes]): [string, Given] => {
      const { tasks: own, standbys: copies = [], warmUps = [] } = decodeAssignment(bytes);
      return [id, { tasks: own, standbys: copies, warmUps }];
    }),
  );
}

/** A member that runs tasks whose changelogs end at 1,000. */
const owner = (...held: readonly string[]): Told => {
  const ends = Object.fromEntries(held.map((task) => [task, 1_000]));
  return { held, ends, positions: ends };
};

describe('a task with state that is to move', () => {
  test('stays with its owner while the new one copies the state', () => {
    expect(assign(['a', 'b'], { x: owner('a', 'b'), y: {} })).toMatchObject({
      x: { tasks: ['a', 'b'], warmUps: [] },
      y: { tasks: [], warmUps: ['b'] },
    });
  });

  test('is waited for while nobody knows how far the copy is', () => {
    const result = assign(['a', 'b'], { x: owner('a', 'b'), y: { warmUps: { b: null } } });
    expect(result).toMatchObject({ x: { tasks: ['a', 'b'] }, y: { warmUps: ['b'] } });
  });

  test('is given up once the copy is near, which is kept up until it comes', () => {
    const result = assign(['a', 'b'], { x: owner('a', 'b'), y: { warmUps: { b: 10 }, positions: { b: 990 } } });
    expect(result).toMatchObject({ x: { tasks: ['a'] }, y: { tasks: [], warmUps: ['b'] } });
    const then = assign(['a', 'b'], { x: owner('a'), y: { warmUps: { b: 10 }, positions: { b: 990 } } });
    expect(then).toMatchObject({ x: { tasks: ['a'] }, y: { tasks: ['b'], warmUps: [] } });
  });

  test('comes also when the last commit of its owner took it far ahead', () => {
    const left: Told = { ...owner('a'), positions: { a: 1_000, b: 9_000 } };
    expect(assign(['a', 'b'], { x: left, y: { warmUps: { b: 0 }, positions: { b: 1_000 } } })).toMatchObject({
      x: { tasks: ['a'] },
      y: { tasks: ['b'] },
    });
  });

  test('moves at once when its changelog is short, when it has no state, or when copies cannot be kept', () => {
    const short: Told = { held: ['a', 'b'], ends: { a: 10, b: 10 } };
    expect(assign(['a', 'b'], { x: short, y: {} })).toMatchObject({ x: { tasks: ['a'] }, y: { warmUps: [] } });
    const stateless = assign(['a', 'b'], { x: { held: ['a', 'b'] }, y: {} }, { copied: [] });
    expect(stateless).toMatchObject({ x: { tasks: ['a'] }, y: { warmUps: [] } });
    const threads = assign(['a', 'b'], { x: owner('a', 'b'), y: { follows: false } });
    expect(threads).toMatchObject({ x: { tasks: ['a'] }, y: { warmUps: [] } });
  });

  test('moves at once to where the store is near already', () => {
    const result = assign(['a', 'b'], { x: owner('a', 'b'), y: { positions: { a: 995 } } });
    expect(result).toMatchObject({ x: { tasks: ['b'] }, y: { tasks: [], warmUps: [] } });
  });

  test('moves at once from an owner that is itself far behind', () => {
    const restoring: Told = { held: ['a', 'b'], ends: { a: 1_000, b: 1_000 }, positions: { a: 5 } };
    expect(assign(['a', 'b'], { x: restoring, y: {} })).toMatchObject({ x: { tasks: ['a'] }, y: { warmUps: [] } });
  });

  test('waits for its turn: so many copies at a time, those begun first', () => {
    const tasks = named(6);
    const first = assign(tasks, { x: owner(...tasks), y: {} });
    expect(first['y']).toMatchObject({ tasks: [], warmUps: ['count-3', 'count-4'] });
    const begun = assign(tasks, { x: owner(...tasks), y: { warmUps: { 'count-5': 500 } } });
    expect(begun['y']!.warmUps).toEqual(['count-5', 'count-3']);
  });

  test('has no copy more when a standby is to take it over', () => {
    const members = { x: owner('a', 'b', 'c', 'd'), y: { standbys: { a: 500, b: 500, c: 500, d: 500 } } };
    const result = assign(named(0).concat('a', 'b', 'c', 'd'), members, { standbys: 1, most: 1 });
    expect(result).toMatchObject({
      x: { tasks: ['a', 'b', 'c', 'd'] },
      y: { tasks: [], standbys: ['a', 'b', 'c', 'd'], warmUps: ['c', 'd'] },
    });
  });

  test('gets another copy when the one that warmed up is gone', () => {
    const result = assign(['a', 'b'], { x: owner('a', 'b'), z: {} });
    expect(result['z']!.warmUps).toEqual(['b']);
  });
});

describe('a task without an owner', () => {
  test('goes to the best copy, even where that is out of balance, and moves from there', () => {
    const result = assign(['a', 'b'], {
      x: { ...owner('a'), standbys: { b: 3 }, positions: { a: 1_000, b: 900 } },
      y: {},
    });
    expect(result).toMatchObject({ x: { tasks: ['a', 'b'] }, y: { tasks: [], warmUps: ['b'] } });
  });

  test('goes to the one that is least behind, be it a standby, a warm-up or a former owner', () => {
    const at = (a: number): Told => ({ positions: { a } });
    const owners = (members: Readonly<Record<string, Told>>) =>
      Object.entries(assign(['a'], members)).flatMap(([id, { tasks }]) => (tasks.length > 0 ? id : []));
    expect(owners({ x: { ...at(500), standbys: { a: 0 } }, y: at(900) })).toEqual(['y']);
    expect(owners({ x: { ...at(901), warmUps: { a: 0 } }, y: at(900), z: {} })).toEqual(['x']);
  });

  test('goes to where its state lies among those who can keep no copies, too', () => {
    const threads = { x: { follows: false }, y: { follows: false, positions: { a: 5 } } };
    expect(assign(['a', 'b'], threads)).toMatchObject({ x: { tasks: ['b'] }, y: { tasks: ['a'] } });
  });

  test('goes where balance wants it when nobody has anything of it', () => {
    expect(assign(['a', 'b'], { x: {}, y: {} })).toMatchObject({ x: { tasks: ['a'] }, y: { tasks: ['b'] } });
  });
});

describe('a group', () => {
  interface Copy {
    at: number;
    near: boolean;
  }

  interface Node {
    held: string[];
    standbys: Map<string, Copy>;
    warmUps: Map<string, Copy>;
    readonly stored: Map<string, number>;
  }

  const acceptableLag = 10;
  const fetched = 40;
  const restored = 400;

  /** Members that work: tasks write, copies follow, assignments are carried out. */
  class Group {
    readonly nodes = new Map<string, Node>();
    readonly broken: string[] = [];
    readonly #tasks: readonly string[];
    readonly #settings: Required<Pick<Settings, 'standbys' | 'most'>>;
    readonly #ends: Map<string, number>;

    constructor(tasks: readonly string[], settings: Required<Pick<Settings, 'standbys' | 'most'>>) {
      this.#tasks = tasks;
      this.#settings = settings;
      this.#ends = new Map(tasks.map((task, i) => [task, i % 3 === 0 ? 0 : 100 * i]));
    }

    join(id: string): void {
      this.nodes.set(id, { held: [], standbys: new Map(), warmUps: new Map(), stored: new Map() });
    }

    /** Records are written and copied. */
    work(written: number): void {
      for (const task of this.#tasks) this.#ends.set(task, this.#ends.get(task)! + written);
      for (const { held, standbys, warmUps, stored } of this.nodes.values()) {
        for (const task of held) stored.set(task, Math.min(this.#ends.get(task)!, (stored.get(task) ?? 0) + restored));
        for (const [task, copy] of [...standbys, ...warmUps]) {
          const end = this.#ends.get(task)!;
          copy.at = Math.min(end, copy.at + fetched);
          stored.set(task, copy.at);
          copy.near ||= end - copy.at <= acceptableLag;
        }
      }
    }

    /** One generation. False: nothing has changed. */
    rebalance(): boolean {
      const before = this.#snapshot();
      const result = assign(
        this.#tasks,
        Object.fromEntries([...this.nodes].map(([id, node]) => [id, this.#told(node)])),
        { ...this.#settings, acceptableLag },
      );
      this.#check(result);
      for (const [id, { tasks, standbys = [], warmUps = [] }] of Object.entries(result)) {
        const node = this.nodes.get(id)!;
        node.held = [...tasks];
        const copies = (ids: readonly string[]) =>
          new Map(
            ids.map((task) => [
              task,
              node.standbys.get(task) ?? node.warmUps.get(task) ?? { at: node.stored.get(task) ?? 0, near: false },
            ]),
          );
        const extra = copies(warmUps.filter((task) => !standbys.includes(task)));
        node.standbys = copies(standbys);
        node.warmUps = extra;
      }
      return this.#snapshot() !== before;
    }

    #snapshot(): string {
      return JSON.stringify(
        [...this.nodes].map(([id, { held, standbys, warmUps }]) => [
          id,
          held,
          [...standbys.keys()],
          [...warmUps.keys()],
        ]),
      );
    }

    #told({ held, standbys, warmUps, stored }: Node): Told {
      const lags = (copies: ReadonlyMap<string, Copy>) =>
        Object.fromEntries([...copies].map(([task, { at, near }]) => [task, near ? 0 : this.#ends.get(task)! - at]));
      return {
        held,
        ends: Object.fromEntries(held.map((task) => [task, this.#ends.get(task)!])),
        standbys: lags(standbys),
        warmUps: lags(warmUps),
        positions: Object.fromEntries(stored),
      };
    }

    #check(result: Readonly<Record<string, Given>>): void {
      let copies = 0;
      const holderOf = (task: string) => [...this.nodes].find(([, { held }]) => held.includes(task))?.[0];
      for (const [id, { tasks, standbys = [], warmUps = [] }] of Object.entries(result)) {
        const { held, standbys: own, warmUps: warm } = this.nodes.get(id)!;
        for (const task of [...standbys, ...warmUps])
          this.#law([...held, ...tasks].includes(task), `${id} copies its own ${task}`);
        const near = (task: string): boolean => own.get(task)?.near === true || warm.get(task)?.near === true;
        copies += warmUps.filter((task) => !standbys.includes(task) && !near(task)).length;
        for (const task of tasks) this.#law((holderOf(task) ?? id) !== id, `${task} has two owners`);
      }
      this.#law(copies > this.#settings.most, `${String(copies)} copies at a time`);
      const given = Object.values(result).flatMap(({ tasks }) => tasks);
      this.#law(new Set(given).size !== given.length, 'a task is given twice');
      for (const task of this.#tasks) {
        const holder = holderOf(task);
        if (given.includes(task)) continue;
        this.#law(holder === undefined, `nobody has ${task}`);
        const end = this.#ends.get(task)!;
        const near = [...this.nodes].some(([id, { standbys, warmUps, stored }]) => {
          const copy = standbys.get(task) ?? warmUps.get(task);
          return id !== holder && (copy?.near === true || end - (stored.get(task) ?? 0) <= acceptableLag);
        });
        const behind = end - (this.nodes.get(holder!)!.stored.get(task) ?? 0) > acceptableLag;
        this.#law(!near && !behind, `${task} moves to where it is far`);
      }
    }

    // Collected: as an expectation each would take longer than the round.
    #law(broken: boolean, reason: string): void {
      if (broken) this.broken.push(reason);
    }
  }

  test('comes to rest in balance, moves tasks to near copies only, and never makes more copies than it may', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.record({ standbys: fc.nat(1), most: fc.integer({ min: 1, max: 3 }) }),
        fc.array(fc.tuple(fc.nat(4), fc.nat(6), fc.nat(30)), { maxLength: 10 }),
        (count, settings, events) => {
          const group = new Group(named(count), settings);
          group.join('m0');
          for (const [member, rounds, written] of events) {
            const id = `m${String(member)}`;
            if (group.nodes.has(id) && group.nodes.size > 1) group.nodes.delete(id);
            else if (!group.nodes.has(id)) group.join(id);
            for (let i = 0; i < rounds; i++) {
              group.rebalance();
              group.work(written);
            }
          }
          let quiet = 0;
          for (let round = 0; round < 800 && quiet < 3; round++) {
            group.work(5);
            const waits = [...group.nodes.values()].some(({ warmUps, standbys }) =>
              [...warmUps.values(), ...standbys.values()].some(({ near }) => !near),
            );
            quiet = group.rebalance() || waits ? 0 : quiet + 1;
          }
          expect([quiet, group.broken]).toEqual([3, []]);
          const nodes = [...group.nodes.values()];
          expect(nodes.flatMap(({ warmUps }) => [...warmUps.keys()])).toEqual([]);
          const sizes = nodes.map(({ held }) => held.length);
          expect(sizes.reduce((a, b) => a + b, 0)).toBe(count);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 50 },
    );
  });
});
