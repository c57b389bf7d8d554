/** What a cluster looks like. Written into its folder as cluster.json, so that a later process knows it again. */
import { freePorts } from './ports.ts';

export interface ClusterOptions {
  /** 1 (default) or 3. */
  readonly brokers?: number;
  /** Port of the first broker; the others follow. Default: free ones. */
  readonly port?: number;
  /** Also listeners with SASL and TLS, users, and an authorizer. */
  readonly security?: boolean;
  readonly registry?: boolean;
  readonly registryPort?: number;
  /** Heap of each broker. Default 384. */
  readonly heapMb?: number;
  /** More lines of the brokers' server.properties. */
  readonly settings?: Readonly<Record<string, string>>;
  /** More arguments for the brokers' Java. */
  readonly javaOptions?: readonly string[];
}

export interface BrokerPorts {
  readonly plain: number;
  readonly controller: number;
  readonly sasl: number;
  readonly tls: number;
  readonly saslTls: number;
}

export interface ClusterPlan {
  readonly folder: string;
  readonly clusterId: string;
  /** Of broker 1, 2, ... */
  readonly brokers: readonly BrokerPorts[];
  readonly security: boolean;
  /** Port; undefined: no registry. */
  readonly registryPort?: number;
  readonly heapMb: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly javaOptions: readonly string[];
}

const kinds = 5;

/** Chooses ports where the options name none. */
export async function planCluster(folder: string, clusterId: string, options: ClusterOptions): Promise<ClusterPlan> {
  const { brokers: count = 1, port, security = false, registry = false, heapMb = 384, settings = {} } = options;
  const free = await freePorts(count * kinds + 1);
  // 9092, 9093, 9094 for clients; controllers 10 above, then SASL, TLS, and SASL with TLS.
  const portOf = (broker: number, kind: number): number =>
    port === undefined ? free[broker * kinds + kind]! : port + broker + 10 * kind;
  const brokers = Array.from({ length: count }, (_, broker) => ({
    plain: portOf(broker, 0),
    controller: portOf(broker, 1),
    sasl: portOf(broker, 2),
    tls: portOf(broker, 3),
    saslTls: portOf(broker, 4),
  }));
  return {
    folder,
    clusterId,
    brokers,
    security,
    ...(registry ? { registryPort: options.registryPort ?? free.at(-1)! } : {}),
    heapMb,
    settings,
    javaOptions: options.javaOptions ?? [],
  };
}
