import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAssignment, encodeMetadata, taskAssignor } from '../../src/runtime/assignment.ts';
import type { OwnerTable } from '../../src/runtime/ownership.ts';

const tasks = (count: number): string[] => Array.from({ length: count }, (_, i) => `count-${String(i)}`);

type Held = Readonly<Record<string, readonly string[]>>;

function assignAll(all: readonly string[], held: Held, options: { single?: boolean; table?: OwnerTable } = {}) {
  const members = Object.entries(held).map(([memberId, own]) => ({
    memberId,
    metadata: encodeMetadata({ topology: 't', id: `id-${memberId}`, held: own, table: options.table }),
  }));
  const result = taskAssignor(all, options.single ?? false)(members);
  return Object.fromEntries([...result].map(([id, bytes]) => [id, decodeAssignment(bytes)]));
}

function assign(all: readonly string[], held: Held, single = false) {
  const result = assignAll(all, held, { single });
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
    const table = (owners: OwnerTable['owners']): OwnerTable => ({ generation: 7, owners });

    test('gives the heir of a task the ids of those who are gone', () => {
      const result = assignAll(
        tasks(2),
        { b: ['count-1'] },
        { table: table({ 'id-a': ['count-0'], 'id-b': ['count-1'] }) },
      );
      expect(result['b']).toMatchObject({ tasks: ['count-1', 'count-0'], fence: ['id-a'] });
    });

    test('remembers an id until its heir holds the task', () => {
      const first = assignAll(tasks(1), { b: [] }, { table: table({ 'id-a': ['count-0'] }) });
      expect(first['b']!.owners).toEqual({ 'id-a': ['count-0'], 'id-b': ['count-0'] });
      const heirDied = assignAll(tasks(1), { c: [] }, { table: table(first['b']!.owners) });
      expect(heirDied['c']!.fence).toEqual(['id-a', 'id-b']);
      const settled = assignAll(tasks(1), { c: ['count-0'] }, { table: table(heirDied['c']!.owners) });
      expect(settled['c']).toMatchObject({ fence: [], owners: { 'id-c': ['count-0'] } });
    });

    test('leaves members alone that live: they have given up what they do not hold', () => {
      const result = assignAll(tasks(2), { a: ['count-0'], b: [] }, { table: table({ 'id-a': tasks(2) }) });
      expect(result['b']).toMatchObject({ tasks: ['count-1'], fence: [] });
    });

    test('goes by the newest table that a member brings', () => {
      const members = [
        { memberId: 'a', table: { generation: 3, owners: { old: tasks(1) } } },
        { memberId: 'b', table: { generation: 9, owners: { new: tasks(1) } } },
      ].map(({ memberId, table: known }) => ({
        memberId,
        metadata: encodeMetadata({ topology: 't', id: memberId, held: [], table: known }),
      }));
      const result = taskAssignor(tasks(1), false)(members);
      expect(decodeAssignment(result.get('a')!).fence).toEqual(['new']);
    });
  });
});
