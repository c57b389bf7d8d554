import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAssignment, encodeMetadata, taskAssignor } from '../../src/runtime/assignment.ts';
import { tableOf, type MemberTable } from '../../src/runtime/departed.ts';

const tasks = (count: number): string[] => Array.from({ length: count }, (_, i) => `count-${String(i)}`);

type Held = Readonly<Record<string, readonly string[]>>;

function assignAll(all: readonly string[], held: Held, single = false) {
  const members = Object.entries(held).map(([memberId, own]) => ({
    memberId,
    metadata: encodeMetadata({ topology: 't', id: `id-${memberId}`, held: own, fenced: [] }),
  }));
  const result = taskAssignor(all, { single, standbys: 0, copied: new Set() })(members);
  return Object.fromEntries([...result].map(([id, bytes]) => [id, decodeAssignment(bytes)]));
}

function assign(all: readonly string[], held: Held, single = false) {
  const result = assignAll(all, held, single);
  return Object.fromEntries(
    Object.entries(result).map(([id, { tasks: own, refused }]) => [id, refused === undefined ? own : refused]),
  );
}

describe('taskAssignor', () => {
  test('gives a lone member everything', () => {
    expect(assign(tasks(3), { a: [] })).toEqual({ a: tasks(3) });
  });

  test('keeps tasks where they are when the shares are even', () => {
    const result = assign(tasks(4), { a: ['count-0', 'count-3'], b: ['count-1', 'count-2'] });
    expect(result).toEqual({ a: ['count-0', 'count-3'], b: ['count-1', 'count-2'] });
  });

  test('withholds a task from a new member until its holder has given it up', () => {
    const first = assign(tasks(4), { a: tasks(4), b: [] });
    expect(first).toEqual({ a: ['count-0', 'count-1'], b: [] });
    const second = assign(tasks(4), { a: ['count-0', 'count-1'], b: [] });
    expect(second).toEqual({ a: ['count-0', 'count-1'], b: ['count-2', 'count-3'] });
  });

  test('tells everybody whether a task is on its way from one member to another', () => {
    const complete = (held: Held): readonly boolean[] =>
      Object.values(assignAll(tasks(4), held)).map((assignment) => assignment.complete);
    expect(complete({ a: tasks(4), b: [] })).toEqual([false, false]);
    expect(complete({ a: ['count-0', 'count-1'], b: [] })).toEqual([true, true]);
    expect(decodeAssignment(new Uint8Array()).complete).toBe(false);
  });

  test('refuses a second member of a job that exchanges directly', () => {
    const result = assign(tasks(2), { a: tasks(2), b: [] }, true);
    expect(result['a']).toEqual(tasks(2));
    expect(result['b']).toMatch(/another worker/);
  });

  test('settles balanced, without ever giving a task to two members or moving one that may stay', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(5), { maxLength: 12 }), (count, changes) => {
        let held: Record<string, readonly string[]> = { m0: [] };
        const settle = (): void => {
          for (let round = 0; round < 4; round++) {
            const result = assign(tasks(count), held) as Record<string, readonly string[]>;
            const all = Object.values(result).flat();
            expect(new Set(all).size).toBe(all.length);
            for (const [member, own] of Object.entries(result)) {
              for (const task of own) {
                const holder = Object.keys(held).find((id) => held[id]!.includes(task));
                expect(holder ?? member).toBe(member);
              }
            }
            held = result;
          }
          const sizes = Object.values(held).map((own) => own.length);
          expect(sizes.reduce((a, b) => a + b, 0)).toBe(count);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        };
        settle();
        for (const change of changes) {
          const id = `m${String(change)}`;
          const others = Object.entries(held).filter(([member]) => member !== id);
          held = id in held && others.length > 0 ? Object.fromEntries(others) : { ...held, [id]: held[id] ?? [] };
          settle();
        }
      }),
      { numRuns: 50 },
    );
  });

  describe('fencing the departed', () => {
    interface Known {
      readonly table?: MemberTable;
      readonly fenced?: readonly string[];
    }

    function rounds(members: Readonly<Record<string, Known>>, generation = 100) {
      const views = Object.entries(members).map(([memberId, { table, fenced = [] }]) => ({
        memberId,
        metadata: encodeMetadata({ topology: 't', id: `id-${memberId}`, held: [], table, fenced }),
      }));
      const result = [...taskAssignor(tasks(1), { single: false, standbys: 0, copied: new Set() })(views)].map(
        ([id, bytes]) => [id, decodeAssignment(bytes)] as const,
      );
      const fence = Object.fromEntries(result.map(([id, assignment]) => [id, assignment.fence]));
      return { fence, table: tableOf(generation, result[0]![1].table) };
    }
    const table = (ids: readonly string[], generation = 7, chain = 'x'): MemberTable => ({ generation, chain, ids });

    test('those who are left share out the ids of those who are gone', () => {
      const known = table(['id-a', 'id-b', 'id-c', 'id-d']);
      expect(rounds({ b: { table: known }, c: { table: known } }).fence).toEqual({ b: ['id-a'], c: ['id-d'] });
    });

    test('an id is remembered until somebody has fenced it', () => {
      const first = rounds({ b: { table: table(['id-a', 'id-b']) } });
      expect(first.table.ids).toEqual(['id-b', 'id-a']);
      const heirDied = rounds({ c: { table: first.table } }, 101);
      expect(heirDied.fence).toEqual({ c: ['id-a', 'id-b'] });
      const settled = rounds({ c: { table: heirDied.table, fenced: ['id-a', 'id-b'] } }, 102);
      expect(settled).toMatchObject({ fence: { c: [] }, table: { ids: ['id-c'] } });
    });

    test('a member that is there again is left alone', () => {
      expect(rounds({ a: {}, b: { table: table(['id-a', 'id-b']) } }).fence).toEqual({ a: [], b: [] });
    });

    test('an older table of the same descent says nothing new, one of another descent does', () => {
      const newest = table(['id-b'], 9);
      expect(rounds({ b: { table: newest }, c: { table: table(['old'], 3) } }).fence).toEqual({ b: [], c: [] });
      const other = rounds({ b: { table: newest }, c: { table: table(['old'], 3, 'y') } });
      expect(other).toMatchObject({ fence: { b: ['old'], c: [] }, table: { chain: 'x' } });
    });

    test('a table of the group as it was before it was deleted hides nobody who has come since', () => {
      const before = table(['id-a', 'id-b'], 500);
      const first = rounds({ b: { table: before }, d: {} }, 1);
      const second = rounds({ b: { table: first.table, fenced: ['id-a'] }, d: { table: first.table } }, 2);
      const back = rounds({ a: { table: before }, b: { table: second.table } }, 3); // and d has died
      expect(back.fence).toEqual({ a: ['id-d'], b: [] });
      const later = rounds({ a: { table: back.table }, b: { table: back.table } }, 4);
      expect(later.table).toMatchObject({ generation: 4, chain: back.table.chain });
    });
  });
});
