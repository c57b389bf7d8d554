import { expect, test } from 'vitest';
import { KafkaAdmin } from '../../../src/connectors/kafka/kafka-admin.ts';
import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import { ResponseReader } from '../../../src/connectors/kafka/protocol/response-reader.ts';
import { at, codeOf, topic } from '../../../src/testing/suites/log-suite-kit.ts';
import { inTime, lost, scripted, type Answer, type SentRequest } from './scripted-transport.ts';

const listOffsets = 2;
const metadata = 3;
const createTopics = 19;
const describeConfigs = 32;

function partitionsOf({ body }: SentRequest): readonly number[] {
  const reader = new ResponseReader(body);
  reader.int32();
  reader.int8();
  return reader
    .array(() => {
      reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        reader.int32();
        reader.int64();
        return partition;
      });
    })
    .flat();
}

/** Offset 100 for partition 1 and so on, with an error code for each. */
function offsets(errorOf: (partition: number) => number): Answer {
  return (request) =>
    new RequestWriter()
      .int32(0)
      .array([topic], (name, out) => {
        out.string(name).array(partitionsOf(request), (p) => {
          out
            .int32(p)
            .int16(errorOf(p))
            .int64(-1)
            .int64(p * 100)
            .int32(0);
        });
      })
      .finish();
}

function created(...answers: readonly (readonly [string, number])[]): Answer {
  return () =>
    new RequestWriter()
      .int32(0)
      .array(answers, ([name, errorCode], out) => out.string(name).int16(errorCode).string('said the broker'))
      .finish();
}

/** What a broker says of topics: an error code and partitions of each. */
function described(...topics: readonly (readonly [string, number, number])[]): Answer {
  return () =>
    new RequestWriter()
      .int32(0)
      .compactArray([], () => undefined)
      .compactString(null)
      .int32(1)
      .compactArray(topics, ([name, errorCode, leader], out) => {
        out.int16(errorCode).compactString(name).uuid('AAAAAAAAAAAAAAAAAAAAAA').boolean(false);
        out.compactArray(errorCode === 0 ? [0] : [], (p) => {
          out.int16(0).int32(p).int32(leader).int32(0);
          for (let i = 0; i < 3; i++) out.compactArray([], () => undefined);
          out.tags();
        });
        out.int32(0).tags();
      })
      .tags()
      .finish();
}

function start() {
  const { transport, clock, context } = scripted();
  return { transport, clock, admin: new KafkaAdmin(context) };
}

test('asks each leader what concerns it, and again only what was not answered', async () => {
  const { transport, clock, admin } = start();
  transport.leaders = (_topic, partition) => (partition === 1 ? 2 : 1);
  transport.answer(
    listOffsets,
    offsets((p) => (p === 2 ? 6 : 0)),
    lost,
    offsets(() => 0),
  );
  const found = await inTime(clock, admin.offsetsAt([at(2, 0), at(0, 0), at(1, 0)], 5));
  expect(found.map(({ partition, offset }) => [partition, offset])).toEqual([
    [2, 200],
    [0, 0],
    [1, 100],
  ]);
  expect(transport.invalidated).toContainEqual({ topic });
});

test('a topic that another worker creates at the same time is left as it is', async () => {
  const { transport, clock, admin } = start();
  let known = false;
  transport.metadata = (names: readonly string[] | undefined) =>
    Promise.resolve({
      controller: 1,
      brokers: [{ node: 1, host: 'here', port: 1, rack: null }],
      topics: (names ?? []).map((name) => ({
        name,
        id: name,
        internal: false,
        error: known ? 0 : 3,
        partitions: known ? [{ partition: 0, leader: 1, leaderEpoch: 0, replicas: [1] }] : [],
      })),
    });
  transport.answer(createTopics, () => {
    known = true;
    return created(['t', 36])({} as SentRequest);
  });
  // Its partitions get leaders a little later.
  transport.answer(metadata, described(['t', 3, -1]), described(['t', 0, -1]), described(['t', 0, 1]));
  await inTime(clock, admin.create([{ name: 't', partitions: 1 }]));
  expect(transport.log.filter((key) => key === metadata).length).toBe(3);
  expect(await codeOf(inTime(clock, admin.create([{ name: 't', partitions: 2 }])))).toBe('TOPIC_MISMATCH');
});

test('a refusal carries the words of the broker', async () => {
  const { transport, clock, admin } = start();
  transport.metadata = () => Promise.resolve({ controller: 1, brokers: [], topics: [] });
  transport.answer(createTopics, created(['t', 38]));
  await expect(inTime(clock, admin.create([{ name: 't', partitions: 1, replicas: 9 }]))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    reason: expect.stringContaining('said the broker') as string,
    place: { topic: 't' },
  });
});

test('settings that this user may not see are not needed', async () => {
  const { transport, clock, admin } = start();
  transport.answer(describeConfigs, () =>
    new RequestWriter()
      .int32(0)
      .array(['t'], (name, out) =>
        out
          .int16(29)
          .string(null)
          .int8(2)
          .string(name)
          .array([], () => undefined),
      )
      .finish(),
  );
  const [found] = await inTime(clock, admin.describe(['t']));
  expect(found).toMatchObject({ name: 't', partitions: 2, retentionMs: undefined, compacted: false });
});
