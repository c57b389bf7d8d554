import { expect, test } from 'vitest';
import { openKafkaLog } from '../../../src/connectors/kafka/kafka-log.ts';
import type { KafkaOptions, KafkaSasl } from '../../../src/connectors/kafka/kafka-options.ts';
import { systemClock, systemRandom } from '../../../src/core/clock.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { commitOf, sealed, valuesOf } from '../../../src/testing/suites/log-suite-kit.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { settled } from '../support/settled.ts';

// What a job does: a topic, a transaction, reading it back, over the connections that the options ask for.
async function roundTrip(brokers: string, more: Partial<KafkaOptions>): Promise<readonly string[]> {
  const log = await openLog(brokers, more);
  const topic = fresh('secret');
  await log.topics.create([{ name: topic, partitions: 1, retentionMs: 1e15 }]);
  const transactor = await log.transactor(topic, 60_000);
  const values = ['a', 'b', 'x'.repeat(500_000)];
  await transactor.commit(commitOf([sealed(0, values, topic)]));
  const reader = log.reader();
  const request = { partitionBytes: 1 << 20, maxWaitMs: 5_000, isolation: 'committed' as const };
  await settled(log, topic);
  const [part] = await reader.fetch({ ...request, partitions: [{ topic, partition: 0, offset: 0 }] });
  return valuesOf(part!).map((value) => value.slice(0, 1));
}

async function refusal(brokers: string, more: Partial<KafkaOptions>): Promise<StreamError> {
  const before = performance.now();
  try {
    const log = await openKafkaLog({ brokers, ...more }, { clock: systemClock, random: systemRandom });
    await log.close();
  } catch (error) {
    expect(performance.now() - before).toBeLessThan(10_000);
    if (StreamError.is(error)) return error;
    throw error;
  }
  throw new Error('it was let in');
}

describeOnKafka('connecting to a broker with security', { security: true }, (cluster) => {
  const user = (mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password?: string): KafkaSasl => ({
    mechanism,
    username: 'admin',
    password: password ?? cluster().security!.users.admin,
  });

  test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('by user and password: %s', async (mechanism) => {
    const { sasl, saslTls, ca } = cluster().security!;
    expect(await roundTrip(sasl, { sasl: user(mechanism) })).toEqual(['a', 'b', 'x']);
    expect(await roundTrip(saslTls, { sasl: user(mechanism), ssl: { ca } })).toEqual(['a', 'b', 'x']);
    const refused = await refusal(sasl, { sasl: user(mechanism, 'guessed') });
    expect(refused).toMatchObject({ code: 'AUTHENTICATION_FAILED', reaction: 'fail-job' });
    expect(refused.message).toContain('Check mechanism, user and password in `sasl`');
    expect(refused.message).not.toContain('guessed');
  });

  test('by token', async () => {
    const { sasl, token } = cluster().security!;
    const how: KafkaSasl = { mechanism: 'OAUTHBEARER', token: () => Promise.resolve(token('admin')) };
    expect(await roundTrip(sasl, { sasl: how })).toEqual(['a', 'b', 'x']);
    const wrong: KafkaSasl = { mechanism: 'OAUTHBEARER', token: () => Promise.resolve('no token') };
    expect(await refusal(sasl, { sasl: wrong })).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  test('with TLS, and with a certificate of the client', async () => {
    const { tls, ca } = cluster().security!;
    expect(await roundTrip(tls, { ssl: { ca } })).toEqual(['a', 'b', 'x']);
    const untrusted = await refusal(tls, { ssl: true });
    expect(untrusted).toMatchObject({ code: 'AUTHENTICATION_FAILED', reaction: 'fail-job' });
    expect(untrusted.message).toContain('`ca` for your own authority');
    const named = await refusal(tls, { ssl: { ca, servername: 'other.example' } });
    expect(named).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  test('says what a listener wants that the options do not give', async () => {
    const { sasl, tls, ca } = cluster().security!;
    const { bootstrap } = cluster();
    const cases: readonly [string, Partial<KafkaOptions>, string][] = [
      [tls, {}, 'this listener wants `ssl` or `sasl`'],
      [sasl, {}, 'this listener wants `ssl` or `sasl`'],
      [bootstrap, { ssl: { ca } }, 'it speaks no TLS'],
      [bootstrap, { sasl: user('PLAIN') }, 'Leave out `sasl`'],
    ];
    for (const [brokers, more, hint] of cases) {
      const refused = await refusal(brokers, more);
      expect(refused).toMatchObject({ code: 'AUTHENTICATION_FAILED', reaction: 'fail-job' });
      expect(refused.remedy).toContain(hint);
    }
  });
});
