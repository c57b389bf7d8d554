import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classArchive, quickStart } from './class-archive.ts';
import { Cluster } from './cluster.ts';
import type { ClusterOptions } from './cluster-plan.ts';

/**
 * A cluster for a test: in a folder of its own, on free ports, and gone without a trace after `remove()`, or when this
 * process ends in whatever way.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const javaOptions = [...(options.javaOptions ?? quickStart), ...(await classArchive())];
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  endWithThisProcess(folder);
  const cluster = await Cluster.create(folder, { ...options, javaOptions });
  try {
    await cluster.start();
  } catch (error) {
    await cluster.remove();
    throw error;
  }
  return cluster;
}

/**
 * A shell that waits for the end of its input, which comes when this process is no more, and then kills what has its pid
 * in the folder. Detached, because Ctrl-C reaches all processes of a terminal at once.
 */
function endWithThisProcess(folder: string): void {
  const script = 'read _; for f in "$1"/*/pid; do [ -f "$f" ] && kill -KILL "$(cat "$f")"; done; rm -rf "$1"';
  const reaper = spawn('sh', ['-c', script, 'sh', folder], {
    detached: true,
    cwd: folder,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void }).unref();
}
