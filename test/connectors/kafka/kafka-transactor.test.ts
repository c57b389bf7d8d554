import { describe, expect, test } from 'vitest';
import { KafkaTransactor } from '../../../src/connectors/kafka/kafka-transactor.ts';
import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import { at, codeOf, commitOf, sealed, topic } from '../../../src/testing/suites/log-suite-kit.ts';
import { code, inTime, lost, scripted, type Answer } from './scripted-transport.ts';

const produce = 0;
const offsetFetch = 9;
const describeGroups = 15;
const initProducerId = 22;
const addPartitions = 24;
const addOffsets = 25;
const endTxn = 26;
const txnOffsetCommit = 28;
const member = { group: 'g', generation: 3, memberId: 'm' };

const opened: Answer = () => new RequestWriter().int32(0).int16(0).int64(9).int16(0).finish();

function added(errorCode = 0): Answer {
  return () =>
    new RequestWriter()
      .int32(0)
      .array([topic], (name, out) => out.string(name).array([0], (p) => out.int32(p).int16(errorCode)))
      .finish();
}

function produced(errorCode = 0): Answer {
  return () =>
    new RequestWriter()
      .array([topic], (name, out) => {
        out.string(name).array([0], (p) => {
          out
            .int32(p)
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

function offsetsTaken(errorCode = 0): Answer {
  return () =>
    new RequestWriter()
      .int32(0)
      .compactArray([topic], (name, out) => {
        out
          .compactString(name)
          .compactArray([0], (p) => out.int32(p).int16(errorCode).tags())
          .tags();
      })
      .tags()
      .finish();
}

async function start() {
  const { transport, clock, context } = scripted();
  transport.answer(initProducerId, opened);
  transport.answer(addPartitions, added());
  transport.answer(addOffsets, code(0));
  transport.answer(produce, produced());
  transport.answer(txnOffsetCommit, offsetsTaken());
  transport.answer(endTxn, code(0));
  const transactor = await inTime(clock, KafkaTransactor.open(context, 't', 60_000));
  transport.sent.length = 0;
  const requests = (): readonly number[] => transport.sent.splice(0).map(({ apiKey }) => apiKey);
  const commit = (outputs = [sealed(0, ['a'])], offsets = [at(0, 1)]): Promise<void> =>
    inTime(clock, transactor.commit(commitOf(outputs, offsets, member)));
  /** Whether the EndTxn requests sent asked for a commit, in order. */
  const ends = (): readonly boolean[] =>
    transport.sent.filter(({ apiKey }) => apiKey === endTxn).map(({ body }) => body.at(-1) === 1);
  return { transport, clock, context, transactor, requests, commit, ends };
}

test('records and offsets go side by side, the end comes last', async () => {
  const { requests, commit } = await start();
  await commit();
  const sent = requests();
  expect([...sent].sort((a, b) => a - b)).toEqual([produce, addPartitions, addOffsets, endTxn, txnOffsetCommit]);
  expect(sent.at(-1)).toBe(endTxn);
  expect(sent.indexOf(addPartitions)).toBeLessThan(sent.indexOf(produce));
  expect(sent.indexOf(addOffsets)).toBeLessThan(sent.indexOf(txnOffsetCommit));
});

test('a partition is added once per transaction', async () => {
  const { requests, commit, transactor, clock } = await start();
  await inTime(clock, transactor.append([sealed(0, ['a'])]));
  expect(requests()).toEqual([addPartitions, produce]);
  await commit([sealed(0, ['b'])], []);
  expect(requests()).toEqual([produce, endTxn]);
  await commit([sealed(0, ['c'])], []);
  expect(requests()).toEqual([addPartitions, produce, endTxn]);
});

test('offsets alone are a transaction, nothing is none', async () => {
  const { requests, commit } = await start();
  await commit([]);
  expect(requests()).toEqual([addOffsets, txnOffsetCommit, endTxn]);
  await commit([], []);
  expect(requests()).toEqual([]);
});

test('the end of the last transaction is waited for in small steps', async () => {
  const { transport, clock, commit } = await start();
  transport.answer(addPartitions, added(51), added(51), added(51), added());
  const before = clock.monotonic();
  await commit([sealed(0, ['a'])], []);
  expect(clock.monotonic() - before).toBeLessThan(5);
});

test('a coordinator that has moved is looked up again', async () => {
  const { transport, commit } = await start();
  transport.answer(
    endTxn,
    () => {
      transport.coordinatorNode = 2;
      return code(16)({} as never);
    },
    code(0),
  );
  await commit();
  expect(transport.invalidated).toEqual([{ coordinator: { type: 'transaction', key: 't' } }]);
  expect(transport.sent.at(-1)).toMatchObject({ apiKey: endTxn, node: 2 });
});

test('an outsider commits for a group only while it has no members', async () => {
  const { transport, clock, transactor, requests } = await start();
  const state =
    (name: string): Answer =>
    () =>
      new RequestWriter()
        .int32(0)
        .int32(1)
        .int16(0)
        .string('g')
        .string(name)
        .string('')
        .string('')
        .int32(0)
        .int32(-1)
        .finish();
  const outside = () =>
    inTime(clock, transactor.commit(commitOf([], [at(0, 1)], { group: 'g', generation: -1, memberId: '' })));
  transport.answer(describeGroups, state('Stable'), state('Empty'));
  expect(await codeOf(outside())).toBe('FENCED');
  expect(requests()).not.toContain(txnOffsetCommit);
  await outside();
  expect(requests()).toContain(txnOffsetCommit);
});

describe('nothing was committed', () => {
  test('REBALANCE aborts, and the same cut may be committed under the next generation', async () => {
    const { transport, commit, ends } = await start();
    transport.answer(txnOffsetCommit, offsetsTaken(22), offsetsTaken());
    expect(await codeOf(commit())).toBe('REBALANCE');
    expect(ends()).toEqual([false]);
    await commit();
    expect(ends()).toEqual([false, true]);
  });

  test('a member that is not known is FENCED', async () => {
    const { transport, commit, ends } = await start();
    transport.answer(txnOffsetCommit, offsetsTaken(25));
    expect(await codeOf(commit())).toBe('FENCED');
    expect(ends()).toEqual([false]);
  });

  test('a newer holder of the id is FENCED, and stays so', async () => {
    const { transport, commit, requests } = await start();
    transport.answer(addPartitions, added(47));
    transport.answer(endTxn, code(47));
    expect(await codeOf(commit())).toBe('FENCED');
    requests();
    expect(await codeOf(commit())).toBe('FENCED');
    expect(requests()).toEqual([]);
  });

  test('a refused record names its place', async () => {
    const { transport, commit } = await start();
    transport.answer(produce, produced(10), produced());
    await expect(commit()).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE', place: { topic, partition: 0 } });
    await commit();
  });

  test('a missing permission says so', async () => {
    const { transport, commit } = await start();
    transport.answer(addPartitions, added(29));
    await expect(commit()).rejects.toMatchObject({ code: 'NOT_AUTHORIZED', place: { topic } });
  });

  test('what was shipped early is not forgotten silently', async () => {
    const { transport, commit, transactor, clock, ends } = await start();
    await inTime(clock, transactor.append([sealed(0, ['early'])]));
    transport.answer(txnOffsetCommit, offsetsTaken(22), offsetsTaken());
    expect(await codeOf(commit())).toBe('REBALANCE');
    expect(await codeOf(commit())).toBe('COMMIT_FAILED');
    await inTime(clock, transactor.abort());
    await commit();
    expect(ends()).toEqual([false, true]);
  });
});

describe('nobody knows', () => {
  test('an end that was answered late is what the answer says', async () => {
    const { transport, commit } = await start();
    transport.answer(endTxn, lost, code(51), code(0));
    await commit();
  });

  test('a lost answer and then a newer epoch: COMMIT_FAILED, and nothing more is sent', async () => {
    const { transport, commit, requests } = await start();
    transport.answer(endTxn, lost, code(47));
    await expect(commit()).rejects.toMatchObject({ code: 'COMMIT_FAILED', reaction: 'rollback' });
    requests();
    expect(await codeOf(commit())).toBe('COMMIT_FAILED');
    expect(requests()).toEqual([]);
  });

  test('no answer within the time to retry: COMMIT_FAILED', async () => {
    const { transport, commit, ends } = await start();
    transport.answer(endTxn, lost);
    expect(await codeOf(commit())).toBe('COMMIT_FAILED');
    expect(new Set(ends())).toEqual(new Set([true]));
  });

  test('a newer epoch at once is clear: FENCED', async () => {
    const { transport, commit } = await start();
    transport.answer(endTxn, code(47));
    expect(await codeOf(commit())).toBe('FENCED');
  });

  test('records without an answer leave the transactor unusable', async () => {
    const { transport, commit } = await start();
    transport.answer(produce, lost);
    expect(await codeOf(commit())).toBe('LOG_UNAVAILABLE');
    transport.answer(produce, produced());
    expect(await codeOf(commit())).toBe('LOG_UNAVAILABLE');
  });
});

test('committed offsets are waited for while a transaction may change them', async () => {
  const { transport, clock, transactor } = await start();
  const answer =
    (errorCode: number, offset: number): Answer =>
    () =>
      new RequestWriter()
        .int32(0)
        .compactArray([topic], (name, out) => {
          out
            .compactString(name)
            .compactArray([0, 1], (p) => {
              out
                .int32(p)
                .int64(p === 0 ? offset : -1)
                .int32(-1)
                .compactString('')
                .int16(errorCode)
                .tags();
            })
            .tags();
        })
        .int16(0)
        .tags()
        .finish();
  transport.answer(offsetFetch, answer(88, -1), answer(88, -1), answer(0, 7));
  expect(await inTime(clock, transactor.committed('g', [at(1, 0), at(0, 0)]))).toEqual([undefined, 7]);
  expect(await codeOf(inTime(clock, transactor.committed('g', [at(5, 0)])))).toBe('TOPIC_UNKNOWN');
});

test('closing aborts what is open', async () => {
  const { clock, transactor, ends, commit } = await start();
  await inTime(clock, transactor.append([sealed(0, ['a'])]));
  await inTime(clock, transactor.close());
  expect(ends()).toEqual([false]);
  expect(await codeOf(commit())).toBe('LOG_CLOSED');
});
