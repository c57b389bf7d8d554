/** A TCP server that speaks Kafka's framing and serves each connection in order, as a broker does. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { RequestWriter } from '../../../../src/connectors/kafka/protocol/request-writer.ts';

export interface WireRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly clientId: string;
  readonly body: Buffer;
  /** Number of the connection, from 0. */
  readonly connection: number;
}

/** The answer's body; `undefined`: none, now or ever; 'close': ends the connection. */
export type Answer = Buffer | undefined | 'close';
export type Handler = (request: WireRequest) => Answer | Promise<Answer>;

const flexibleKeys = new Set([3]);

export class WireBroker {
  readonly node: number;
  readonly handlers = new Map<number, Handler>();
  readonly requests: WireRequest[] = [];
  connections = 0;
  /** Sends each answer in pieces of this many bytes. */
  pieceBytes = Infinity;
  readonly #server: Server;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(node: number) {
    this.node = node;
    this.#server = createServer((socket) => {
      this.#serve(socket, this.connections++);
    });
    this.handlers.set(18, () => versions([1, 3, 10, 12, 17, 36]));
    this.handlers.set(3, () => clusterOf([this]));
  }

  static async start(node = 1): Promise<WireBroker> {
    const broker = new WireBroker(node);
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    broker.#port = (broker.#server.address() as AddressInfo).port;
    return broker;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ends all connections, but goes on to listen. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket, connection: number): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let pending = Buffer.alloc(0);
    let turn = Promise.resolve();
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        const frame = pending.subarray(4, end);
        pending = pending.subarray(end);
        turn = turn.then(() => this.#answer(socket, frame, connection));
      }
    });
  }

  async #answer(socket: Socket, frame: Buffer, connection: number): Promise<void> {
    const apiKey = frame.readInt16BE(0);
    const flexible = flexibleKeys.has(apiKey);
    const idBytes = frame.readInt16BE(8);
    const request = {
      apiKey,
      version: frame.readInt16BE(2),
      clientId: frame.toString('utf8', 10, 10 + idBytes),
      body: frame.subarray(10 + idBytes + (flexible ? 1 : 0)),
      connection,
    };
    this.requests.push(request);
    const answer = await this.handlers.get(apiKey)?.(request);
    if (answer === 'close') socket.destroy();
    if (answer === undefined || answer === 'close') return;
    const head = Buffer.alloc(flexible ? 9 : 8);
    head.writeInt32BE(head.length - 4 + answer.length, 0);
    frame.copy(head, 4, 4, 8);
    const whole = Buffer.concat([head, answer]);
    for (let at = 0; at < whole.length; at += this.pieceBytes) {
      socket.write(whole.subarray(at, at + this.pieceBytes));
      if (this.pieceBytes < whole.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

export function versions(apiKeys: readonly number[]): Buffer {
  return new RequestWriter()
    .int16(0)
    .array(apiKeys, (key, writer) => writer.int16(key).int16(0).int16(20))
    .finish();
}

export interface LedTopic {
  readonly name: string;
  readonly leaders: readonly number[];
  readonly error?: number;
}

/** The body of a Metadata answer. The first broker is the controller. */
export function clusterOf(brokers: readonly WireBroker[], topics: readonly LedTopic[] = []): Buffer {
  const numbers = (writer: RequestWriter, values: readonly number[]): RequestWriter =>
    writer.compactArray(values, (value, each) => each.int32(value));
  return new RequestWriter()
    .int32(0)
    .compactArray(brokers, (broker, writer) =>
      writer.int32(broker.node).compactString('127.0.0.1').int32(broker.port).compactString(null).tags(),
    )
    .compactString('cluster')
    .int32(brokers[0]?.node ?? -1)
    .compactArray(topics, ({ name, leaders, error = 0 }, writer) =>
      writer
        .int16(error)
        .compactString(name)
        .uuid('AAAAAAAAAAAAAAAAAAAAAQ')
        .boolean(false)
        .compactArray([...leaders.entries()], ([partition, leader], each) => {
          each.int16(0).int32(partition).int32(leader).int32(7);
          for (let list = 0; list < 3; list++) numbers(each, [leader]);
          each.tags();
        })
        .int32(0)
        .tags(),
    )
    .int32(0)
    .tags()
    .finish();
}
