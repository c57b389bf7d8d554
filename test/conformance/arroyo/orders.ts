/** Changes of a table of orders, as a database tells them. Those of an order are in order. */
import { json, topic, type KeyedStream, type TopologyBuilder } from '../../../src/index.ts';

export interface Order {
  readonly id: number;
  readonly customer_name: string;
  readonly product_name: string;
  readonly quantity: number;
  readonly status: string;
}

export type OrderChange =
  | { readonly op: 'c'; readonly before: null; readonly after: Order }
  | { readonly op: 'u'; readonly before: Order; readonly after: Order }
  | { readonly op: 'd'; readonly before: Order; readonly after: null };

export const orderId = ({ before, after }: OrderChange): number => (after ?? before).id;

const changes = topic('events', json<OrderChange>('order change'));

export function orderChangesOf(t: TopologyBuilder): KeyedStream<number, OrderChange> {
  return t.source('events', changes).keyBy(orderId);
}
