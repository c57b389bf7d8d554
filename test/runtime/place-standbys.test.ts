import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAssignment, encodeMetadata, taskAssignor } from '../../src/runtime/assignment.ts';
import type { WorkerPlace } from '../../src/runtime/worker-options.ts';

interface Told {
  readonly follows?: boolean;
  readonly held?: readonly string[];
  readonly standbys?: Readonly<Record<string, number | null>>;
  /** Of tasks that it neither runs nor follows. */
  readonly positions?: Readonly<Record<string, number>>;
  readonly place?: WorkerPlace;
}

interface Given {
  readonly tasks: readonly string[];
  readonly standbys: readonly string[];
}

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `count-${String(i)}`);

const positionsOf = (lags: Readonly<Record<string, number | null>>): Record<string, number> =>
  Object.fromEntries(Object.entries(lags).flatMap(([task, lag]) => (lag === null ? [] : [[task, 1_000 - lag]])));

function assign(tasks: readonly string[], standbys: number, members: Readonly<Record<string, Told>>, copied = tasks) {
  const views = Object.entries(members).map(
    ([memberId, { held = [], standbys: copies = {}, follows = true, positions = {}, place }]) => ({
      memberId,
      metadata: encodeMetadata({
        topology: 't',
        id: memberId,
        held,
        copies: {
          follows,
          standbys: copies,
          warmUps: {},
          positions: { ...positions, ...positionsOf(copies) },
          ends: {},
        },
        place,
        fenced: [],
      }),
    }),
  );
  const result = taskAssignor(tasks, { single: false, standbys, copied: new Set(copied) })(views);
  return Object.fromEntries(
    [...result].map(([id, bytes]): [string, Given] => {
      const { tasks: own, standbys: copies = [] } = decodeAssignment(bytes);
      return [id, { tasks: own, standbys: copies }];
    }),
  );
}

describe('standbys', () => {
  test('are kept by those who do not run the task, of tasks that have state', () => {
    const result = assign(['a', 'b', 'c'], 1, { x: { held: ['a', 'c'] }, y: { held: ['b'] } }, ['a', 'b']);
    expect(result).toEqual({ x: { tasks: ['a', 'c'], standbys: ['b'] }, y: { tasks: ['b'], standbys: ['a'] } });
  });

  test('none without the option', () => {
    expect(assign(['a'], 0, { x: { held: ['a'] }, y: {} })['y']!.standbys).toEqual([]);
  });

  test('are kept by those who can', () => {
    const result = assign(['a'], 2, { x: { held: ['a'] }, y: {}, z: { follows: false } });
    expect(result).toMatchObject({ y: { standbys: ['a'] }, z: { standbys: [] } });
  });

  test('go where the state was once, the furthest first, but not to one who has its share', () => {
    const owners = { x: { held: ['a', 'b'] }, y: { held: ['c', 'd'] } };
    const z = { positions: { a: 10, b: 500 } };
    expect(assign(['a'], 1, { x: { held: ['a'] }, y: {}, z })).toMatchObject({
      y: { standbys: [] },
      z: { standbys: ['a'] },
    });
    expect(assign(['b'], 1, { x: { held: ['b'] }, w: { positions: { b: 400 } }, z })).toMatchObject({
      w: { standbys: [] },
      z: { standbys: ['b'] },
    });
    const result = assign(['a', 'b', 'c', 'd'], 1, {
      ...owners,
      z: { held: [], positions: { a: 1, b: 1, c: 1, d: 1 } },
    });
    expect(result['z']!.standbys).toHaveLength(2);
  });

  test('a lone member keeps none', () => {
    expect(assign(['a'], 2, { x: {} })).toEqual({ x: { tasks: ['a'], standbys: [] } });
  });

  test('go to another rack first, then to another host, then to anybody', () => {
    const at = (host: string, rack: string): Told => ({ place: { host, rack } });
    const owner: Told = { held: ['a'], ...at('h1', 'r1') };
    const keeper = (others: Readonly<Record<string, Told>>) => {
      const result = Object.entries(assign(['a'], 1, { a: owner, ...others }));
      return result.filter(([, { standbys }]) => standbys.length > 0).map(([id]) => id);
    };
    expect(keeper({ b: at('h1', 'r1'), c: at('h2', 'r1'), d: at('h3', 'r2') })).toEqual(['d']);
    expect(keeper({ b: at('h1', 'r1'), c: at('h2', 'r1') })).toEqual(['c']);
    expect(keeper({ b: at('h1', 'r1') })).toEqual(['b']);
  });

  test('the copy that is least behind takes over', () => {
    const result = assign(['a', 'b'], 1, {
      x: { standbys: { a: 900, b: null } },
      y: { standbys: { a: 10 } },
    });
    expect([result['x']!.tasks, result['y']!.tasks]).toEqual([['b'], ['a']]);
  });

  test('nobody is to copy what another member of the group still gives up', () => {
    const result = assign(named(2), 1, { x: { held: named(2) }, y: {} });
    expect(result).toEqual({ x: { tasks: ['count-0'], standbys: [] }, y: { tasks: [], standbys: named(2) } });
  });

  test('settle: as many as asked for, never beside the task, evenly, and then nothing moves', () => {
    const changes = fc.array(fc.nat(5), { maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(2), fc.nat(2), changes, (count, standbys, hosts, joins) => {
        const tasks = named(count);
        let members: Record<string, Told> = { m0: { place: { host: 'h0' } } };
        const doubled: string[] = [];
        const settle = (): void => {
          let before = '';
          for (let round = 0; round < 6; round++) {
            const result = assign(tasks, standbys, members);
            for (const [id, { tasks: own, standbys: copies }] of Object.entries(result)) {
              for (const task of copies) {
                if (own.includes(task) || members[id]!.held?.includes(task) === true) doubled.push(task);
              }
            }
            members = Object.fromEntries(
              Object.entries(result).map(([id, given]) => {
                const copies = Object.fromEntries(given.standbys.map((task) => [task, 0]));
                return [id, { held: given.tasks, standbys: copies, place: members[id]!.place! }];
              }),
            );
            const now = JSON.stringify(members);
            if (round === 5) expect([now, doubled]).toEqual([before, []]);
            before = now;
          }
          const copies = Object.values(members).map(({ standbys: own = {} }) => Object.keys(own));
          const each = Math.min(standbys, copies.length - 1);
          const counts = tasks.map((task) => copies.filter((own) => own.includes(task)).length);
          expect(counts).toEqual(tasks.map(() => each));
          const most = Math.max(...copies.map((own) => own.length));
          if (hosts === 0) expect(most).toBeLessThanOrEqual(Math.ceil((count * each) / copies.length) + 2);
        };
        settle();
        for (const join of joins) {
          const id = `m${String(join)}`;
          const others = Object.entries(members).filter(([member]) => member !== id);
          const place = { host: `h${String(hosts === 0 ? 0 : join % (hosts + 1))}` };
          members = id in members && others.length > 0 ? Object.fromEntries(others) : { ...members, [id]: { place } };
          settle();
        }
      }),
      { numRuns: 40 },
    );
  });
});
