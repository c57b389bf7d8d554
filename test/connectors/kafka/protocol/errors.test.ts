import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { brokerError, brokerFailure } from '../../../../src/connectors/kafka/protocol/errors.ts';

interface KnownError {
  readonly type: string;
  readonly code: number;
}

const { errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error.js') as { errorCodes: KnownError[] };

// Kafka renamed this one: followers answer fetches, too.
const renamed: Record<string, string> = { NOT_LEADER_FOR_PARTITION: 'NOT_LEADER_OR_FOLLOWER' };

test('has the names that kafkajs knows, for every code of the table', () => {
  const names = new Map(errorCodes.map(({ code, type }) => [code, renamed[type] ?? type]));
  const known = [...names].filter(([code]) => !brokerError(code).name.startsWith('error '));
  expect(known.length).toBeGreaterThan(60);
  for (const [code, name] of known) expect([code, brokerError(code).name]).toEqual([code, nameOf(name)]);
});

// And these were given other words there.
function nameOf(name: string): string {
  const words: Record<string, string> = {
    UNKNOWN: 'UNKNOWN_SERVER_ERROR',
    GROUP_LOAD_IN_PROGRESS: 'COORDINATOR_LOAD_IN_PROGRESS',
    GROUP_COORDINATOR_NOT_AVAILABLE: 'COORDINATOR_NOT_AVAILABLE',
    NOT_COORDINATOR_FOR_GROUP: 'NOT_COORDINATOR',
  };
  return words[name] ?? name;
}

test('makes errors that name the code, the place, the reaction and a remedy', () => {
  const error = brokerFailure(29, 'fetch from broker 1', { topic: 'orders', partition: 3 }, 'denied');
  expect(error.message).toBe(
    'NOT_AUTHORIZED (orders-3): fetch from broker 1 failed with TOPIC_AUTHORIZATION_FAILED (29): denied. ' +
      'Grant the missing permission (ACL) to the user of this job.',
  );
  expect([error.reaction, brokerFailure(6, 'x').reaction, brokerFailure(82, 'x').reaction]).toEqual([
    'fail-job',
    'rollback',
    'fail-job',
  ]);
});

test('takes codes it does not know for lasting errors', () => {
  expect(brokerError(9999)).toEqual({ name: 'error 9999', recovery: 'fatal', code: 'PROTOCOL_ERROR' });
});
