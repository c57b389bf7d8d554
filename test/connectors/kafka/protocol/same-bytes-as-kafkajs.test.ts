import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { encodeAddOffsetsToTxnRequest } from '../../../../src/connectors/kafka/protocol/add-offsets-to-txn.ts';
import { encodeAddPartitionsToTxnRequest } from '../../../../src/connectors/kafka/protocol/add-partitions-to-txn.ts';
import { encodeCreateTopicsRequest } from '../../../../src/connectors/kafka/protocol/create-topics.ts';
import { encodeDeleteRecordsRequest } from '../../../../src/connectors/kafka/protocol/delete-records.ts';
import { encodeDescribeConfigsRequest } from '../../../../src/connectors/kafka/protocol/describe-configs.ts';
import { encodeEndTxnRequest } from '../../../../src/connectors/kafka/protocol/end-txn.ts';
import { encodeHeartbeatRequest } from '../../../../src/connectors/kafka/protocol/heartbeat.ts';
import { encodeInitProducerIdRequest } from '../../../../src/connectors/kafka/protocol/init-producer-id.ts';
import { encodeJoinGroupRequest } from '../../../../src/connectors/kafka/protocol/join-group.ts';
import { encodeLeaveGroupRequest } from '../../../../src/connectors/kafka/protocol/leave-group.ts';
import { encodeProduceRequest } from '../../../../src/connectors/kafka/protocol/produce.ts';
import { encodeSyncGroupRequest } from '../../../../src/connectors/kafka/protocol/sync-group.ts';
import { sealed } from '../../../../src/testing/suites/log-suite-kit.ts';

const require = createRequire(import.meta.url);

// An implementation that has talked to real brokers for years, for the versions that both have.
async function kafkajs(request: string, version: number, fields: object): Promise<string> {
  const encoder = require(`kafkajs/src/protocol/requests/${request}/v${version}/request`) as (fields: object) => {
    encode(): Promise<{ buffer: Buffer }>;
  };
  return (await encoder(fields).encode()).buffer.toString('hex');
}

const producer = { producerId: 2 ** 40 + 7, producerEpoch: 3 };
const ids = { producerId: String(producer.producerId), producerEpoch: 3 };

test('transactions', async () => {
  expect(encodeInitProducerIdRequest('tö', 60_000).toString('hex')).toBe(
    await kafkajs('initProducerId', 1, { transactionalId: 'tö', transactionTimeout: 60_000 }),
  );
  const partitions = [
    { topic: 'a', partition: 0 },
    { topic: 'b', partition: 5 },
    { topic: 'a', partition: 2 },
  ];
  const topics = [
    { topic: 'a', partitions: [0, 2] },
    { topic: 'b', partitions: [5] },
  ];
  expect(encodeAddPartitionsToTxnRequest('t', producer, partitions).toString('hex')).toBe(
    await kafkajs('addPartitionsToTxn', 1, { transactionalId: 't', ...ids, topics }),
  );
  expect(encodeAddOffsetsToTxnRequest('t', producer, 'g').toString('hex')).toBe(
    await kafkajs('addOffsetsToTxn', 1, { transactionalId: 't', ...ids, groupId: 'g' }),
  );
  for (const commit of [true, false]) {
    expect(encodeEndTxnRequest('t', producer, commit).toString('hex')).toBe(
      await kafkajs('endTxn', 1, { transactionalId: 't', ...ids, transactionResult: commit }),
    );
  }
});

test('groups', async () => {
  const join = { group: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, memberId: 'm', instanceId: 'i' };
  const protocol = { protocolType: 'millrace', protocol: 'p', metadata: Buffer.from('bytes') };
  expect(encodeJoinGroupRequest({ ...join, ...protocol }).toString('hex')).toBe(
    await kafkajs('joinGroup', 5, {
      groupId: 'g',
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      memberId: 'm',
      groupInstanceId: 'i',
      protocolType: 'millrace',
      groupProtocols: [{ name: 'p', metadata: protocol.metadata }],
    }),
  );
  const member = { group: 'g', generation: 4, memberId: 'm' };
  const known = { groupId: 'g', generationId: 4, memberId: 'm', groupInstanceId: null };
  const assignments = new Map([['m', Buffer.from('all')]]);
  expect(encodeSyncGroupRequest({ ...member, instanceId: undefined, assignments }).toString('hex')).toBe(
    await kafkajs('syncGroup', 3, {
      ...known,
      groupAssignment: [{ memberId: 'm', memberAssignment: Buffer.from('all') }],
    }),
  );
  expect(encodeHeartbeatRequest(member, undefined).toString('hex')).toBe(
    await kafkajs('heartbeat', 3, { ...known, groupGenerationId: 4 }),
  );
  expect(encodeLeaveGroupRequest('g', [{ memberId: 'm', instanceId: 'i' }]).toString('hex')).toBe(
    await kafkajs('leaveGroup', 3, { groupId: 'g', members: [{ memberId: 'm', groupInstanceId: 'i' }] }),
  );
});

test('topics', async () => {
  const configs = new Map([['retention.ms', '5']]);
  expect(encodeCreateTopicsRequest([{ name: 'a', partitions: 3, replicas: 2, configs }], 9).toString('hex')).toBe(
    await kafkajs('createTopics', 3, {
      topics: [
        {
          topic: 'a',
          numPartitions: 3,
          replicationFactor: 2,
          configEntries: [{ name: 'retention.ms', value: '5' }],
        },
      ],
      timeout: 9,
      validateOnly: false,
    }),
  );
  expect(encodeDeleteRecordsRequest([{ topic: 'a', partition: 1, offset: 77 }], 9).toString('hex')).toBe(
    await kafkajs('deleteRecords', 1, {
      topics: [{ topic: 'a', partitions: [{ partition: 1, offset: '77' }] }],
      timeout: 9,
    }),
  );
  for (const [resource, type] of [['topic', 2] as const, ['broker', 4] as const]) {
    expect(encodeDescribeConfigsRequest(resource, ['1'], ['retention.ms']).toString('hex')).toBe(
      await kafkajs('describeConfigs', 2, {
        resources: [{ type, name: '1', configNames: ['retention.ms'] }],
        includeSynonyms: false,
      }),
    );
  }
});

test('records: a batch gets its producer, sequence and checksum as kafkajs writes them', async () => {
  const messages = ['one', 'two', 'three'];
  const batch = { ...sealed(1, messages, 'a'), baseSequence: 42 };
  const ours = Buffer.concat(encodeProduceRequest({ transactionalId: 't', producer, timeoutMs: 9, batches: [batch] }));
  const theirs = await kafkajs('produce', 7, {
    acks: -1,
    timeout: 9,
    transactionalId: 't',
    ...ids,
    compression: 0,
    topicData: [
      {
        topic: 'a',
        partitions: [
          {
            partition: 1,
            firstSequence: 42,
            messages: messages.map((text, i) => ({ key: text, value: text, timestamp: (i + 1) * 1000 })),
          },
        ],
      },
    ],
  });
  // The leader epoch is the one field that differs: it is the broker's, and not covered by the checksum.
  const epochAt = theirs.indexOf('0000000000000000', 40) + 24;
  const without = (hex: string): string => hex.slice(0, epochAt) + '________' + hex.slice(epochAt + 8);
  expect(without(ours.toString('hex'))).toBe(without(theirs));
});
