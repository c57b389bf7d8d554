/** What most commands begin with: the job they are about, the configuration, and a logger that knows the secrets. */
import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve as resolvePath } from 'node:path';
import { z } from 'zod';
import { messageOf, StreamError } from '../core/stream-error.ts';
import type { JobModule } from '../job/load-topology.ts';
import { redactor, type Redactor } from '../observability/redactor.ts';
import type { CommandCall } from './command.ts';
import type { PlaceRequest } from './engine.ts';
import { environmentLayer } from './config/environment-layer.ts';
import { fileLayer } from './config/file-layer.ts';
import { jobFields } from './config/job-schema.ts';
import type { Entry, Layer } from './config/layer.ts';
import { resolve, type Configuration } from './config/resolve.ts';
import { settingNames, settings } from './config/settings.ts';

const defaultFile = 'millrace.yaml';

export interface Session {
  readonly module: JobModule | undefined;
  readonly configuration: Configuration;
  readonly redact: Redactor;
  /** Absolute path of the data folder. */
  readonly data: string;
}

/** Where a session's log is. */
export function placeOf({ data, configuration: { settings } }: Session): Pick<PlaceRequest, 'data' | 'settings'> {
  return { data, settings };
}

export interface JobSession extends Session {
  readonly module: JobModule;
}

export async function openJobSession(call: CommandCall, specifier: string): Promise<JobSession> {
  const module = await call.engine.loadTopology(specifier, call.io.cwd);
  return { ...openSession(call, module), module };
}

export function openSession(call: CommandCall, module?: JobModule): Session {
  const { io, args } = call;
  const schema = jobSchema(module);
  const jobPaths = schema === undefined ? [] : jobFields(schema).map(({ path }) => path);
  const layers = [settingsFile(call), environmentLayer(io.env, jobPaths), flagLayer(args.values)];
  const configuration = resolve(layers, schema);
  return {
    module,
    configuration,
    redact: redactor(configuration.secrets),
    data: resolvePath(io.cwd, configuration.settings.data),
  };
}

/** Undefined: nothing is known, or the topology checks with something that cannot be asked. */
function jobSchema(module: JobModule | undefined): z.ZodType | undefined {
  if (module === undefined) return undefined;
  const { schema } = module.topology;
  if (schema === undefined) return z.object({});
  return schema instanceof z.ZodType ? schema : undefined;
}

function settingsFile({ io, args }: CommandCall): Layer {
  const named = args.values.get('config')?.at(-1);
  const path = resolvePath(io.cwd, named ?? defaultFile);
  if (!existsSync(path)) {
    if (named === undefined) return [];
    throw new StreamError('CONFIG_INVALID', `there is no settings file ${path}`);
  }
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StreamError('CONFIG_INVALID', `the settings file ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return fileLayer(relative(io.cwd, path) || path, source, io.env);
}

function flagLayer(values: ReadonlyMap<string, readonly string[]>): Layer {
  const entries: Entry[] = [];
  for (const name of settingNames) {
    const setting = settings[name];
    const value = 'flag' in setting ? values.get(setting.flag.name)?.at(-1) : undefined;
    if (value !== undefined)
      entries.push(flagEntry(name.split('.'), value, `--${'flag' in setting ? setting.flag.name : name}`));
  }
  const commitMs = values.get('commit-ms')?.at(-1);
  if (commitMs !== undefined) {
    for (const part of ['linger', 'interval']) entries.push(flagEntry(['commit', part], commitMs, '--commit-ms'));
  }
  for (const pair of values.get('set') ?? []) {
    const at = pair.indexOf('=');
    if (at < 1) throw new StreamError('USAGE', `--set ${pair} is not NAME=VALUE`);
    entries.push(
      flagEntry(['config', ...pair.slice(0, at).split('.')], pair.slice(at + 1), `--set ${pair.slice(0, at)}`),
    );
  }
  return entries;
}

function flagEntry(path: readonly string[], value: string, origin: string): Entry {
  return { path, value, text: true, origin };
}
