/** What people get wrong, as they meet it: `run-topology` ends within ten seconds and says place, value and remedy. */
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { connectRegistry, json, topic, type AvroSchema } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { CliProcess, freshFolder } from '../support/cli-process.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const longestMs = 10_000;

/** What starting the process takes on a machine that has nothing else to do; what it takes here is measured. */
const quietStartMs = 1_500;
const library = new URL('../../../src/index.ts', import.meta.url).href;
const schema = {
  type: 'record',
  name: 'Total',
  namespace: 'shop',
  fields: [{ name: 'total', type: 'long' }],
} as unknown as AvroSchema;

interface Case {
  /** Lines of millrace.yaml. */
  readonly settings: string;
  /** Body of the topology's `map`; the value is a number. */
  readonly map?: string;
}

/** A folder with a keyed count of the numbers in `<name>-in`, written to `<name>-out`. */
function jobFolder(name: string, { settings, map = 'value' }: Case): string {
  const folder = freshFolder();
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'millrace.yaml'), settings);
  writeFileSync(
    join(folder, 'job.ts'),
    `import { contract, count, defineTopology, json, topic } from ${JSON.stringify(library)};
     const Total = contract(${JSON.stringify(schema)}, { encoding: 'avro' });
     export default defineTopology({
       name: ${JSON.stringify(name)},
       build(t) {
         const totals = t.source('in', topic('${name}-in', json()))
           .map((value) => ({ value: ${map} }), { id: 'grow', codec: json() })
           .keyBy(() => 'all', { id: 'by' })
           .process('count', {
             output: ${map === 'value' ? 'Total' : 'json()'},
             onElement({ value }, ctx) { ctx.emit(${map === 'value' ? '{ total: 1 }' : '{ value }'}); },
           });
         totals.sinkTo('out', topic('${name}-out', ${map === 'value' ? 'Total' : 'json()'}));
       },
     });`,
  );
  return folder;
}

async function limitMessages(brokers: string, name: string, bytes: number): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, connectionTimeout: 30_000 }).admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
  });
  await admin.disconnect();
}

let startMs = quietStartMs;

/** What a process takes to start and end that asks no broker. */
async function measureStart(): Promise<void> {
  const start = performance.now();
  await new CliProcess(jobFolder(fresh('job'), { settings: 'kafka.brokers: localhost:port' }), './job.ts').exit;
  startMs = Math.max(startMs, performance.now() - start);
}

/** What `longestMs` are on this machine, now. */
const longestHereMs = (): number => (longestMs * startMs) / quietStartMs;

/** Runs it to its end, which must come soon. */
async function outcome(name: string, wrong: Case): Promise<{ code: number | null; err: string }> {
  const start = performance.now();
  const job = new CliProcess(jobFolder(name, wrong), './job.ts');
  const code = await job.exit;
  const tookMs = performance.now() - start;
  if (tookMs > longestHereMs()) await measureStart();
  expect(tookMs, job.err).toBeLessThan(longestHereMs());
  expect(job.err).not.toMatch(/\n\s+at .*\.[jt]s/); // no stacks
  return { code, err: job.err };
}

describeOnKafka('a job with bad configuration', { security: true, registry: true }, (cluster) => {
  const brokers = () => `kafka.brokers: ${cluster().bootstrap}`;
  const alice = (password: string) =>
    `kafka: { brokers: '${cluster().security!.sasl}', sasl: { username: alice, password: ${password} } }`;

  test('a broker without a port', async () => {
    const { code, err } = await outcome(fresh('job'), { settings: 'kafka.brokers: localhost:port' });
    expect(err).toMatch(/CONFIG_INVALID.*localhost:port/s);
    expect(code).toBe(2);
  });

  test('wrong broker', async () => {
    const refused = await outcome(fresh('job'), { settings: "kafka.brokers: '127.0.0.1:9'" });
    expect(refused.err).toMatch(/LOG_UNAVAILABLE.*127\.0\.0\.1:9.*Start the broker, or correct its address/s);
    expect(refused.code).toBe(1);
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const place = `127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
    const mute = await outcome(fresh('job'), { settings: `kafka.brokers: '${place}'` });
    expect(mute.err).toContain(`${place}: no answer within 5000 ms`);
    expect(mute.code).toBe(1);
  });

  test('wrong credentials', async () => {
    const { code, err } = await outcome(fresh('job'), { settings: alice('guessed') });
    expect(err).toMatch(/AUTHENTICATION_FAILED.*Check mechanism, user and password/s);
    expect(err).not.toContain('guessed');
    expect(code).toBe(1);
  });

  test('missing ACL', async () => {
    const name = fresh('job');
    const { code, err } = await outcome(name, { settings: alice('alice-secret') });
    expect(err).toMatch(new RegExp(`NOT_AUTHORIZED.*${name}.*ACL`, 's'));
    expect(code).toBe(1);
  });

  test('wrong registry', async () => {
    const wrong = (url: string) => ({ settings: `${brokers()}\nregistry.url: ${url}` });
    const nobody = await outcome(fresh('job'), wrong('http://127.0.0.1:9/apis/ccompat/v7'));
    expect(nobody.err).toMatch(/REGISTRY_UNAVAILABLE.*127\.0\.0\.1:9.*registry\.url/s);
    expect(nobody.code).toBe(1);
    const elsewhere = await outcome(fresh('job'), wrong(cluster().registryUrl!.replace('ccompat', 'elsewhere')));
    expect(elsewhere.err).toMatch(/CONFIG_INVALID.*registry\.url is .*\/elsewhere\/.*\/apis\/ccompat\/v7/s);
    expect(elsewhere.code).toBe(2);
  });

  test('incompatible schema', async () => {
    const name = fresh('job');
    const registry = await connectRegistry({ url: cluster().registryUrl!, compatibility: 'BACKWARD' });
    const other = { ...(schema as object), fields: [{ name: 'total', type: 'string' }] } as unknown as AvroSchema;
    await registry.idFor(`${name}-out-value`, other);
    const { code, err } = await outcome(name, { settings: `${brokers()}\nregistry.url: ${cluster().registryUrl!}` });
    expect(err).toMatch(new RegExp(`CONTRACT_INCOMPATIBLE.*${name}-out-value.*total`, 's'));
    expect(code).toBe(1);
  });

  test('too few partitions', async () => {
    const name = fresh('job');
    const log = await openLog(cluster().bootstrap);
    await log.topics.create([{ name: `${name}-in`, partitions: 8 }]);
    await log.topics.create([{ name: `${name}-count-changelog`, partitions: 3, compacted: true }]);
    const { code, err } = await outcome(name, { settings: brokers() });
    expect(err).toMatch(new RegExp(`TOPIC_MISMATCH.*${name}-count-changelog has 3 partitions and would need \\d`, 's'));
    expect(err).toContain('run-topology reset');
    expect(code).toBe(1);
  });

  test('more replicas than brokers', async () => {
    const name = fresh('job');
    const { code, err } = await outcome(name, { settings: `${brokers()}\nkafka.replication.factor: 3` });
    expect(err).toMatch(new RegExp(`CONFIG_INVALID.*${name}.*3.*Lower the replication factor`, 's'));
    expect(code).toBe(2);
  });

  test('message too large', async () => {
    const name = fresh('job');
    const log = await openLog(cluster().bootstrap);
    await log.topics.create([{ name: `${name}-in`, partitions: 1 }]);
    await writeTopic(log, topic(`${name}-in`, json<number>()), [1]);
    const never = await outcome(name, { settings: brokers(), map: "'x'.repeat(3_000_000)" });
    expect(never.err).toMatch(new RegExp(`RECORD_TOO_LARGE.*${name}.*3000024 bytes.*Make the value smaller`, 's'));
    expect(never.code).toBe(1);
    await limitMessages(cluster().bootstrap, `${name}-out`, 100_000);
    const here = await outcome(name, { settings: brokers(), map: "'x'.repeat(300_000)" });
    expect(here.err).toMatch(new RegExp(`RECORD_TOO_LARGE.*${name}-out.*max\\.message\\.bytes`, 's'));
    expect(here.code).toBe(1);
  });

  test('a transaction timeout above the maximum of the brokers', async () => {
    const { code, err } = await outcome(fresh('job'), { settings: `${brokers()}\nkafka.transaction.timeout: 1h` });
    expect(err).toMatch(/CONFIG_INVALID.*3600000 ms.*kafka\.transaction\.timeout.*transaction\.max\.timeout\.ms/s);
    expect(code).toBe(2);
  });
});
