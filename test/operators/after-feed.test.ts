/** Values that are written after their batch was given back, as timers and calls may: nothing of its memory is used. */
import { expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { walkBatches } from '../../src/core/batch-walker.ts';
import { json } from '../../src/core/codec.ts';
import { Counters } from '../../src/operators/counters.ts';
import { Cursor } from '../../src/operators/cursor.ts';
import { ExchangeEntry, LogEntry } from '../../src/operators/exchange.ts';
import type { OperatorHost } from '../../src/operators/host.ts';
import type { Input } from '../../src/operators/input.ts';
import { Source } from '../../src/operators/source.ts';
import { OutputBuffers } from '../../src/runtime/output-buffers.ts';
import { TaskInput, type InputReader } from '../../src/runtime/task-input.ts';
import { markCodec } from '../../src/time/mark-codec.ts';

const codec = json<unknown>('item');
const counters = new Counters();
const items = [{ id: 'a' }, { id: 'b' }];

function sourceTo(out: Input, host: OperatorHost): InputReader {
  const how = { policy: { kind: 'fail' }, time: {}, generator: undefined, timeless: false } as const;
  const source = new Source({ id: 'items', host, codec, counters, partitions: 1, ...how }, out);
  return { kind: 'source', source, index: 0, time: { idleAfterMs: Infinity, whenIdle: 'hold', maxDriftMs: Infinity } };
}

function exchangeTo(out: Input, host: OperatorHost): InputReader {
  const options = { id: 'items', host, counters, key: (value: unknown) => (value as { id: string }).id };
  return { kind: 'exchange', entry: new LogEntry(options, new ExchangeEntry(host, 1, out), codec, markCodec) };
}

test.each([
  ['a source', sourceTo],
  ['an exchange', exchangeTo],
])('behind %s', (_, readerTo) => {
  const cursor = new Cursor();
  const kept: unknown[] = [];
  const out = { process: (value: unknown) => kept.push(value), onTime: () => undefined };
  const host = { cursor, held: false, advancing: false } as unknown as OperatorHost;
  const input = new TaskInput(
    { topic: 'items', partition: 0, topicId: '', broadcast: false, node: 'items', position: 0, now: 0 },
    readerTo(out, host),
  );
  const written = new BatchWriter('items', 0);
  const trace = [{ key: 'traceparent', value: Buffer.from('00-1-2-01') }];
  for (const item of items) written.append(item.id, codec, item, 1, trace);
  const { batch } = walkBatches(written.seal()!.bytes, { topic: 'items', partition: 0 });
  const recycle = (): unknown => batch!.slab.fill(0xff);
  input.accept({ topic: 'items', partition: 0, batch, nextOffset: 2, end: 2, stable: 2 }, recycle);
  expect(input.feed(10)).toBe(2);

  const outputs = new OutputBuffers(cursor, {});
  for (const value of kept) outputs.writer('out', 1, false).write(0, null, value, codec, 1);
  const again = walkBatches(outputs.seal()[0]!.bytes, { topic: 'out', partition: 0 }).batch!;
  const { slab, valueStarts, valueEnds } = again;
  expect(items.map((__, i) => codec.decode(slab, valueStarts[i]!, valueEnds[i]!))).toEqual(items);
  expect(again.headerStarts).toBeUndefined(); // a trace is that of a record, too
});
