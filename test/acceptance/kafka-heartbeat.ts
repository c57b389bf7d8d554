/**
 * `npm run acceptance -- kafka-heartbeat [--seconds 60]`: a member of a group lives while its worker is busy for ten times
 * its session: with a restore, which a quota of the broker makes slow, and with a call of the asynchronous operator. In
 * both cases the group must keep its member and its generation, and the result must be there once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from '../../scripts/kafka/start-cluster.ts';
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { delay, systemClock, systemRandom } from '../../src/core/clock.ts';
import type { Log } from '../../src/core/log.ts';
import {
  defineTopology,
  json,
  kafka,
  leveldb,
  run,
  StreamError,
  string,
  topic,
  valueState,
  type JobHandle,
} from '../../src/index.ts';
import { runJava } from '../integration/support/java-program.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';
import { openClusterView, type ClusterView } from './cluster-view.ts';

interface Item {
  readonly key: string;
  readonly size: number;
}

const keys = 20_000;
const valueBytes = 1_000;
const items = topic('items', json<Item>('item'), { key: (item) => item.key });
const sizes = topic('sizes', json<Item>('item'), { key: (item) => item.key });
const requests = topic('requests', json<Item>('item'), { key: (item) => item.key });
const results = topic('results', json<Item>('item'), { key: (item) => item.key });

/** Keeps a kilobyte per key. */
const keeping = defineTopology({
  name: 'keeping',
  build(t) {
    t.source('items', items)
      .keyBy((item) => item.key)
      .process('keep', {
        output: json<Item>('item'),
        state: { kept: valueState(string) },
        onElement(item, ctx) {
          const kept = ctx.state.kept.get() ?? '';
          ctx.state.kept.set(item.key.padEnd(valueBytes, '.'));
          ctx.emit({ key: item.key, size: kept.length });
        },
      })
      .sinkTo('sizes', sizes);
  },
});

const calling = (ms: number) =>
  defineTopology({
    name: 'calling',
    build(t) {
      t.source('requests', requests)
        .asyncMap(
          'call',
          async (item: Item) => {
            await delay(systemClock, ms);
            return item;
          },
          { output: json<Item>('item'), attemptTimeout: ms * 2 },
        )
        .sinkTo('results', results);
    },
  });

export async function heartbeatAcceptance(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: 'string', default: '60' } } });
  const seconds = Number(values.seconds);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-heartbeat-'));
  const cluster = await startCluster({ heapMb: 512 });
  const log = await openKafkaLog(
    { brokers: cluster.bootstrap, clientId: 'acceptance' },
    { clock: systemClock, random: systemRandom },
  );
  const view = await openClusterView(cluster.bootstrap);
  try {
    const names = [items, sizes, requests, results].map(({ name }) => name);
    await log.topics.create(names.map((name) => ({ name, partitions: 1 })));
    const place = { brokers: cluster.bootstrap, folder };
    const call = await duringCall(log, view, place, seconds);
    const restore = await duringRestore(log, view, place, seconds);
    console.log(JSON.stringify({ sessionSeconds: sessionMs / 1_000, call, restore }));
    for (const [what, { sameMember, sameGeneration, seconds: took, right }] of Object.entries({ call, restore })) {
      if (sameMember && sameGeneration && right && took >= seconds * 0.75) continue;
      throw new StreamError('REBALANCE', `the member did not outlive a ${what} of ${String(took)} s`);
    }
  } finally {
    await view.close();
    await log.close();
    await cluster.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly brokers: string;
  readonly folder: string;
}

interface Outcome {
  readonly seconds: number;
  readonly sameMember: boolean;
  readonly sameGeneration: boolean;
  /** The results are there, once. */
  readonly right: boolean;
}

const sessionMs = 6_000;

function start(name: 'keeping' | 'calling', { brokers, folder }: Place, clientId: string, ms = 0): Promise<JobHandle> {
  return run<unknown>(name === 'keeping' ? keeping : calling(ms), {
    log: kafka({ brokers, clientId }),
    state: leveldb(join(folder, clientId)),
    partitions: 1,
    sessionTimeout: sessionMs,
    onWarning: (message) => {
      console.error(message);
    },
  });
}

async function duringCall(log: Log, view: ClusterView, place: Place, seconds: number): Promise<Outcome> {
  const job = await start('calling', place, 'caller', seconds * 1_000);
  await until(() => job.status.phase === 'running');
  await writeTopic(log, requests, [{ key: 'a', size: 1 }]);
  const outcome = await outlive(
    view,
    'calling',
    async () => (await readTopic(log, results.name, results.codec)).flat().length > 0,
  );
  const right = (await readTopic(log, results.name, results.codec)).flat().length === 1;
  await job.close();
  return { ...outcome, right };
}

async function duringRestore(log: Log, view: ClusterView, place: Place, seconds: number): Promise<Outcome> {
  const list = Array.from({ length: keys }, (_, i) => ({ key: `k${String(i)}`, size: 0 }));
  const job = await start('keeping', place, 'keeper');
  await writeTopic(log, items, list);
  const sizeCount = async (): Promise<number> =>
    (await log.topics.bounds([{ topic: sizes.name, partition: 0 }]))[0]!.stable;
  await until(async () => (await sizeCount()) >= keys);
  await job.drain();
  const perSecond = Math.round((keys * valueBytes) / seconds);
  await runJava('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', place.brokers, '--alter', '--entity-type', 'clients', '--entity-name', 'restorer'],
    ...['--add-config', `consumer_byte_rate=${String(perSecond)}`],
  ]);
  const again = await start('keeping', place, 'restorer');
  await until(() => again.status.phase === 'restoring');
  const outcome = await outlive(view, 'keeping', async () => again.status.phase === 'running');
  await writeTopic(log, items, list.slice(0, 10));
  const last = async (): Promise<readonly Item[]> => (await readTopic(log, sizes.name, sizes.codec)).flat().slice(keys);
  await until(async () => (await last()).length >= 10);
  const right = (await last()).every(({ size }) => size === valueBytes);
  await again.close();
  return { ...outcome, right };
}

/** Looks at the group until `over`. */
async function outlive(
  view: ClusterView,
  group: string,
  over: () => Promise<boolean>,
): Promise<Omit<Outcome, 'right'>> {
  const begin = systemClock.monotonic();
  let member = '';
  await until(async () => {
    member = (await view.members(group))[0] ?? '';
    return member !== '';
  });
  const generation = await view.generation(group, member);
  let sameMember = true;
  while (!(await over())) {
    const now = await view.members(group);
    sameMember &&= now.length === 1 && now[0] === member;
    await delay(systemClock, 500);
  }
  const seconds = Math.round((systemClock.monotonic() - begin) / 1000);
  return { seconds, sameMember, sameGeneration: generation === (await view.generation(group, member)) };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(systemClock, 100);
}
