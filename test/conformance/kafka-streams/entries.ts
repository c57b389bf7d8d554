/** The records of the cases: a key and a value, either of which may be null. */
import { json, topic, type Codec, type DataStream, type Key, type TopologyBuilder } from '../../../src/index.ts';

export interface Entry<V = string> {
  readonly key: Key;
  /** Null deletes the row of a table. */
  readonly value: V | null;
}

/** What came out, under which key. */
export const output = topic('output', entry<unknown>());

export function entry<V = string>(): Codec<Entry<V>> {
  return json<Entry<V>>('entry');
}

/** The records of a topic that have a key: those of a table. */
export function entriesOf<V = string>(t: TopologyBuilder, name: string): DataStream<Entry<V>> {
  return t.source(name, topic(name, entry<V>())).filter(({ key }) => (key as Key | null) !== null);
}

/** The records of a topic that have a key and a value: those of a stream. */
export function recordsOf<V = string>(t: TopologyBuilder, name: string): DataStream<Entry<V> & { readonly value: V }> {
  return entriesOf<V>(t, name).filter((record): record is Entry<V> & { readonly value: V } => record.value !== null);
}
