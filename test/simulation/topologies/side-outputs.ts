/** Stateless branches and side outputs of an unkeyed function: three sinks from one source. */
import { defineTopology, json, number, topic } from '../../../src/index.ts';
import { randomInt } from '../../../src/testing/simulation/seeded-random.ts';
import { simulatedJob } from './simulated-job.ts';

interface Reading {
  readonly sensor: number;
  readonly value: number;
}

const reading = json<Reading>('reading');
const bySensor = { key: ({ sensor }: Reading) => sensor };

const topology = defineTopology({
  name: 'side-outputs',
  build(t) {
    const checked = t.source('readings', topic('readings', reading, bySensor)).process('check', {
      output: reading,
      sideOutputs: { low: reading, sum: number },
      onElement(value, ctx) {
        if (value.value < 20) ctx.output('low', value);
        else ctx.emit(value);
        ctx.output('sum', value.sensor + value.value);
      },
    });
    checked
      .union(checked.sideOutput('low').map(({ sensor, value }) => ({ sensor, value: -value })))
      .sinkTo('all', topic('all', reading, bySensor));
    checked.sideOutput('low').sinkTo('low', topic('low', reading, bySensor));
    checked.sideOutput('sum').sinkTo('sums', topic('sums', number));
  },
});

export const sideOutputs = simulatedJob<Reading>(topology, {
  inputs: (random) =>
    Array.from({ length: randomInt(random, 20, 60) }, () => ({
      sensor: randomInt(random, 0, 5),
      value: randomInt(random, 0, 40),
    })),
  expected: (readings) => ({
    all: readings.map(({ sensor, value }) => ({ sensor, value: value < 20 ? -value : value })),
    low: readings.filter(({ value }) => value < 20),
    sums: readings.map(({ sensor, value }) => sensor + value),
  }),
});
