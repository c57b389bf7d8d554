import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { brokersKnownTo } from '../../../scripts/kafka/broker.ts';
import { freePorts, isFree } from '../../../scripts/kafka/ports.ts';
import { readCommitted } from '../support/console-consumer.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const script = new URL('../../../scripts/kafka/', import.meta.url);

describeOnKafka('one broker', {}, (cluster) => {
  test('answers, and says what it has', async () => {
    await expect.poll(() => brokersKnownTo(cluster().bootstrap)).toEqual([1]);
    expect(cluster().brokers[0]!.pid).toBeGreaterThan(0);
  });

  test('keeps its data when it is killed and started again', async () => {
    const [broker] = cluster().brokers;
    const records = [
      { key: 'a', value: 'line\none\tand two' },
      { key: null, value: 'without key' },
      { key: 'b', value: null },
    ];
    expect(await createTopic({ brokers: [cluster().bootstrap] }, 'kept')).toBe('created');
    await produce({ brokers: [cluster().bootstrap] }, 'kept', records);
    const { pid } = broker!;
    await broker!.kill();
    expect(broker!.pid).toBeUndefined();
    expect(await brokersKnownTo(cluster().bootstrap)).toEqual([]);
    await broker!.start();
    expect(broker!.pid).not.toBe(pid);
    const read = await readCommitted(cluster().bootstrap, 'kept', { maxRecords: 3 });
    expect(read).toMatchObject(records.map((record, offset) => ({ partition: 0, offset, ...record })));
  });

  test('is silent while it is suspended', async () => {
    const [broker] = cluster().brokers;
    broker!.suspend();
    expect(await brokersKnownTo(cluster().bootstrap)).toEqual([]);
    broker!.resume();
    await expect.poll(() => brokersKnownTo(cluster().bootstrap)).toEqual([1]);
  });
});

describeOnKafka('three brokers', { brokers: 3, heapMb: 256 }, (cluster) => {
  test('go on without one of them, which comes back', async () => {
    const [first, second, third] = cluster().brokers;
    expect(await createTopic({ brokers: [first!.address] }, 'replicated')).toBe('created');
    await third!.kill();
    await produce({ brokers: [first!.address] }, 'replicated', [{ key: 'a', value: '1' }]);
    expect(await readCommitted(second!.address, 'replicated', { maxRecords: 1 })).toHaveLength(1);
    await third!.start();
    await expect.poll(() => brokersKnownTo(third!.address)).toContain(3);
  });
});

describeOnKafka('a broker with security', { security: true }, (cluster) => {
  const topic = 'guarded';

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('knows its users by %s', async (mechanism) => {
    const { sasl, users } = cluster().security!;
    const admin = { mechanism, username: 'admin', password: users.admin } as never;
    expect(await createTopic({ brokers: [sasl], sasl: admin }, `${topic}-${mechanism}`)).toBe('created');
    const alice = { mechanism, username: 'alice', password: users.alice } as never;
    expect(await createTopic({ brokers: [sasl], sasl: alice }, topic)).toBe('TOPIC_AUTHORIZATION_FAILED');
    const stranger = { mechanism, username: 'alice', password: 'guessed' } as never;
    expect(await createTopic({ brokers: [sasl], sasl: stranger }, topic)).toMatch(/[Aa]uthentication failed/);
  });

  test('takes tokens', async () => {
    const { sasl, token } = cluster().security!;
    const oauth = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: token('alice') }) } as const;
    expect(await createTopic({ brokers: [sasl], sasl: oauth }, topic)).toBe('TOPIC_AUTHORIZATION_FAILED');
  });

  test('speaks TLS and knows clients by their certificates', async () => {
    const { tls, saslTls, ca, client, users } = cluster().security!;
    expect(await createTopic({ brokers: [tls], ssl: { ca } }, `${topic}-tls`)).toBe('created');
    expect(await createTopic({ brokers: [tls], ssl: { ca, ...client } }, topic)).toBe('TOPIC_AUTHORIZATION_FAILED');
    expect(await createTopic({ brokers: [tls], ssl: true }, topic)).toMatch(/self-signed certificate/);
    const admin = { mechanism: 'plain', username: 'admin', password: users.admin } as const;
    expect(await createTopic({ brokers: [saslTls], ssl: { ca }, sasl: admin }, `${topic}-both`)).toBe('created');
  });
});

describeOnKafka('a program that uses brokers', {}, () => {
  test('leaves none behind when it is killed', async () => {
    const program = `
      const { startCluster } = await import(${JSON.stringify(new URL('start-cluster.ts', script).href)});
      const { brokers, plan } = await startCluster();
      console.log(JSON.stringify({ pid: brokers[0].pid, folder: plan.folder }));
      setInterval(() => undefined, 1000);
    `;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const { pid, folder } = JSON.parse(said.toString()) as { pid: number; folder: string };
    expect(existsSync(folder)).toBe(true);
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => existsSync(folder)).toBe(false);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

describeOnKafka('npm run kafka', {}, (cluster) => {
  test('starts, shows, stops and deletes a cluster', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
    let [port] = await freePorts(1);
    while (!(await isFree(port! + 10))) [port] = await freePorts(1); // its controller's
    const at = ['--folder', folder];
    onTestFinished(async () => {
      kafka('down', ...at);
      await rm(folder, { recursive: true, force: true });
    });
    expect(kafka('status', ...at)).toContain('there is no cluster');
    expect(kafka('up', ...at, '--port', String(port), '--heap', '256')).toContain(
      `brokers:  127.0.0.1:${String(port)}`,
    );
    expect(status(at)).toMatchObject({ bootstrap: `127.0.0.1:${String(port)}`, servers: [{ name: 'broker 1' }] });
    expect(() => kafka('up', ...at, '--brokers', '3')).toThrow('has brokers 1, not 3');
    expect(await createTopic({ brokers: [`127.0.0.1:${String(port)}`] }, 'kept')).toBe('created');
    await produce({ brokers: [`127.0.0.1:${String(port)}`] }, 'kept', [{ key: 'a', value: '1' }]);
    kafka('down', ...at);
    expect(status(at).servers[0]!.pid).toBeUndefined();
    kafka('up', ...at);
    expect(await topicsOf(`127.0.0.1:${String(port)}`)).toContain('kept');
    kafka('down', ...at, '--delete');
    expect(existsSync(folder)).toBe(false);
  });

  test('says what is wrong', () => {
    const { plain } = cluster().plan.brokers[0]!;
    const folder = join(cluster().plan.folder, 'second');
    expect(() => kafka('up', '--folder', folder, '--port', String(plain))).toThrow(`port ${String(plain)} is taken`);
    expect(() => kafka('up', '--folder', folder, '--brokers', '2')).toThrow('One or three brokers');
    const nothing = { PATH: folder, MILLRACE_KAFKA_HOME: folder };
    expect(() => kafkaWith(nothing, 'up', '--folder', folder)).toThrow(
      'there is no mvn on this machine. Install Maven',
    );
  });
});

function kafka(...args: string[]): string {
  return kafkaWith({}, ...args);
}

function kafkaWith(env: Record<string, string>, ...args: string[]): string {
  const main = new URL('main.ts', script).pathname;
  return execFileSync(process.execPath, ['--import', 'tsx', main, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, ...env },
  });
}

function status(at: readonly string[]): { servers: { name: string; pid?: number }[] } {
  return JSON.parse(kafka('status', '--json', ...at)) as { servers: { name: string; pid?: number }[] };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

// A handshake may take longer than the second that kafkajs gives it.
const patience = { logLevel: logLevel.NOTHING, connectionTimeout: 30_000, authenticationTimeout: 30_000 };

function client(config: KafkaConfig): Kafka {
  return new Kafka({ ...config, ...patience, retry: { retries: 20 } });
}

async function produce(
  config: KafkaConfig,
  topic: string,
  messages: { key: string | null; value: string | null }[],
): Promise<void> {
  const producer = client(config).producer();
  await producer.connect();
  await producer.send({ topic, messages });
  await producer.disconnect();
}

/** `created`, or why not. */
async function createTopic(config: KafkaConfig, topic: string): Promise<string> {
  const admin = new Kafka({ ...config, ...patience, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    // Its leaders may come a little later: who produces asks again.
    await admin.createTopics({ topics: [{ topic }], timeout: 30_000, waitForLeaders: false });
    return 'created';
  } catch (error) {
    const [first] = (error as { errors?: { type: string }[] }).errors ?? [];
    return first?.type ?? (error as Error).message;
  } finally {
    await admin.disconnect();
  }
}

async function topicsOf(broker: string): Promise<string[]> {
  const admin = client({ brokers: [broker] }).admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  return topics;
}
