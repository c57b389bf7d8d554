/**
 * What is used of kafkajs 2.2.4: its connection with TLS and SASL. These are private modules, so the version is pinned
 * exactly and test/connectors/kafka/transport loads and drives them.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { VersionRange } from '../protocol/api-versions.ts';

export interface KafkajsLogger {
  namespace(name: string): KafkajsLogger;
  debug(): void;
  info(): void;
  warn(): void;
  error(): void;
}

/** A request that waits for its answer. */
export interface KafkajsEntry {
  readonly correlationId: number;
  resolve(answer: { correlationId: number; entry: KafkajsEntry; size: number; payload: Buffer }): void;
  reject(error: unknown): void;
}

/** What a connection expects of its request queue. */
export interface KafkajsQueue {
  push(request: { entry: KafkajsEntry; sendRequest: () => void }): void;
  fulfillRequest(answer: { correlationId: number; size: number; payload: Buffer }): void;
  rejectAll(error: unknown): void;
  waitForPendingRequests(): Promise<void>;
  scheduleRequestTimeoutCheck(): void;
  maybeThrottle(): void;
  destroy(): void;
}

export interface KafkajsConnection {
  requestQueue: KafkajsQueue;
  /** Called with what the socket reads. */
  processData: (bytes: Buffer) => void;
  readonly socket: Socket | undefined;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  isConnected(): boolean;
  /** False also when the session of the authentication is about to end. */
  isAuthenticated(): boolean;
  authenticate(): Promise<void>;
  nextCorrelationId(): number;
  setVersions(versions: Readonly<Record<number, VersionRange>>): void;
  setSupportAuthenticationProtocol(supported: boolean): void;
}

export interface KafkajsConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly logger: KafkajsLogger;
  readonly socketFactory: (how: {
    host: string;
    port: number;
    ssl: ConnectionOptions | null;
    onConnect: () => void;
  }) => Socket;
  readonly ssl: ConnectionOptions | null;
  readonly sasl: object | null;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
}

type ConnectionClass = new (options: KafkajsConnectionOptions) => KafkajsConnection;

const load = createRequire(import.meta.url);

/** Loaded when the first connection is made: jobs without Kafka do not pay for it. */
export function kafkajsConnection(options: KafkajsConnectionOptions): KafkajsConnection {
  const Connection = load('kafkajs/src/network/connection.js') as ConnectionClass;
  return new Connection(options);
}
