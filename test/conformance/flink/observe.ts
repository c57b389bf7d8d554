/**
 * Writes what an operator emits to the sink `out`, and the event time that it forwards: timers of a probe behind it fire
 * when event time gets there. The probe is told by the source `times` which times to watch.
 */
import { json, topic, watermarkStrategy, type DataStream, type TopologyBuilder } from '../../../src/index.ts';

export interface Result {
  readonly value: unknown;
  /** The side output that it comes from. */
  readonly side?: string;
}

export type Observed = Result | { readonly watermark: number };

export const out = topic('out', json<Observed>('observed'));
export const times = topic('times', json<readonly number[]>('times'));

const result = json<Result>('result');

/** Values of the main output, or of the side output of that name. */
export function results(values: DataStream<unknown>, side?: string): DataStream<Result> {
  return values.map((value): Result => (side === undefined ? { value } : { value, side }), { codec: result });
}

export function observe(t: TopologyBuilder, operator: DataStream<Result>): void {
  // The source of the times never holds event time back, once it has had a record.
  const watermarks = watermarkStrategy({
    generator: () => ({ onTimestamp: () => undefined, current: () => Number.MAX_SAFE_INTEGER }),
  });
  operator
    .keyBy(() => 'probe')
    .connect(t.source('times', times, { watermarks }).keyBy(() => 'probe'))
    .process('probe', {
      output: json<Observed>('observed'),
      onFirst(result, ctx) {
        ctx.emit(result);
      },
      onSecond(times, ctx) {
        for (const time of times) ctx.timers.registerEventTime(time);
      },
      onTimer(time, ctx) {
        ctx.emit({ watermark: time });
      },
    })
    .sinkTo('out', out);
}
