import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFetchResponse, encodeFetchRequest } from '../../../../src/connectors/kafka/protocol/fetch.ts';
import { StreamError } from '../../../../src/core/stream-error.ts';
import { fetchBody } from '../fetch-body.ts';

const kafkajsRequest = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch/v11/request.js') as (
  fields: object,
) => { encode(): Promise<{ buffer: Buffer }> };

test('asks with the bytes of kafkajs', async () => {
  const position = { partition: 1, offset: 2 ** 41 + 5, leaderEpoch: -1 };
  const ours = encodeFetchRequest({
    positions: [
      { topic: 'a', ...position },
      { topic: 'b', ...position, partition: 0 },
      { topic: 'a', ...position, partition: 7 },
    ],
    maxWaitMs: 500,
    partitionBytes: 70_000,
    maxBytes: 1_000_000,
    committed: true,
    rack: 'r1',
  });
  const theirs = { fetchOffset: 2 ** 41 + 5, maxBytes: 70_000 };
  const encoder = kafkajsRequest({
    replicaId: -1,
    maxWaitTime: 500,
    minBytes: 1,
    maxBytes: 1_000_000,
    isolationLevel: 1,
    rackId: 'r1',
    topics: [
      { topic: 'a', partitions: [1, 7].map((partition) => ({ partition, ...theirs })) },
      { topic: 'b', partitions: [{ partition: 0, ...theirs }] },
    ],
  });
  expect(ours.toString('hex')).toBe((await encoder.encode()).buffer.toString('hex'));
});

const answers = fc.array(
  fc.record({
    topic: fc.constantFrom('a', 'orders'),
    partition: fc.nat(100),
    errorCode: fc.constantFrom(0, 1, 6),
    end: fc.maxSafeInteger().map(Math.abs),
    stable: fc.nat(),
    start: fc.nat(),
    aborted: fc.array(fc.record({ producerId: fc.nat(), firstOffset: fc.nat() })),
    preferredReplica: fc.constantFrom(-1, 3),
    records: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  }),
);

test('reads every field of an answer', () => {
  fc.assert(
    fc.property(answers, (fields) => {
      expect(decodeFetchResponse(fetchBody(fields))).toEqual({ errorCode: 0, partitions: fields });
    }),
  );
});

test('reads what is cut or damaged to an answer or to PROTOCOL_ERROR', () => {
  const damage = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.array(fc.tuple(fc.nat(), fc.nat(255))));
  fc.assert(
    fc.property(answers, damage, (fields, [share, bytes]) => {
      const body = fetchBody(fields);
      for (const [at, byte] of bytes) body[at % body.length] = byte;
      try {
        decodeFetchResponse(body.subarray(0, Math.floor(body.length * share)));
      } catch (error) {
        expect(StreamError.is(error) ? error.code : error).toBe('PROTOCOL_ERROR');
      }
    }),
  );
});
