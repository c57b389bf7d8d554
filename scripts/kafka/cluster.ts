import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker, brokersKnownTo } from './broker.ts';
import { planCluster, type ClusterOptions, type ClusterPlan } from './cluster-plan.ts';
import { prepareRegistry, registryUrl } from './registry.ts';
import { certificates, clusterSecurity, type ClusterSecurity } from './security.ts';
import type { ServerProcess } from './server-process.ts';

/** Brokers and registry in a folder. They run on when the process that started them ends. */
export class Cluster {
  readonly plan: ClusterPlan;
  readonly brokers: readonly Broker[];
  readonly registry: ServerProcess | undefined;
  /** Undefined: without security. */
  readonly security: ClusterSecurity | undefined;

  private constructor(
    plan: ClusterPlan,
    brokers: readonly Broker[],
    registry: ServerProcess | undefined,
    security: ClusterSecurity | undefined,
  ) {
    this.plan = plan;
    this.brokers = brokers;
    this.registry = registry;
    this.security = security;
  }

  /** The cluster of a folder; undefined: there is none. Downloads what is missing, starts nothing. */
  static async find(folder: string): Promise<Cluster | undefined> {
    const file = join(folder, 'cluster.json');
    if (!existsSync(file)) return undefined;
    return Cluster.#open(JSON.parse(readFileSync(file, 'utf8')) as ClusterPlan);
  }

  /** Lays out a new cluster. Starts nothing. */
  static async create(folder: string, options: ClusterOptions): Promise<Cluster> {
    const plan = await planCluster(folder, randomBytes(16).toString('base64url'), options);
    const cluster = await Cluster.#open(plan);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cluster.json'), JSON.stringify(plan, undefined, 2));
    return cluster;
  }

  static async #open(plan: ClusterPlan): Promise<Cluster> {
    const brokers: Broker[] = [];
    for (const index of plan.brokers.keys()) brokers.push(await Broker.prepare(plan, index + 1));
    const { registryPort } = plan;
    const registry = registryPort === undefined ? undefined : await prepareRegistry(plan.folder, registryPort);
    const security = plan.security ? clusterSecurity(await certificates(), plan.brokers) : undefined;
    return new Cluster(plan, brokers, registry, security);
  }

  /** Comma-separated, without security. */
  get bootstrap(): string {
    return this.brokers.map(({ address }) => address).join(',');
  }

  /** Confluent's API; undefined: without a registry. */
  get registryUrl(): string | undefined {
    const { registryPort } = this.plan;
    return registryPort === undefined ? undefined : registryUrl(registryPort);
  }

  /** Starts what does not run. Resolves when every broker answers and knows all the others. */
  async start(): Promise<void> {
    await Promise.all([...this.#servers()].map((server) => server.start()));
    for (const { address } of this.brokers) {
      while ((await brokersKnownTo(address)).length < this.brokers.length) await sleep(50);
    }
  }

  /** Stops everything and keeps the data. */
  async stop(): Promise<void> {
    await Promise.all([...this.#servers()].map((server) => server.stop()));
  }

  /** Ends everything at once and deletes the folder. */
  async remove(): Promise<void> {
    await Promise.all([...this.#servers()].map((server) => server.kill()));
    rmSync(this.plan.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  *#servers(): Generator<ServerProcess> {
    yield* this.brokers;
    if (this.registry !== undefined) yield this.registry;
  }
}
