import { spawnSync } from 'node:child_process';
import { measure, type Measurement } from './measure.ts';
import { parseOptions } from './options.ts';

/** Measures queries; with several, each has a process of its own, so that none runs on code optimised for another. */
export async function nexmark(args: readonly string[]): Promise<void> {
  const { queries, states, json, ...options } = parseOptions(args);
  const all = queries.flatMap((query) => states.map((state) => ({ ...options, query, state })));
  const [only] = all;
  if (only !== undefined && all.length === 1) {
    const measurement = await measure(only);
    console.log(json ? JSON.stringify(measurement) : lineOf(measurement));
    return;
  }
  for (const { query, state, input, commitMs, stateMiB, runs, warm } of all) {
    const values = { input, query, state, 'commit-ms': commitMs, 'state-mib': stateMiB, runs, warm };
    const child = Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const command = [...process.execArgv, process.argv[1]!, 'nexmark', ...child, ...(json ? ['--json'] : [])];
    const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}

function lineOf(measurement: Measurement): string {
  const { query, backend, seconds, cpuSeconds, allCpuSeconds, eventsPerCpuSec, resultCount, checksum } = measurement;
  const spread = `${Math.min(...allCpuSeconds)}..${Math.max(...allCpuSeconds)}`;
  return [
    `${query} ${backend}: ${(eventsPerCpuSec / 1e6).toFixed(2)} M events per CPU second`,
    `${seconds} s, ${cpuSeconds} CPU s (${spread})`,
    `${measurement.peakRssMiB} MiB peak, ${measurement.commits} commits, p99 ${measurement.commitP99Ms} ms`,
    `${resultCount} results, checksum ${checksum}`,
  ].join('; ');
}
