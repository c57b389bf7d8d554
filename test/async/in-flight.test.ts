import { expect, test } from 'vitest';
import { inFlightCodec, type InFlightElement } from '../../src/async/in-flight.ts';
import { json } from '../../src/core/codec.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';

const codec = inFlightCodec(json());

const element: InFlightElement = {
  kind: 'element',
  value: { a: 1 },
  key: 'k',
  timestamp: 5,
  callId: 'id',
  attempt: 2,
  firstStart: 3,
  topic: 't',
  partition: 1,
  offset: -1,
  trace: undefined,
};
const trace = [{ key: 'traceparent', value: new Uint8Array([1, 2]) }];

test.each([
  ['a watermark', { kind: 'watermark', time: 7 } as const],
  ['an element', element],
  ['an element with a number for a key', { ...element, key: 12 }],
  ['an element with a trace', { ...element, trace }],
  ['an element with both', { ...element, key: 12, trace }],
])('%s comes back from its row', (_, entry) => {
  const out = new ByteWriter(16);
  codec.encode(entry, out);
  const row = Buffer.from(out.buffer.subarray(0, out.length));
  const read = codec.decode(row, 0, row.length, codec.version);
  row.fill(0);
  expect(read).toEqual(entry);
});
