import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { brokerJava, kafkaLibraries, kafkaVersion, once } from './artifacts.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { host } from './ports.ts';
import { runCommand } from './run-command.ts';
import { certificates, scramUsers, securitySettings } from './security.ts';
import { ServerProcess } from './server-process.ts';

const startMs = 180_000;
const logging = fileURLToPath(new URL('log4j2.xml', import.meta.url));

/** One broker of a cluster, which is a controller as well. */
export class Broker extends ServerProcess {
  readonly id: number;
  /** host:port of the listener without security. */
  readonly address: string;

  private constructor(plan: ClusterPlan, id: number, libraries: string, javaOptions: readonly string[]) {
    const folder = brokerFolder(plan, id);
    const { plain, controller, sasl, tls, saslTls } = plan.brokers[id - 1]!;
    const address = `${host}:${plain}`;
    const properties = join(folder, 'server.properties');
    super({
      name: `broker ${id}`,
      folder,
      command: brokerJava().command,
      args: [`-Xmx${plan.heapMb}m`, ...javaOptions, ...classPath(libraries), 'kafka.Kafka', properties],
      ports: plan.security ? [plain, controller, sasl, tls, saslTls] : [plain, controller],
      isReady: async () => (await brokersKnownTo(address)).includes(id),
      startMs,
    });
    this.id = id;
    this.address = address;
  }

  /** Lays out the folder of a broker, if that was not done before. Starts nothing. */
  static async prepare(plan: ClusterPlan, id: number): Promise<Broker> {
    const libraries = await kafkaLibraries();
    const folder = brokerFolder(plan, id);
    const data = join(folder, 'data');
    if (!existsSync(data)) {
      mkdirSync(data, { recursive: true });
      const identity = {
        version: 1,
        'cluster.id': plan.clusterId,
        'node.id': id,
        'directory.id': randomBytes(16).toString('base64url'),
      };
      writeFileSync(join(data, 'meta.properties'), lines(identity));
      cpSync(
        join(await formatted(libraries, plan.security), 'bootstrap.checkpoint'),
        join(data, 'bootstrap.checkpoint'),
      );
    }
    writeFileSync(join(folder, 'server.properties'), lines(await serverProperties(plan, id, data)));
    return new Broker(plan, id, libraries, plan.javaOptions);
  }
}

/** The ids of the brokers that one of them knows; empty: it does not answer. */
export async function brokersKnownTo(address: string): Promise<readonly number[]> {
  const admin = new Kafka({
    brokers: [address],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 3000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.map(({ nodeId }) => nodeId);
  } catch {
    return [];
  } finally {
    await admin.disconnect();
  }
}

/**
 * What Kafka's format tool writes, the same for each broker of each cluster but for its identity, which we write: so the
 * tool is called once and not for each broker.
 */
function formatted(libraries: string, security: boolean): Promise<string> {
  return once(`formatted-${kafkaVersion}${security ? '-users' : ''}`, async (folder) => {
    const properties = join(folder, 'format.properties');
    const plan = { brokers: [{ plain: 1, controller: 2, sasl: 3, tls: 4, saslTls: 5 }], security: false, settings: {} };
    writeFileSync(properties, lines(await serverProperties(plan, 1, folder)));
    const clusterId = randomBytes(16).toString('base64url');
    await runCommand(
      brokerJava().command,
      [
        ...classPath(libraries),
        'kafka.tools.StorageTool',
        'format',
        ...['-t', clusterId, '-c', properties],
        ...(security ? scramUsers() : []),
      ],
      'See what the tool says.',
    );
  });
}

function brokerFolder(plan: ClusterPlan, id: number): string {
  return join(plan.folder, `broker-${id}`);
}

function classPath(libraries: string): string[] {
  return [`-Dlog4j2.configurationFile=${logging}`, '-cp', join(libraries, '*')];
}

async function serverProperties(
  plan: Pick<ClusterPlan, 'brokers' | 'security' | 'settings'>,
  id: number,
  data: string,
): Promise<Record<string, string | number>> {
  const { plain, controller, sasl, tls, saslTls } = plan.brokers[id - 1]!;
  const replicas = plan.brokers.length;
  const inSync = Math.min(2, replicas);
  const clients = [
    `PLAINTEXT://${host}:${plain}`,
    ...(plan.security
      ? [`SASL_PLAINTEXT://${host}:${sasl}`, `SSL://${host}:${tls}`, `SASL_SSL://${host}:${saslTls}`]
      : []),
  ];
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': plan.brokers.map((ports, i) => `${i + 1}@${host}:${ports.controller}`).join(','),
    listeners: [...clients, `CONTROLLER://${host}:${controller}`].join(','),
    'advertised.listeners': clients.join(','),
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false', // a mistyped topic is an error, not an empty topic
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': 0,
    ...(plan.security ? securitySettings(await certificates()) : {}),
    ...plan.settings,
  };
}

function lines(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
