/** Rules reach every task; values wait in keyed state until all rules have come, then are judged by a timer. */
import { defineTopology, json, listState, mapState, monotonousTimestamps, number, topic } from '../../../src/index.ts';
import { randomInt } from '../../../src/testing/simulation/seeded-random.ts';
import { simulationEpoch } from '../../../src/testing/simulation/scheduler.ts';
import { simulatedJob } from './simulated-job.ts';

interface Rule {
  readonly kind: 'rule';
  /** First record of a partition: event time begins there. */
  readonly opens?: number;
  readonly product: number;
  readonly price: number;
}

interface Sale {
  readonly kind: 'sale';
  readonly opens?: number;
  readonly product: number;
  readonly pieces: number;
}

interface Revenue {
  readonly product: number;
  readonly revenue: number;
}

const rule = json<Rule>('rule');
const rulePartitions = 2;
const sale = json<Sale>('sale');
const revenue = json<Revenue>('revenue');

/** After the last input of any run has reached the log. */
const closingTime = simulationEpoch + 5_500;

const topology = defineTopology({
  name: 'broadcast',
  build(t) {
    const time = { watermarks: monotonousTimestamps<Rule | Sale>(), idleAfter: '500ms', whenIdle: 'advance' } as const;
    const prices = t
      .source(
        'rules',
        topic('rules', rule, { compacted: true, key: ({ product }) => product, partitions: rulePartitions }),
        time,
      )
      .broadcast({ prices: mapState(number, number) });
    t.source('sales', topic('sales', sale), time)
      .filter(({ opens }) => opens === undefined)
      .keyBy(({ product }) => product)
      .connect(prices)
      .process('revenue', {
        state: { waiting: listState(sale) },
        output: revenue,
        onElement(value, ctx) {
          ctx.state.waiting.add(value);
          ctx.timers.registerEventTime(closingTime);
        },
        onBroadcast({ product, price }, ctx) {
          ctx.broadcast.prices.set(product, price);
        },
        onTimer(_time, ctx) {
          for (const { product, pieces } of ctx.state.waiting.get()) {
            ctx.emit({ product, revenue: pieces * (ctx.broadcast.prices.get(product) ?? -1) });
          }
          ctx.clearState();
        },
      })
      .sinkTo('revenues', topic('revenues', revenue, { key: ({ product }) => product }));
  },
});

export const broadcast = simulatedJob<Rule | Sale>(topology, {
  order: 'any',
  inputs(random, partitions) {
    const rules = Array.from({ length: rulePartitions }, (_, opens): Rule => {
      return { kind: 'rule', opens, product: -1 - opens, price: 0 };
    });
    const sales = Array.from({ length: partitions }, (_, opens): Sale => {
      return { kind: 'sale', opens, product: -1, pieces: 0 };
    });
    const values = Array.from({ length: randomInt(random, 10, 40) }, (): Rule | Sale => {
      const product = randomInt(random, 0, 5);
      return random() < 0.3
        ? { kind: 'rule', product, price: randomInt(random, 1, 10) }
        : { kind: 'sale', product, pieces: randomInt(random, 1, 10) };
    });
    return [...rules, ...sales, ...values];
  },
  input: (value) => ({
    source: value.kind === 'rule' ? 'rules' : 'sales',
    value,
    partition: value.opens,
    early: value.opens !== undefined,
    keep: value.opens !== undefined,
  }),
  expected(values) {
    const prices = new Map<number, number>();
    for (const value of values) if (value.kind === 'rule') prices.set(value.product, value.price);
    return values.flatMap((value) =>
      value.kind === 'sale' && value.opens === undefined
        ? [{ product: value.product, revenue: value.pieces * (prices.get(value.product) ?? -1) }]
        : [],
    );
  },
});
