import { join } from 'node:path';
import { registryJava, registryProgram } from './artifacts.ts';
import { host, isOpen } from './ports.ts';
import { ServerProcess } from './server-process.ts';

/** Apicurio, with Confluent's API; its schemas lie in a database in the cluster's folder. */
export async function prepareRegistry(clusterFolder: string, port: number): Promise<ServerProcess> {
  const [program, java] = await Promise.all([registryProgram(), registryJava()]);
  const folder = join(clusterFolder, 'registry');
  const settings = {
    'quarkus.http.host': host,
    'quarkus.http.port': port,
    'quarkus.management.host': host,
    'quarkus.management.port': 0,
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': `jdbc:h2:file:${join(folder, 'schemas')}`,
  };
  return new ServerProcess({
    name: 'schema registry',
    folder,
    command: java.command,
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      '-jar',
      join(program, 'quarkus-run.jar'),
    ],
    ports: [port],
    isReady: () => answers(port),
    startMs: 240_000,
  });
}

export function registryUrl(port: number): string {
  return `http://${host}:${port}/apis/ccompat/v7`;
}

async function answers(port: number): Promise<boolean> {
  if (!(await isOpen(port))) return false;
  try {
    return (await fetch(`${registryUrl(port)}/subjects`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}
