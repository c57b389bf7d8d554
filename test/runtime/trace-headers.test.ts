/** W3C trace headers of a record are on everything that is written because of it. */
import { expect, test } from 'vitest';
import { produce } from '../../src/connectors/produce.ts';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import type { Log } from '../../src/core/log.ts';
import type { RecordBatch } from '../../src/core/record-batch.ts';
import { recordHeaders } from '../../src/core/record-headers.ts';
import { defineTopology, json, memoryLog, number, run, topic, valueState, type JobHandle } from '../../src/index.ts';

interface Event {
  readonly key: string;
  readonly n: number;
}

const events = topic('events', json<Event>());
const counts = topic('counts', json<Event>(), { partitions: 1 });
const copies = topic('copies', json<Event>(), { partitions: 1 });

const counting = defineTopology({
  name: 'counting',
  build(t) {
    const read = t.source('events', events);
    read.sinkTo('copy', copies);
    read
      .map((event) => ({ ...event }), { id: 'same', codec: json<Event>() })
      .keyBy(({ key }) => key)
      .process('count', {
        output: json<Event>(),
        state: { count: valueState(number) },
        onElement(event, ctx) {
          const n = (ctx.state.count.get() ?? 0) + 1;
          ctx.state.count.set(n);
          ctx.emit({ key: event.key, n });
          if (event.key === 'timed') ctx.timers.registerProcessingTime(ctx.processingTime + 1);
        },
        onTimer(_timer, ctx) {
          ctx.emit({ key: 'timed', n: -1 });
        },
      })
      .sinkTo('counts', counts);
  },
});

async function write(job: JobHandle, ...records: readonly (readonly [string, string | undefined])[]): Promise<void> {
  const writer = new BatchWriter('events', 0);
  for (const [key, trace] of records) {
    const value = (text: string) => ({ value: Buffer.from(text) });
    const headers = [
      { key: 'other', ...value('not carried') },
      { key: 'tracestate', ...value('a=1') },
    ];
    const traced = trace === undefined ? undefined : [...headers, { key: 'traceparent', ...value(trace) }];
    writer.append(null, events.codec, { key, n: 0 }, 1, traced);
  }
  await produce(job.log, 'test', [writer.seal()!]);
}

async function recordsIn<T>(log: Log, name: string, of: (batch: RecordBatch, i: number) => T): Promise<readonly T[]> {
  const reader = log.reader();
  const request = { partitionBytes: 1 << 20, maxWaitMs: 10, isolation: 'committed' as const };
  const parts = await reader.fetch({ ...request, partitions: [{ topic: name, partition: 0, offset: 0 }] });
  await reader.close();
  return parts.flatMap(({ batch }) => Array.from({ length: batch?.count ?? 0 }, (_, i) => of(batch!, i)));
}

function headersOf(batch: RecordBatch, i: number): readonly string[] {
  return recordHeaders(batch, i).map(({ key, value }) => `${key}=${Buffer.from(value).toString()}`);
}

const headersIn = (log: Log, name: string) => recordsIn(log, name, headersOf);

const tracesIn = (log: Log, name: string) =>
  recordsIn(log, name, (batch, i) => {
    const { key, n } = json<Event>().decode(batch.slab, batch.valueStarts[i]!, batch.valueEnds[i]!);
    return [key, n, ...headersOf(batch, i)].join(' ');
  });

test.each(['direct', 'log'] as const)('through map, key and state, over a %s exchange', async (exchange) => {
  const job = await run(counting, { log: memoryLog(), exchange, partitions: 1 });
  await write(job, ['a', 'trace-1'], ['b', undefined], ['a', 'trace-2']);
  await expect
    .poll(() => tracesIn(job.log, 'counts'))
    .toEqual(['a 1 tracestate=a=1 traceparent=trace-1', 'b 1', 'a 2 tracestate=a=1 traceparent=trace-2']);
  expect(await tracesIn(job.log, 'copies')).toEqual([
    'a 0 tracestate=a=1 traceparent=trace-1',
    'b 0',
    'a 0 tracestate=a=1 traceparent=trace-2',
  ]);
  await job.drain();
});

const asking = defineTopology({
  name: 'asking',
  build(t) {
    t.source('events', events)
      .asyncMap(
        'ask',
        ({ key }) => (key === 'refused' ? Promise.reject(new TypeError('no answer')) : Promise.resolve({ key, n: 1 })),
        { output: json<Event>(), onError: 'deadLetter' },
      )
      .sinkTo('counts', counts);
  },
});

test('through calls: on their results and on the dead letters of those that fail', async () => {
  const job = await run(asking, { log: memoryLog(), partitions: 1 });
  await write(job, ['a', 'trace-1'], ['b', undefined], ['refused', 'trace-3'], ['c', 'x'.repeat(1025)]);
  await expect
    .poll(() => tracesIn(job.log, 'counts'))
    .toEqual(['a 1 tracestate=a=1 traceparent=trace-1', 'b 1', 'c 1 tracestate=a=1']);
  expect(await headersIn(job.log, 'asking-dlq')).toEqual([['tracestate=a=1', 'traceparent=trace-3']]);
  await job.drain();
});

test('what a timer writes belongs to no trace', async () => {
  const job = await run(counting, { log: memoryLog(), partitions: 1 });
  await write(job, ['timed', 'trace-1']);
  await expect
    .poll(() => tracesIn(job.log, 'counts'))
    .toEqual(['timed 1 tracestate=a=1 traceparent=trace-1', 'timed -1']);
  await job.drain();
});
