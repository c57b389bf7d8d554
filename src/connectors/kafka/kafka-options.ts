import type { ConnectionOptions } from 'node:tls';
import { toMs, type Duration } from '../../core/duration.ts';
import { StreamError } from '../../core/stream-error.ts';
import { compressionNumbers, isCompression, type Compression } from './compression/compression.ts';

/** How to reach a Kafka cluster. In brackets what Kafka's own clients call it. */
export interface KafkaOptions {
  /** `host:port` of some brokers; the others are found through them. [bootstrap.servers] */
  readonly brokers: readonly string[] | string;
  /** Shown in the brokers' logs and quotas. Default `millrace`. [client.id] */
  readonly clientId?: string;
  /** Where this process runs: brokers may then answer fetches from a replica nearby. [client.rack] */
  readonly rack?: string;
  /** TLS: `true`, or what Node's tls.connect takes (`ca`, `cert`, `key`, `passphrase`, `servername`). */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: KafkaSasl;
  /** How long an answer may take before the connection is given up. Default 30 s. [request.timeout.ms] */
  readonly requestTimeout?: Duration;
  /** How long connecting, TLS and SASL included, may take. Default 5 s. [socket.connection.setup.timeout.ms] */
  readonly connectionTimeout?: Duration;
  /** First pause after a failure; doubles with each. Default 50 ms. [retry.backoff.ms, reconnect.backoff.ms] */
  readonly retryBackoff?: Duration;
  /** Longest pause between two tries. Default 1 s. [retry.backoff.max.ms, reconnect.backoff.max.ms] */
  readonly retryBackoffMax?: Duration;
  /** How long to try again before a failure is told. Default 60 s. [delivery.timeout.ms] */
  readonly retryTimeout?: Duration;
  /** Time between two signs of life to a group, at most a third of the session timeout. Default 1 s. [heartbeat.interval.ms] */
  readonly heartbeatInterval?: Duration;
  /** How long a group waits for a member that is busy taking in its last assignment. Default 5 min. [max.poll.interval.ms] */
  readonly rebalanceTimeout?: Duration;
  /**
   * `exactly-once` (default), or `at-least-once`: outputs are seen as soon as they are written, and after a crash some of
   * them come twice. [processing.guarantee]
   */
  readonly guarantee?: Guarantee;
  /** Of batches to topics that leave it to the producer. Default none. [compression.type] */
  readonly compression?: Compression | 'none';
  /** How old what is known of leaders may get. Default 5 min. [metadata.max.age.ms] */
  readonly metadataMaxAge?: Duration;
}

export const guarantees = ['exactly-once', 'at-least-once'] as const;
export type Guarantee = (typeof guarantees)[number];

export type KafkaSasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'OAUTHBEARER';
      /** Called for every connection, and again before the token expires: cache it. */
      readonly token: () => Promise<string>;
    };

/** Checked, with defaults. */
export interface KafkaSettings {
  readonly brokers: readonly BrokerAddress[];
  readonly clientId: string;
  readonly rack: string;
  readonly ssl: ConnectionOptions | undefined;
  readonly sasl: KafkaSasl | undefined;
  readonly requestTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly retryTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  readonly compression: Compression | undefined;
  readonly guarantee: Guarantee;
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** Checks the options. Throws CONFIG_INVALID. */
export function kafkaSettings(options: KafkaOptions): KafkaSettings {
  const ms = (name: keyof KafkaOptions, fallback: number): number => {
    const given = options[name] as Duration | undefined;
    const value = given === undefined ? fallback : toMs(given, `kafka.${name}`);
    if (value <= 0) throw invalid(`kafka.${name} is ${JSON.stringify(given)}`, 'Give a duration above zero.');
    return value;
  };
  const { brokers, ssl, sasl, compression = 'none', guarantee = 'exactly-once' } = options;
  checkSasl(sasl);
  if (compression !== 'none' && !isCompression(compression)) {
    throw invalid(
      `kafka.compression is ${JSON.stringify(compression)}`,
      `Use none, ${Object.keys(compressionNumbers).join(', ')}.`,
    );
  }
  if (!guarantees.includes(guarantee)) {
    throw invalid(`kafka.guarantee is ${JSON.stringify(guarantee)}`, `Use ${guarantees.join(' or ')}.`);
  }
  return {
    guarantee,
    brokers: addresses(brokers),
    clientId: options.clientId ?? 'millrace',
    rack: options.rack ?? '',
    ssl: ssl === true ? {} : ssl === false ? undefined : ssl,
    sasl,
    requestTimeoutMs: ms('requestTimeout', 30_000),
    connectionTimeoutMs: ms('connectionTimeout', 5_000),
    retryBackoffMs: ms('retryBackoff', 50),
    retryBackoffMaxMs: ms('retryBackoffMax', 1_000),
    retryTimeoutMs: ms('retryTimeout', 60_000),
    heartbeatIntervalMs: ms('heartbeatInterval', 1_000),
    rebalanceTimeoutMs: ms('rebalanceTimeout', 300_000),
    metadataMaxAgeMs: ms('metadataMaxAge', 300_000),
    compression: compression === 'none' ? undefined : compression,
  };
}

function addresses(brokers: readonly string[] | string): readonly BrokerAddress[] {
  const list = (typeof brokers === 'string' ? brokers.split(',') : brokers).map((text) => text.trim());
  if (list.length === 0) throw invalid('kafka.brokers is empty', 'Name at least one broker as host:port.');
  return list.map((text) => {
    const match = /^(?:[A-Z_]+:\/\/)?(?:\[([0-9a-fA-F:]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    if (match === null || port < 1 || port > 65_535) {
      throw invalid(
        `kafka.brokers has ${JSON.stringify(text)}`,
        'Write each broker as host:port, like localhost:9092.',
      );
    }
    return { host: (match[1] ?? match[2])!, port };
  });
}

const mechanisms: readonly string[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];

function checkSasl(sasl: KafkaSasl | undefined): void {
  if (sasl === undefined) return;
  const { mechanism } = sasl;
  if (!mechanisms.includes(mechanism)) {
    throw invalid(`kafka.sasl.mechanism is ${JSON.stringify(mechanism)}`, `Use one of ${mechanisms.join(', ')}.`);
  }
  if (mechanism === 'OAUTHBEARER') {
    if (typeof sasl.token !== 'function') {
      throw invalid('kafka.sasl has no token', 'Give `token`, a function that resolves with one.');
    }
  } else if (typeof sasl.username !== 'string' || typeof sasl.password !== 'string') {
    throw invalid('kafka.sasl has no username or no password', `${mechanism} needs both.`);
  }
}

function invalid(reason: string, remedy: string): StreamError {
  return new StreamError('CONFIG_INVALID', reason, { remedy });
}
