/** Two filters of one stream, written to one topic by two sinks. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { ridesOf, type Ride } from '../rides.ts';

const rowOf = ({ ts, ...ride }: Ride) => ({ timestamp: ts, ...ride });

export const testMergeSink = defineTopology({
  name: 'test-merge-sink',
  build(t) {
    const rides = ridesOf(t);
    rides
      .filter(({ driver_id, event_type }) => driver_id === 100 && event_type === 'pickup')
      .map(rowOf)
      .sinkTo('rows', rows);
    rides
      .filter(({ driver_id, event_type }) => driver_id === 101 && event_type === 'dropoff')
      .map(rowOf)
      .sinkTo('more-rows', rows);
  },
});
