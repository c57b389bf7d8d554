/** How many drivers have more than 85 events: an aggregate of an aggregate. */
import { count, defineTopology, json } from '../../../../src/index.ts';
import { table } from '../../result-topics.ts';
import { ridesOf } from '../rides.ts';

export const activeDrivers = defineTopology({
  name: 'active-drivers',
  build(t) {
    ridesOf(t)
      .keyBy(({ driver_id }) => driver_id)
      .aggregate('events-of-driver', count(), {
        output: json<{ driver: number; events: number }>('events of driver'),
        result: (events, driver) => ({ driver, events }),
      })
      .filter(({ events }) => events === 86) // counts only grow: a driver enters the table once
      .keyBy(() => 'all')
      .aggregate('drivers', count())
      .map((drivers) => ({ key: 'all', row: { drivers } }))
      .sinkTo('table', table);
  },
});
