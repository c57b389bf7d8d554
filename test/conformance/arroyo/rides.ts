import { boundedOutOfOrderness, json, topic, type DataStream, type TopologyBuilder } from '../../../src/index.ts';

/** What happens to a driver of a ride service. Out of order by up to 23 s. */
export interface Ride {
  readonly ts: number;
  readonly driver_id: number;
  readonly event_type: 'pickup' | 'dropoff';
  readonly location: string;
}

const rides = topic('events', json<Ride>('ride'));

export function ridesOf(t: TopologyBuilder): DataStream<Ride> {
  return t.source('events', rides, { watermarks: boundedOutOfOrderness('23s', ({ ts }) => ts) });
}
