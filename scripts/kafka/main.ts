/**
 * Kafka on this machine, without containers: `npm run kafka -- up | down | status`.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { kafkaHome } from './artifacts.ts';
import { classArchive } from './class-archive.ts';
import { Cluster } from './cluster.ts';
import type { ClusterOptions } from './cluster-plan.ts';
import { SetupError } from './setup-error.ts';

const usage = `npm run kafka -- up [--brokers 1|3] [--port 9092] [--registry [--registry-port 8081]] [--security]
                    [--folder FOLDER] [--heap MB]
npm run kafka -- down [--folder FOLDER] [--delete]
npm run kafka -- status [--folder FOLDER] [--json]

up      starts brokers, or those of them that do not run; the first time it downloads them
down    stops them; --delete also deletes their data
status  which of them run, and how to reach them`;

const options = {
  brokers: { type: 'string' },
  port: { type: 'string' },
  registry: { type: 'boolean' },
  'registry-port': { type: 'string' },
  security: { type: 'boolean' },
  heap: { type: 'string' },
  folder: { type: 'string' },
  delete: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

async function up(folder: string, flags: Flags): Promise<void> {
  const existing = await Cluster.find(folder);
  if (existing === undefined) await create(folder, flags);
  else {
    checkSame(existing, flags);
    await existing.start();
  }
  await status(folder, flags);
}

/** A cluster that never started leaves nothing, so that the next try may look different. */
async function create(folder: string, flags: Flags): Promise<void> {
  const cluster = await Cluster.create(folder, { ...asked(flags), javaOptions: await classArchive() });
  try {
    await cluster.start();
  } catch (error) {
    await cluster.remove();
    throw error;
  }
}

async function down(folder: string, flags: Flags): Promise<void> {
  const cluster = await Cluster.find(folder);
  await cluster?.stop();
  if (flags.delete === true) rmSync(folder, { recursive: true, force: true });
  console.log(cluster === undefined ? `there is no cluster in ${folder}` : 'stopped');
}

async function status(folder: string, flags: Flags): Promise<void> {
  const cluster = await Cluster.find(folder);
  const servers = [...(cluster?.brokers ?? []), ...(cluster?.registry === undefined ? [] : [cluster.registry])];
  if (flags.json === true) {
    const answer = {
      folder,
      bootstrap: cluster?.bootstrap,
      registryUrl: cluster?.registryUrl,
      security: cluster?.security && { ...cluster.security, client: undefined },
      servers: servers.map(({ name, pid, log }) => ({ name, pid, log })),
    };
    console.log(JSON.stringify(answer, undefined, 2));
    return;
  }
  if (cluster === undefined) {
    console.log(`there is no cluster in ${folder}`);
    return;
  }
  for (const { name, pid, log } of servers)
    console.log(`${name}: ${pid === undefined ? 'stopped' : 'runs'}, log ${log}`);
  console.log(`brokers:  ${cluster.bootstrap}`);
  if (cluster.registryUrl !== undefined) console.log(`registry: ${cluster.registryUrl}`);
  if (cluster.security !== undefined) {
    const { sasl, tls, saslTls, users } = cluster.security;
    const passwords = Object.entries(users).map((pair) => pair.join(' / '));
    console.log(`SASL:     ${sasl}, TLS: ${tls}, both: ${saslTls}`);
    console.log(`users:    ${passwords.join(', ')}`);
  }
}

function asked(flags: Flags): ClusterOptions {
  const brokers = number(flags, 'brokers') ?? 1;
  if (brokers !== 1 && brokers !== 3)
    throw new SetupError(`--brokers ${brokers}`, 'One or three brokers can be started.');
  return {
    brokers,
    port: number(flags, 'port') ?? 9092,
    security: flags.security ?? false,
    registry: flags.registry ?? false,
    registryPort: number(flags, 'registry-port') ?? 8081,
    heapMb: number(flags, 'heap') ?? 1024,
  };
}

/** `up` starts what is there; what it cannot do is to change it. */
function checkSame({ plan }: Cluster, flags: Flags): void {
  const there: Record<string, unknown> = {
    brokers: plan.brokers.length,
    port: plan.brokers[0]!.plain,
    security: plan.security,
    registry: plan.registryPort !== undefined,
    'registry-port': plan.registryPort,
    heap: plan.heapMb,
  };
  for (const [name, value] of Object.entries(there)) {
    const wanted = flags[name as keyof Flags];
    if (wanted === undefined || String(wanted) === String(value)) continue;
    throw new SetupError(
      `the cluster in ${plan.folder} has ${name} ${String(value)}, not ${String(wanted)}`,
      'Delete it first (down --delete), or choose another --folder.',
    );
  }
}

function number(flags: Flags, name: 'brokers' | 'port' | 'registry-port' | 'heap'): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new SetupError(`--${name} is ${text}`, 'Give a number.');
  return Number(text);
}

try {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command = 'help'] = positionals;
  const folder = resolve(values.folder ?? join(kafkaHome(), 'cluster'));
  const commands = { up, down, status } as const;
  if (command in commands && values.help !== true) await commands[command as keyof typeof commands](folder, values);
  else console.log(usage);
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
