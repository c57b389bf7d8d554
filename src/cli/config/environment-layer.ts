/**
 * Settings from the environment: `MILLRACE_<PATH>` in capitals, so `commit.interval` is MILLRACE_COMMIT_INTERVAL and the
 * job's `minObjects` is MILLRACE_CONFIG_MIN_OBJECTS. Aliases (KAFKA_BOOTSTRAP_SERVERS) count less than the full name.
 */
import type { Environment } from './file-layer.ts';
import type { Entry, Layer } from './layer.ts';
import { settingNames, settings } from './settings.ts';

const prefix = 'MILLRACE_';

// Kubernetes tells every pod about a service that is called "millrace" in these variables; they are not settings.
const serviceLink = /^MILLRACE_(SERVICE_(HOST|PORT)|PORT)(_|$)/;

/** `jobPaths`: the paths of the job's configuration, without `config`. Unknown names come out as they are: resolve refuses them. */
export function environmentLayer(env: Environment, jobPaths: readonly (readonly string[])[]): Layer {
  const entries: Entry[] = [];
  for (const name of settingNames) {
    for (const alias of 'aliases' in settings[name] ? settings[name].aliases : []) {
      const value = env[alias];
      if (value !== undefined && value !== '')
        entries.push({ path: name.split('.'), value, text: true, origin: alias });
    }
  }
  const paths = new Map<string, readonly string[]>();
  for (const path of [...settingNames.map((name) => name.split('.')), ...jobPaths.map((path) => ['config', ...path])]) {
    paths.set(variableName(path), path);
  }
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith(prefix) || serviceLink.test(name)) continue;
    entries.push({ path: paths.get(name) ?? [name], value, text: true, origin: name });
  }
  return entries;
}

/** `['memory', 'stateBytes']` -> `MILLRACE_MEMORY_STATE_BYTES` */
export function variableName(path: readonly string[]): string {
  const words = path.map((part) => part.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z0-9]+/g, '_'));
  return prefix + words.join('_').toUpperCase();
}
