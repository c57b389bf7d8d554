/** Cases that do not run, and what they wait for. A case that neither runs nor is found here fails the index test. */
import type { CaseEntry } from './case-files.ts';

export interface Waiting {
  readonly waitsFor: 'windows' | 'interval joins' | 'nothing';
  readonly because: string;
  /** Features by name, or by what their names begin with: `window.`. */
  readonly features?: readonly string[];
  readonly ids?: readonly string[];
  readonly portability?: CaseEntry['portability'];
}

/** The first that fits counts. */
export const waiting: readonly Waiting[] = [
  {
    waitsFor: 'nothing',
    because: 'an operator that only Kafka Streams has: sliding windows of its own, outer joins with grace, suppression',
    portability: 'ks-only',
  },
  {
    waitsFor: 'nothing',
    because: 'evictors are not planned',
    features: [
      'window.global.evictor',
      'window.global.event.evictor.trigger',
      'window.tumbling.evictor',
      'window.tumbling.event.evictor',
    ],
  },
  {
    waitsFor: 'nothing',
    because:
      'joins of joins of tables in the order in which Kafka Streams walks its graph, its known duplicates included',
    features: ['join.table-table'],
    portability: 'optional',
  },
  {
    waitsFor: 'nothing',
    because: 'the same query runs on the 110 events; the results of these are large',
    ids: ['nexmark-gen4kooo/q14', 'nexmark-gen4kooo/q20', 'nexmark-gen5k/q19'],
  },
  {
    waitsFor: 'windows',
    because: 'there are no window operators yet',
    features: ['window.', 'suppress'],
  },
  {
    waitsFor: 'windows',
    because: 'joins of the results of windows',
    features: [
      'join of two tumbling aggregates with different watermark delays',
      'window-join full outer of two window aggregates',
      'window-join inner of two window aggregates',
    ],
  },
  {
    waitsFor: 'interval joins',
    because: 'there is no interval join yet',
    features: ['join.interval', 'join.stream-stream.window.inner'],
  },
];

export function fits({ id, feature, portability }: CaseEntry, entry: Waiting): boolean {
  if (entry.portability !== undefined && entry.portability !== portability) return false;
  if (entry.ids !== undefined) return entry.ids.includes(id);
  if (entry.features === undefined) return true;
  return entry.features.some((name) => feature === name || (name.endsWith('.') && feature.startsWith(name)));
}
