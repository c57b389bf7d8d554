import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAssignment, encodeMetadata, taskAssignor } from '../../src/runtime/assignment.ts';

const tasks = (count: number): string[] => Array.from({ length: count }, (_, i) => `count-${String(i)}`);

function assign(all: readonly string[], held: Readonly<Record<string, readonly string[]>>, single = false) {
  const members = Object.entries(held).map(([memberId, own]) => ({
    memberId,
    metadata: encodeMetadata({ topology: 't', held: own }),
  }));
  const result = taskAssignor(all, single)(members);
  return Object.fromEntries([...result].map(([id, bytes]) => [id, decodeAssignment(bytes)]));
}

describe('taskAssignor', () => {
  test('gives a lone member everything', () => {
    expect(assign(tasks(3), { a: [] })).toEqual({ a: { tasks: tasks(3) } });
  });

  test('keeps tasks where they are when the shares are even', () => {
    const result = assign(tasks(4), { a: ['count-0', 'count-3'], b: ['count-1', 'count-2'] });
    expect(result).toEqual({ a: { tasks: ['count-0', 'count-3'] }, b: { tasks: ['count-1', 'count-2'] } });
  });

  test('withholds a task from a new member until its holder has given it up', () => {
    const first = assign(tasks(4), { a: tasks(4), b: [] });
    expect(first).toEqual({ a: { tasks: ['count-0', 'count-1'] }, b: { tasks: [] } });
    const second = assign(tasks(4), { a: ['count-0', 'count-1'], b: [] });
    expect(second).toEqual({ a: { tasks: ['count-0', 'count-1'] }, b: { tasks: ['count-2', 'count-3'] } });
  });

  test('refuses a second member of a job that exchanges directly', () => {
    const result = assign(tasks(2), { a: tasks(2), b: [] }, true);
    expect(result['a']!.tasks).toEqual(tasks(2));
    expect(result['b']!.refused).toMatch(/another worker/);
  });

  test('settles balanced, without ever giving a task to two members or moving one that may stay', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(5), { maxLength: 12 }), (count, changes) => {
        let held: Record<string, readonly string[]> = { m0: [] };
        const settle = (): void => {
          for (let round = 0; round < 4; round++) {
            const result = assign(tasks(count), held);
            const all = Object.values(result).flatMap((assignment) => assignment.tasks);
            expect(new Set(all).size).toBe(all.length);
            for (const [member, assignment] of Object.entries(result)) {
              for (const task of assignment.tasks) {
                const holder = Object.keys(held).find((id) => held[id]!.includes(task));
                expect(holder ?? member).toBe(member);
              }
            }
            held = Object.fromEntries(Object.entries(result).map(([id, assignment]) => [id, assignment.tasks]));
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
});
