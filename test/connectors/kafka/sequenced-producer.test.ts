import { describe, expect, test } from 'vitest';
import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import { ResponseReader } from '../../../src/connectors/kafka/protocol/response-reader.ts';
import { SequencedProducer } from '../../../src/connectors/kafka/sequenced-producer.ts';
import { readBatchHeader } from '../../../src/core/batch-format.ts';
import type { SealedBatch } from '../../../src/core/log.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { codeOf, sealed, topic } from '../../../src/testing/suites/log-suite-kit.ts';
import { inTime, lost, scripted, type Answer, type SentRequest } from './scripted-transport.ts';

const produce = 0;
const producer = { producerId: 5, producerEpoch: 1 };

interface Arrived {
  readonly partition: number;
  readonly sequence: number;
  readonly count: number;
}

function batchesOf({ body }: SentRequest): readonly Arrived[] {
  const reader = new ResponseReader(body);
  reader.nullableString();
  reader.int16();
  reader.int32();
  return reader
    .array(() => {
      reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        const bytes = reader.bytes();
        const header = readBatchHeader(bytes, 0, bytes.length, true)!;
        return { partition, sequence: bytes.readInt32BE(53), count: header.count };
      });
    })
    .flat();
}

/** Answers each batch with an error code of the test's choice. */
function judge(verdict: (batch: Arrived) => number): Answer {
  return (request) =>
    new RequestWriter()
      .array([topic], (name, out) => {
        out.string(name).array(batchesOf(request), (batch) => {
          const errorCode = verdict(batch);
          out
            .int32(batch.partition)
            .int16(errorCode)
            .int64(0)
            .int64(-1)
            .int64(0)
            .array([], () => undefined)
            .string(null);
        });
      })
      .int32(0)
      .finish();
}

/** A partition as a broker keeps it: the next sequence that it takes, and what it has. */
class Partition {
  next = 0;
  readonly taken: number[] = [];

  offer({ sequence, count }: Arrived): number {
    if (this.taken.slice(-5).includes(sequence)) return 0;
    if (sequence !== this.next) return 45;
    this.taken.push(sequence);
    this.next += count;
    return 0;
  }
}

function several(partition: number, batches: number): SealedBatch {
  const parts = Array.from({ length: batches }, (_, i) => sealed(partition, [`${i}`, `${i}`]));
  return { topic, partition, bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), count: batches * 2 };
}

function start() {
  const { transport, clock, context } = scripted();
  return { transport, clock, sender: new SequencedProducer(context, 't', producer) };
}

test('one batch per partition and request, at most five under way, sequences going on', async () => {
  const { transport, clock, sender } = start();
  const log = new Partition();
  transport.answer(
    produce,
    judge((batch) => log.offer(batch)),
  );
  await inTime(clock, sender.send([several(0, 7), sealed(0, ['last'])]));
  expect(transport.sent.map((request) => batchesOf(request).map(({ sequence }) => sequence))).toEqual(
    [0, 2, 4, 6, 8, 10, 12, 14].map((sequence) => [sequence]),
  );
  await inTime(clock, sender.send([sealed(0, ['more'])]));
  expect(log.taken.at(-1)).toBe(15);
});

test('all partitions of a broker share a request; brokers are written to at once', async () => {
  const { transport, clock, sender } = start();
  transport.leaders = (_topic, partition) => (partition === 2 ? 2 : 1);
  transport.answer(
    produce,
    judge(() => 0),
  );
  await inTime(clock, sender.send([sealed(0, ['a']), sealed(2, ['c']), sealed(1, ['b'])]));
  expect(transport.sent.map((request) => [request.node, batchesOf(request).map(({ partition }) => partition)])).toEqual(
    [
      [1, [0, 1]],
      [2, [2]],
    ],
  );
});

describe('after a failure', () => {
  test('only what is not acknowledged goes again, the same to the byte, to the new leader', async () => {
    const { transport, clock, sender } = start();
    let leader = 1;
    transport.leaders = (_topic, partition) => (partition === 0 ? leader : 1);
    transport.answer(
      produce,
      judge(({ partition }) => (partition === 0 ? 6 : 0)),
      judge(() => 0),
    );
    const sending = sender.send([sealed(0, ['a']), sealed(1, ['b'])]);
    await clock.advance(0);
    leader = 3;
    await inTime(clock, sending);
    expect(transport.invalidated).toContainEqual({ topic });
    const [first, second] = transport.sent;
    expect([second!.node, batchesOf(second!).map(({ partition }) => partition)]).toEqual([3, [0]]);
    const alone = (body: Buffer): string => body.toString('hex').slice(-sealed(0, ['a']).bytes.length * 2);
    expect(first!.body.toString('hex')).toContain(alone(second!.body));
  });

  test('a lost answer is asked for again, and the broker drops what it has', async () => {
    const { transport, clock, sender } = start();
    const log = new Partition();
    const take = judge((batch) => log.offer(batch));
    const takeAndLose: Answer = async (request) => {
      await take(request);
      return lost(request);
    };
    transport.answer(produce, take, takeAndLose, lost, take);
    await inTime(clock, sender.send([several(0, 4)]));
    expect(log.taken).toEqual([0, 2, 4, 6]);
    expect(sender.doubtful).toBe(false);
  });

  test('an unknown topic is asked for once more before it is said to be unknown', async () => {
    const { transport, clock, sender } = start();
    transport.answer(
      produce,
      judge(() => 3),
      judge(() => 0),
    );
    await inTime(clock, sender.send([sealed(0, ['a'])]));
    transport.leaders = () => -1;
    expect(await codeOf(inTime(clock, sender.send([sealed(0, ['a'])])))).toBe('TOPIC_UNKNOWN');
  });

  test('a refusal leaves no doubt: the sequence goes on behind what was taken', async () => {
    const { transport, clock, sender } = start();
    const log = new Partition();
    transport.answer(
      produce,
      judge((batch) => log.offer(batch)),
      judge(() => 10),
      judge((batch) => log.offer(batch)),
    );
    const error = await inTime(clock, sender.send([several(0, 2)])).catch((thrown: unknown) => thrown as StreamError);
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', place: { topic, partition: 0 } });
    expect(sender.doubtful).toBe(false);
    await inTime(clock, sender.send([sealed(0, ['small'])]));
    expect(log.taken).toEqual([0, 2]);
  });

  test('when time is over without an answer, the sequences are not known any more', async () => {
    const { transport, clock, sender } = start();
    transport.answer(produce, lost);
    expect(await codeOf(inTime(clock, sender.send([sealed(0, ['a'])])))).toBe('LOG_UNAVAILABLE');
    expect(sender.doubtful).toBe(true);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
  });
});
