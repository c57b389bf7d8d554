/** How a case is spread over partitions, workers and exchanges; none of it may be seen in the result. */
export interface Layout {
  readonly partitions: number;
  readonly workers: number;
  readonly exchange: 'direct' | 'log';
  /** The job crashes on the way and goes on from its last commit. */
  readonly crash: boolean;
}

export const layouts: readonly Layout[] = [
  { partitions: 1, workers: 1, exchange: 'direct', crash: false },
  { partitions: 3, workers: 1, exchange: 'direct', crash: true },
  { partitions: 3, workers: 2, exchange: 'log', crash: true },
];

/** For cases that mean one partition, like those of the order of results. */
export const singlePartition: readonly Layout[] = [
  { partitions: 1, workers: 1, exchange: 'direct', crash: false },
  { partitions: 1, workers: 1, exchange: 'direct', crash: true },
  { partitions: 1, workers: 1, exchange: 'log', crash: true },
];
