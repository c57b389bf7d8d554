/**
 * One connection to one broker: opened, authenticated, and used until the first trouble.
 *
 *   open -> connect (TLS) -> ApiVersions -> SASL -> open --(socket ends, an answer is late, close)--> closed
 *
 * A broker answers in order, so an answer that is late holds up all that follow: the connection is given up.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Clock } from '../../../core/clock.ts';
import { StreamError } from '../../../core/stream-error.ts';
import type { BrokerAddress, KafkaSettings } from '../kafka-options.ts';
import { apiVersionsApi, decodeApiVersionsResponse, encodeApiVersionsRequest } from '../protocol/api-versions.ts';
import type { VersionRange } from '../protocol/api-versions.ts';
import { brokerFailure } from '../protocol/errors.ts';
import { ResponseReader } from '../protocol/response-reader.ts';
import { connectionFailure, Rebuff } from './connection-failure.ts';
import { InFlight } from './in-flight.ts';
import type { RequestBody, SendOptions } from './kafka-transport.ts';
import { ResponseFrames } from './response-frames.ts';
import { kafkajsConnection, type KafkajsConnection, type KafkajsLogger } from './kafkajs-internals.ts';

const saslAuthenticateKey = 36;

/** Brokers close connections that were silent for ten minutes: a request that crosses that would be in doubt. */
const mostIdleMs = 9 * 60_000;

export class BrokerConnection {
  readonly address: string;
  readonly #settings: KafkaSettings;
  readonly #clock: Clock;
  readonly #inFlight = new InFlight();
  readonly #frames = new ResponseFrames({
    memoryFor: (correlationId, size) => this.#inFlight.memoryFor(correlationId, size),
    onAnswer: (correlationId, payload) => {
      this.#answers++;
      this.#inFlight.fulfillRequest({ correlationId, payload, size: payload.length });
    },
  });
  readonly #connection: KafkajsConnection;
  readonly #ended: Promise<never>;
  #end!: (reason: Error) => void;
  #socket: Socket | undefined;
  #versions: Readonly<Record<number, VersionRange>> = {};
  #retired = false;
  #answers = 0;
  #usedAt: number;
  #closed: StreamError | undefined;

  private constructor(address: BrokerAddress, settings: KafkaSettings, clock: Clock) {
    this.address = `${address.host}:${address.port}`;
    this.#settings = settings;
    this.#clock = clock;
    this.#usedAt = clock.monotonic();
    this.#ended = new Promise<never>((_, reject) => (this.#end = reject));
    this.#ended.catch(() => undefined); // only of interest while opening
    this.#connection = kafkajsConnection({
      host: address.host,
      port: address.port,
      clientId: settings.clientId,
      logger: silent,
      socketFactory: (how) => this.#openSocket(how),
      ssl: settings.ssl ?? null,
      sasl: kafkajsSasl(settings),
      connectionTimeout: settings.connectionTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      enforceRequestTimeout: false,
    });
    this.#connection.requestQueue = this.#inFlight;
    this.#connection.processData = (bytes) => {
      this.#read(() => {
        this.#frames.take(bytes);
      });
    };
  }

  static async open(
    address: BrokerAddress,
    settings: KafkaSettings,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<BrokerConnection> {
    signal.throwIfAborted();
    const opened = new BrokerConnection(address, settings, clock);
    const { connectionTimeoutMs } = settings;
    const timer = clock.schedule(connectionTimeoutMs, () => {
      opened.close(opened.#unavailable(`no answer within ${connectionTimeoutMs} ms`));
    });
    const abort = (): void => {
      opened.close(StreamError.from(signal.reason, 'LOG_CLOSED'));
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([opened.#start(), opened.#ended]);
      return opened;
    } catch (error) {
      const failure = connectionFailure(error, opened.address, settings);
      opened.close(failure);
      throw failure;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', abort);
    }
  }

  async #start(): Promise<void> {
    const connection = this.#connection;
    await connection.connect();
    const answer = await this.#request(apiVersionsApi.apiKey, apiVersionsApi.version, encodeApiVersionsRequest(), {});
    const { errorCode, versions } = decodeApiVersionsResponse(answer);
    if (errorCode !== 0) throw brokerFailure(errorCode, `${this.address}: the question for its versions`);
    this.#versions = versions;
    connection.setVersions(versions);
    connection.setSupportAuthenticationProtocol(versions[saslAuthenticateKey] !== undefined);
    await connection.authenticate();
  }

  /** False when a new connection should take its place: closed, silent for long, or its authentication ends soon. */
  get usable(): boolean {
    if (this.#closed !== undefined) return false;
    if (this.#settings.sasl !== undefined && !this.#connection.isAuthenticated()) return false;
    return this.#inFlight.size > 0 || this.#clock.monotonic() - this.#usedAt < mostIdleMs;
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Closes when the answers that are under way are there. */
  retire(): void {
    this.#retired = true;
    this.#settled();
  }

  #settled(): void {
    if (this.#retired && this.#inFlight.size === 0) {
      this.close(new StreamError('LOG_CLOSED', 'the session of the connection ended'));
    }
  }

  send(apiKey: number, version: number, body: RequestBody, options: SendOptions = {}): Promise<Buffer> {
    const range = this.#versions[apiKey];
    if (range === undefined || version < range.minVersion || version > range.maxVersion) {
      const spoken = range === undefined ? 'not at all' : `in versions ${range.minVersion} to ${range.maxVersion}`;
      return Promise.reject(
        new StreamError('UNSUPPORTED', `${this.address} answers request ${apiKey} ${spoken}, not in ${version}`, {
          remedy: 'Use Kafka brokers of version 3.0 or newer.',
        }),
      );
    }
    return this.#request(apiKey, version, body, options);
  }

  async #request(apiKey: number, version: number, body: RequestBody, options: SendOptions): Promise<Buffer> {
    const payload = await this.#exchange(apiKey, version, body, options);
    return options.flexible === true ? withoutTags(payload) : payload;
  }

  #exchange(apiKey: number, version: number, body: RequestBody, options: SendOptions): Promise<Buffer> {
    const { timeoutMs = this.#settings.requestTimeoutMs, signal, flexible = false, memory } = options;
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (this.#closed !== undefined || socket === undefined) {
        reject(this.#closed ?? this.#unavailable('not connected'));
        return;
      }
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      this.#usedAt = this.#clock.monotonic();
      const correlationId = this.#connection.nextCorrelationId();
      const settle = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        this.#settled();
      };
      const abort = (): void => {
        this.#inFlight.forget(correlationId);
        settle();
        reject(signal!.reason as Error);
      };
      const timer = this.#clock.schedule(timeoutMs, () => {
        this.close(this.#unavailable(`request ${apiKey} was not answered within ${timeoutMs} ms`));
      });
      signal?.addEventListener('abort', abort, { once: true });
      const entry = {
        correlationId,
        memory,
        resolve: ({ payload }: { payload: Buffer }) => {
          settle();
          resolve(payload);
        },
        reject: (error: unknown) => {
          settle();
          reject(connectionFailure(error, this.address, this.#settings));
        },
      };
      const sendRequest = (): void => {
        socket.cork();
        const parts: readonly Buffer[] = Buffer.isBuffer(body) ? [body] : body;
        const size = parts.reduce((sum, { length }) => sum + length, 0);
        socket.write(header(apiKey, version, correlationId, this.#settings.clientId, flexible, size));
        for (const part of parts) socket.write(part);
        socket.uncork();
      };
      this.#inFlight.push({ entry, sendRequest });
    });
  }

  close(reason: StreamError): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#end(reason);
    this.#inFlight.rejectAll(reason);
    void this.#connection.disconnect();
    this.#socket?.destroy(reason); // as an error, so that kafkajs ends its wait for the connection
  }

  // Requests are written in two pieces and wait for nothing, so Nagle's algorithm would only delay them. Without TLS the
  // socket reads where the frames want it; with TLS kafkajs hands over what comes, see the constructor.
  #openSocket({ host, port, ssl, onConnect }: OpenSocket): Socket {
    const onread = {
      buffer: () => this.#frames.target(),
      callback: (count: number) => {
        this.#read(() => {
          this.#frames.arrived(count);
        });
        return true;
      },
    };
    const socket =
      ssl === null
        ? connectTcp({ host, port, onread }, onConnect)
        : connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    // kafkajs misses sockets that end before they are connected, and goes on to write to those that have ended since.
    const ended = (): void => {
      const reason = 'the connection was closed';
      // Its versions are told to everybody, more to those only who may connect.
      this.close(this.#unavailable(this.#answers > 1 ? new Error(reason) : new Rebuff(reason)));
    };
    socket.once('end', ended);
    socket.once('close', ended);
    this.#socket = socket;
    return socket;
  }

  #read(take: () => void): void {
    try {
      take();
    } catch (error) {
      this.close(StreamError.from(error, 'PROTOCOL_ERROR'));
    }
  }

  #unavailable(reason: string | Error): StreamError {
    const cause = typeof reason === 'string' ? new Error(reason) : reason;
    return connectionFailure(cause, this.address, this.#settings);
  }
}

interface OpenSocket {
  readonly host: string;
  readonly port: number;
  readonly ssl: ConnectionOptions | null;
  readonly onConnect: () => void;
}

// Size, then the request header: v1, or v2 with tagged fields.
function header(
  apiKey: number,
  version: number,
  correlationId: number,
  clientId: string,
  flexible: boolean,
  bodyBytes: number,
): Buffer {
  const idBytes = Buffer.byteLength(clientId);
  const bytes = Buffer.allocUnsafe(14 + idBytes + (flexible ? 1 : 0));
  bytes.writeInt32BE(bytes.length - 4 + bodyBytes, 0);
  bytes.writeInt16BE(apiKey, 4);
  bytes.writeInt16BE(version, 6);
  bytes.writeInt32BE(correlationId, 8);
  bytes.writeInt16BE(idBytes, 12);
  bytes.write(clientId, 14);
  if (flexible) bytes[14 + idBytes] = 0;
  return bytes;
}

function withoutTags(payload: Buffer): Buffer {
  const reader = new ResponseReader(payload);
  reader.tags();
  return payload.subarray(reader.position);
}

function kafkajsSasl({ sasl }: KafkaSettings): object | null {
  if (sasl === undefined) return null;
  if (sasl.mechanism !== 'OAUTHBEARER') return { ...sasl };
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await sasl.token() }) };
}

// What it would log is in the errors.
const silent: KafkajsLogger = {
  namespace: () => silent,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
