/** `doctor`: looks at the machine, the settings and the data folder, and says what is wrong with them. Changes nothing. */
import { existsSync } from 'node:fs';
import { access, constants, readdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { toMs } from '../../core/duration.ts';
import { messageOf } from '../../core/stream-error.ts';
import { damagedTables } from '../../state/leveldb/damaged-tables.ts';
import type { Command, CommandCall } from '../command.ts';
import { durationText } from '../duration-text.ts';
import { exitCodes } from '../exit-code.ts';
import { openSession, placeOf, type Session } from '../session.ts';

interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'wrong';
  readonly detail: string;
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Checks the machine, the settings, and the data folder or the Kafka cluster.',
  settings: ['data', 'kafka.brokers'],
  examples: [
    'run-topology doctor',
    'run-topology doctor --data /var/lib/millrace --json',
    'run-topology doctor --kafka localhost:9092',
  ],
  async run(call) {
    const findings = [nodeVersion(process.versions.node), ...(await settingsAndFolder(call))];
    if (call.args.values.has('json')) {
      await call.io.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
    } else {
      const marks = { ok: 'ok     ', warning: 'WARNING', wrong: 'WRONG  ' } as const;
      const lines = findings.map(({ check, result, detail }) => `${marks[result]}  ${check}: ${detail}`);
      await call.io.stdout.write(`${lines.join('\n')}\n`);
    }
    return findings.some(({ result }) => result === 'wrong') ? exitCodes.failed : exitCodes.done;
  },
};

export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > 20 || (major === 20 && minor >= 19);
  return {
    check: 'Node.js',
    result: isEnough ? 'ok' : 'wrong',
    detail: isEnough ? version : `${version} is too old, 20.19 or newer is needed`,
  };
}

async function settingsAndFolder(call: CommandCall): Promise<readonly Finding[]> {
  let session: Session;
  try {
    session = openSession(call);
  } catch (error) {
    return [{ check: 'settings', result: 'wrong', detail: messageOf(error) }];
  }
  const { data } = session;
  const settings: Finding = { check: 'settings', result: 'ok', detail: `${session.configuration.lines.length} values` };
  const present = existsSync(data);
  return [
    settings,
    await writable(data),
    ...(await space(present ? data : nearestFolder(data))),
    await clockSanity(call.io.clock, present ? data : undefined),
    ...(await logAndState(call, session, present)),
  ];
}

async function logAndState(call: CommandCall, session: Session, present: boolean): Promise<readonly Finding[]> {
  const tables = present ? await storedTables(session.data) : [];
  if (onKafka(session)) return [...tables, ...(await clusterState(call, session))];
  // Opening a store lets LevelDB rewrite its tables, and damage would get checksums that fit.
  const mayOpen = present && tables.every(({ result }) => result !== 'wrong');
  return mayOpen ? [...tables, await logState(call, session)] : tables;
}

/** The folder itself, or the first one above it that exists. */
function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function writable(data: string): Promise<Finding> {
  const folder = nearestFolder(data);
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    const detail = folder === data ? `${data} can be written` : `${data} does not exist yet and can be made`;
    return { check: 'data folder', result: 'ok', detail };
  } catch (error) {
    return { check: 'data folder', result: 'wrong', detail: `${folder} cannot be written: ${messageOf(error)}` };
  }
}

const memoryFileSystems: readonly number[] = [0x01021994, 0x858458f6]; // tmpfs, ramfs
const warnBelowBytes = 2 ** 30;
const wrongBelowBytes = 64 * 2 ** 20;

async function space(folder: string): Promise<readonly Finding[]> {
  const { bavail, bsize, type } = await statfs(folder);
  const free = bavail * bsize;
  const result = free < wrongBelowBytes ? 'wrong' : free < warnBelowBytes ? 'warning' : 'ok';
  const findings: Finding[] = [{ check: 'disk space', result, detail: `${(free / 2 ** 30).toFixed(1)} GiB free` }];
  if (memoryFileSystems.includes(type)) {
    findings.push({
      check: 'file system',
      result: 'warning',
      detail: `${folder} is in memory: log and state are gone after a restart of the machine`,
    });
  }
  return findings;
}

const oldestSaneMs = Date.UTC(2025, 0, 1);

async function clockSanity(clock: Clock, data: string | undefined): Promise<Finding> {
  const now = clock.now();
  const text = new Date(now).toISOString();
  if (now < oldestSaneMs)
    return { check: 'clock', result: 'wrong', detail: `it is ${text}, before this program was written` };
  const newest = data === undefined ? 0 : await newestChange(data);
  if (newest > now + 60_000) {
    const detail = `it is ${text}, but the data folder was written at ${new Date(newest).toISOString()}: the clock went back`;
    return { check: 'clock', result: 'warning', detail };
  }
  return { check: 'clock', result: 'ok', detail: text };
}

async function newestChange(folder: string): Promise<number> {
  const names = await readdir(folder);
  const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  return Math.max(0, ...times);
}

/** Reads all tables of all LevelDB folders and checks their checksums, which LevelDB does not look at. */
async function storedTables(data: string): Promise<readonly Finding[]> {
  const names = await readdir(data, { recursive: true });
  const folders = names.filter((name) => basename(name) === 'CURRENT').map((name) => dirname(name));
  const findings: Finding[] = [];
  for (const folder of folders) {
    for (const { name, at } of await damagedTables(join(data, folder))) {
      const detail = `${join(data, folder, name)} is damaged at byte ${at}`;
      findings.push({ check: 'tables of the store', result: 'wrong', detail });
    }
  }
  if (folders.length === 0 || findings.length > 0) return findings;
  return [{ check: 'tables of the store', result: 'ok', detail: 'their checksums are right' }];
}

function onKafka({ configuration }: Session): boolean {
  return configuration.settings['kafka.brokers'] !== undefined;
}

/** Connects as a job would, and opens a transaction with the timeout of the settings. */
async function clusterState({ engine, io }: CommandCall, session: Session): Promise<readonly Finding[]> {
  const timeout = session.configuration.settings['kafka.transaction.timeout'] ?? '60s';
  try {
    const folder = await engine.openFolder({ ...placeOf(session), io });
    try {
      const topics = await folder.ask('topics.list', {});
      const { brokers, positionsKeptMs } = await folder.ask('cluster.check', { transactionTimeoutMs: toMs(timeout) });
      const names = brokers.map(({ host, port, rack }) => `${host}:${port}${rack === undefined ? '' : ` (${rack})`}`);
      const count = brokers.length === 1 ? '1 broker' : `${brokers.length} brokers`;
      return [
        { check: 'Kafka', result: 'ok', detail: `${count}: ${names.join(', ')}; ${topics.length} topics` },
        { check: 'transactions', result: 'ok', detail: `a transaction may take ${timeout}` },
        positionsKept(positionsKeptMs),
      ];
    } finally {
      await folder.close();
    }
  } catch (error) {
    return [{ check: 'Kafka', result: 'wrong', detail: messageOf(error) }];
  }
}

/** Kafka's own default. */
const enoughMs = toMs('7d');

function positionsKept(keptMs: number | undefined): Finding {
  const check = 'positions of stopped jobs';
  if (keptMs === undefined) {
    const detail = 'how long they are kept is not known: it needs describe-configs on the cluster';
    return { check, result: 'warning', detail };
  }
  const kept = `kept for ${durationText(keptMs)}`;
  if (keptMs >= enoughMs) return { check, result: 'ok', detail: kept };
  const after = 'a job that is down for longer begins anew, or refuses to start when it has state';
  const remedy = "raise the brokers' offsets.retention.minutes, or start jobs with --from none after the first time";
  return { check, result: 'warning', detail: `${kept}: ${after}; ${remedy}` };
}

/** Opens the log, or asks the process that has it; opening checks segments and store against each other. */
async function logState({ engine, io }: CommandCall, session: Session): Promise<Finding> {
  try {
    const folder = await engine.openFolder({ ...placeOf(session), io });
    try {
      const topics = await folder.ask('topics.list', {});
      const records = topics.reduce((sum, topic) => sum + topic.records, 0);
      return { check: 'log and state', result: 'ok', detail: `${topics.length} topics, ${records} records` };
    } finally {
      await folder.close();
    }
  } catch (error) {
    return { check: 'log and state', result: 'wrong', detail: messageOf(error) };
  }
}
