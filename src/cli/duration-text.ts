/** A duration as settings have it, in the largest unit that it is a whole number of. */
export function durationText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [unit, size] = units.find(([, candidate]) => ms % candidate === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
