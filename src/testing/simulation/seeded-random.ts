import type { Random } from '../../core/clock.ts';

/** sfc32: small, fast, and good enough to decide schedules. The same seed and stream always give the same numbers. */
export function seededRandom(seed: number, stream = 0): Random {
  let a = 0x9e3779b9 ^ stream;
  let b = seed | 0;
  let c = Math.floor(seed / 0x1_0000_0000) | 0;
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 0x1_0000_0000;
  };
  for (let i = 0; i < 12; i++) next(); // neighbouring seeds are alike until mixed
  return next;
}

/** An integer in [from, to). */
export function randomInt(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from));
}

export function pick<T>(random: Random, options: readonly [T, ...T[]] | readonly T[]): T {
  return options[Math.floor(random() * options.length)]!;
}

export function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

/** Mostly small, sometimes large, rarely huge: how networks and disks answer. Milliseconds. */
export function randomLatency(random: Random, typicalMs: number): number {
  const roll = random();
  if (roll < 0.9) return random() * typicalMs;
  if (roll < 0.99) return random() * typicalMs * 10;
  return random() * typicalMs * 100;
}
