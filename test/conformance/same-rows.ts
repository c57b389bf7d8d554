import { expect } from 'vitest';

/** Compares rows as a multiset, fields in any order, numbers to twelve digits. */
export function expectSameRows(actual: readonly unknown[], wanted: readonly unknown[]): void {
  expect(actual.map(canonical).sort()).toEqual(wanted.map(canonical).sort());
}

/** Text that is the same for values that are the same. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === 'number') return Number(part.toPrecision(12));
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
