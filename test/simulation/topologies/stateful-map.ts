/** Keyed state on records that are already partitioned: a running count and sum of every key. */
import { defineTopology, json, topic, valueState } from '../../../src/index.ts';
import { randomInt } from '../../../src/testing/simulation/seeded-random.ts';
import { simulatedJob } from './simulated-job.ts';

interface Payment {
  readonly account: string;
  readonly amount: number;
}

interface Balance {
  readonly account: string;
  readonly count: number;
  readonly sum: number;
}

const topology = defineTopology({
  name: 'stateful-map',
  build(t) {
    t.source('payments', topic('payments', json<Payment>('payment'), { key: ({ account }) => account }))
      .keyedByRecordKey(({ account }) => account)
      .process('balance', {
        state: { balance: valueState(json<Balance>('balance')) },
        output: json<Balance>('balance'),
        onElement({ account, amount }, ctx) {
          const { count, sum } = ctx.state.balance.get() ?? { count: 0, sum: 0 };
          const next = { account, count: count + 1, sum: sum + amount };
          ctx.state.balance.set(next);
          ctx.emit(next);
        },
      })
      .sinkTo('balances', topic('balances', json<Balance>('balance'), { key: ({ account }) => account }));
  },
});

export const statefulMap = simulatedJob<Payment>(topology, {
  inputs: (random) =>
    Array.from({ length: randomInt(random, 20, 60) }, () => ({
      account: `account-${randomInt(random, 0, 6)}`,
      amount: randomInt(random, 1, 100),
    })),
  expected(payments) {
    const balances = new Map<string, Balance>();
    return payments.map(({ account, amount }) => {
      const { count, sum } = balances.get(account) ?? { count: 0, sum: 0 };
      const next = { account, count: count + 1, sum: sum + amount };
      balances.set(account, next);
      return next;
    });
  },
});
