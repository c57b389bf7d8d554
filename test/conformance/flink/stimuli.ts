/** The input ports of the operators: elements, and watermarks at the moment when a case says them. */
import { json, topic, watermarkStrategy, type DataStream, type TopologyBuilder } from '../../../src/index.ts';

export interface Element<T> {
  readonly value: T;
}

export type Stimulus<T> = Element<T> | { readonly watermark: number };

export type PortName = 'port1' | 'port2';

/** A port whose event time is what the watermarks say, and nothing else. */
export function port<T>(t: TopologyBuilder, name: PortName = 'port1'): DataStream<T> {
  const watermarks = watermarkStrategy<Stimulus<T>>({
    generator() {
      let said = -Infinity;
      return {
        onTimestamp(_time, stimulus) {
          if ('watermark' in stimulus) said = stimulus.watermark;
        },
        current: () => said,
      };
    },
  });
  return t
    .source(name, topic(name, json<Stimulus<T>>('stimulus')), { watermarks })
    .filter((stimulus): stimulus is Element<T> => 'value' in stimulus)
    .flatMap(({ value }) => [value], { codec: json<T>('value') });
}
