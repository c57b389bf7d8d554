import { boolean, boundedOutOfOrderness, defineTopology, json, mapState, string, topic } from '../src/index.ts';
import type { CallContext } from '../src/index.ts';

interface OrderV1 {
  readonly id: string;
  readonly customer: string;
  readonly cents: number;
  readonly at: number;
}
export interface Order extends OrderV1 {
  readonly currency: string;
}
export interface ScoredOrder extends Order {
  readonly score: number;
}
const Order = json<Order>('Order', {
  version: 2,
  upgrade: (old) => ({ ...(old as OrderV1), currency: 'EUR' }), // what version 1 meant
});
const ScoredOrder = json<ScoredOrder>('ScoredOrder');

export const orders = topic('orders', Order, { key: (order) => order.customer });
export const lateOrders = topic('late-orders', Order, { key: (order) => order.customer });
export const scoredOrders = topic('scored-orders', ScoredOrder, { key: (order) => order.customer });

export type ScoreOf = (order: Order, call: CallContext) => Promise<number>;

/** Drops orders seen before, sets late ones aside, and asks a service for a score of the others. */
export function scoring(scoreOf: ScoreOf) {
  return defineTopology({
    name: 'scoring',
    build(t) {
      const fresh = t
        .source('orders', orders, { watermarks: boundedOutOfOrderness('1m', (order) => order.at), idleAfter: '30s' })
        .keyBy((order) => order.customer)
        .process('fresh', {
          output: Order,
          sideOutputs: { late: Order },
          state: { seen: mapState(string, boolean, { ttl: '1d' }) },
          onElement(order, ctx) {
            if (ctx.state.seen.has(order.id)) return;
            ctx.state.seen.set(order.id, true);
            if (ctx.timestamp <= ctx.watermark) ctx.output('late', order);
            else ctx.emit(order);
          },
        });
      fresh.sideOutput('late').sinkTo('late', lateOrders);
      fresh
        .asyncMap('score', async (order, call) => ({ ...order, score: await scoreOf(order, call) }), {
          output: ScoredOrder,
          mode: 'ordered',
          slots: 8,
          attemptTimeout: '5s',
          onError: { retry: 3, then: 'deadLetter' },
        })
        .sinkTo('scored', scoredOrders);
    },
  });
}

/** A call to a service over HTTP: stops with the attempt, and is repeated under the same key. */
export async function scoreByHttp(order: Order, call: CallContext): Promise<number> {
  const response = await fetch('https://scores.example.com/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': call.id },
    body: JSON.stringify(order),
    signal: call.signal,
  });
  if (!response.ok) throw new Error(`the score service answered ${response.status}`);
  return Number(await response.text());
}
