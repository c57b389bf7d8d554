/** Upper bounds of the buckets, seconds. From a fast batch to a slow model call. */
export const durationBuckets: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Counts durations in fixed buckets. `observe` allocates nothing; one call per batch, commit or call, not per record. */
export class DurationHistogram {
  /** Observations per bucket (not cumulative); the last one counts what is above all bounds. */
  readonly counts = new Float64Array(durationBuckets.length + 1);
  sum = 0;
  count = 0;

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < durationBuckets.length && seconds > durationBuckets[bucket]!) bucket++;
    this.counts[bucket]! += 1;
    this.sum += seconds;
    this.count += 1;
  }

  /** Adds what another histogram counted. */
  add(other: DurationHistogram): void {
    for (let bucket = 0; bucket < this.counts.length; bucket++) this.counts[bucket]! += other.counts[bucket]!;
    this.sum += other.sum;
    this.count += other.count;
  }
}
