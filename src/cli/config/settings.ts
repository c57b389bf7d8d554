/**
 * The runner's settings: one table for validation, defaults, environment names, flags, help and docs. The job's own
 * configuration is validated by the topology's schema and lies beside them under `config`.
 */
import { z } from 'zod';
import { logLevels } from '../../observability/logger.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { registrySettings } from './registry-settings.ts';
import { duration, setting, text, type Setting } from './setting.ts';

const count = z.int().min(1);
const unitBytes = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
const bytes = z
  .union([z.int().min(1), z.string().regex(/^\d+(\.\d+)?\s*([KMG]i?B)?$/, "must be bytes, or text like '256MiB'")])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, amount = '', unit = ''] = /^([\d.]+)\s*(\w*)$/.exec(value) ?? [];
    return Math.floor(Number(amount) * unitBytes[unit as keyof typeof unitBytes]);
  });

export interface HttpAddress {
  readonly port: number;
  readonly host?: string;
}
const httpAddress = z
  .union([z.int().min(0).max(65_535), z.string().regex(/^(.+:)?\d{1,5}$/)], 'must be PORT or HOST:PORT')
  .transform((value): HttpAddress => {
    const [, host, port] = /^(?:(.+):)?(\d+)$/.exec(String(value)) ?? [];
    return { port: Number(port), ...(host === undefined ? {} : { host }) };
  })
  .refine(({ port }) => port <= 65_535, 'must have a port of at most 65535');

export const settings = {
  data: setting(text, 'Folder of the embedded log and the state.', {
    fallback: '.millrace',
    flag: { name: 'data', value: 'FOLDER' },
  }),
  state: setting(z.enum(['memory', 'leveldb']), 'Where keyed state lives.', {
    fallback: 'leveldb',
    flag: { name: 'state', value: 'memory|leveldb' },
  }),
  durability: setting(
    z.enum(['process', 'power']),
    'What a commit survives: a killed process, or also a power cut (slower).',
    { fallback: 'process', flag: { name: 'durability', value: 'process|power' } },
  ),
  workers: setting(count, 'Worker threads.', { fallback: 1, flag: { name: 'workers', value: 'N' } }),
  partitions: setting(count, 'Partitions of topics that the job creates.', {
    fallback: 4,
    flag: { name: 'partitions', value: 'N' },
  }),
  exchange: setting(z.enum(['direct', 'log']).optional(), 'How records change tasks. Default: direct with one worker.'),
  'commit.linger': setting(
    duration.optional(),
    'Commit this long after the first uncommitted output. Default: 10ms, on Kafka 50ms.',
  ),
  'commit.interval': setting(duration, 'Commit at the latest after this long.', { fallback: '1s' }),
  'memory.stateBytes': setting(
    bytes.optional(),
    'Bound of the decoded state caches of a worker; LevelDB takes up to a quarter more. Default: 256MiB.',
  ),
  'memory.inputBytes': setting(bytes.optional(), 'Bound of the prefetched input of a worker. Default: 16MiB.'),
  'restart.initial': setting(duration.optional(), 'First pause before a failed job starts again.'),
  'restart.max': setting(duration.optional(), 'Longest pause between restarts.'),
  'restart.attempts': setting(z.int().min(0).optional(), 'Restarts in a row before the job fails.'),
  http: setting(httpAddress.optional(), 'Serve /metrics, /livez, /readyz, /healthz and /status there. Default: off.', {
    flag: { name: 'http', value: 'PORT' },
  }),
  'log.level': setting(z.enum(logLevels), 'Lowest level of log lines.', {
    fallback: 'info',
    flag: { name: 'log-level', value: 'LEVEL' },
  }),
  'log.format': setting(
    z.enum(['auto', 'pretty', 'plain', 'json']),
    'auto: pretty on a terminal, JSON with --json, else plain.',
    { fallback: 'auto' },
  ),
  ...kafkaSettings,
  ...registrySettings,
  'postgres.url': setting(text.optional(), 'PostgreSQL connection.', { aliases: ['POSTGRES_URL'] }),
  'openai.apiKey': setting(text.optional(), 'Key of the OpenAI-compatible endpoint.', {
    aliases: ['OPENAI_API_KEY'],
    secret: true,
  }),
  'openai.model': setting(text.optional(), 'Model of the OpenAI-compatible endpoint.', { aliases: ['OPENAI_MODEL'] }),
} as const;

export type SettingName = keyof typeof settings;

type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof settings)[Name]> };

export const settingNames = Object.keys(settings) as readonly SettingName[];

export function isSetting(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}
