import { receiveMessageOnPort, type MessagePort, type Transferable } from 'node:worker_threads';
import { systemClock, type Clock, type Timer } from '../../core/clock.ts';
import type {
  Commit,
  FetchedPartition,
  FetchRequest,
  GroupMember,
  GroupSpec,
  Log,
  LogReader,
  MemberId,
  SealedBatch,
  TopicAdmin,
  Transactor,
} from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Greeting, OwnerCalls, WorkerCalls } from './log-protocol.ts';
import { PortCalls, receivedError, type Handlers } from './port-calls.ts';
import { packRows, packSealed, unpackFetched } from './wire-format.ts';

type Owner = PortCalls<WorkerCalls, OwnerCalls>;

interface Joined {
  readonly spec: GroupSpec;
  id: MemberId;
  heartbeat: Timer | undefined;
  left: boolean;
}

/** The log behind a port that `serveLog` was called for before. Closing it closes the port, not the log. */
export function connectLog(port: MessagePort, clock: Clock = systemClock): Log {
  const greeting = receiveMessageOnPort(port)?.message as Greeting | undefined;
  if (greeting === undefined) throw new StreamError('LOG_CLOSED', 'nobody serves a log on this port');
  return new RemoteLog(port, greeting, clock);
}

class RemoteLog implements Log {
  readonly kind: string;
  readonly storesRows: boolean;
  readonly shared: boolean;
  readonly topics: TopicAdmin;
  readonly #clock: Clock;
  readonly #owner: Owner;
  readonly #members = new Map<number, Joined>();
  /** Numbers of readers, transactors and members. */
  #parts = 0;

  constructor(port: MessagePort, { kind, storesRows, shared }: Greeting, clock: Clock) {
    this.kind = kind;
    this.storesRows = storesRows;
    this.shared = shared;
    this.#clock = clock;
    const owner = new PortCalls<WorkerCalls, OwnerCalls>(port, handlersOf(this.#members), () => {
      this.#stopHeartbeats();
    });
    this.#owner = owner;
    this.topics = {
      list: () => owner.call('list', []),
      describe: (names) => owner.call('describe', [names]),
      create: (specs) => owner.call('create', [specs]),
      deleteRecords: (before) => owner.call('deleteRecords', [before]),
      bounds: (partitions) => owner.call('bounds', [partitions]),
      offsetsAt: (partitions, timestamp) => owner.call('offsetsAt', [partitions, timestamp]),
      committed: (group, partitions) => owner.call('committed', [group, partitions]),
    };
  }

  reader(): LogReader {
    return new RemoteReader(this.#owner, ++this.#parts);
  }

  async transactor(id: string, timeoutMs: number): Promise<Transactor> {
    const number = ++this.#parts;
    await this.#owner.call('transactor', [number, id, timeoutMs]);
    return new RemoteTransactor(this.#owner, number, id);
  }

  async join(spec: GroupSpec): Promise<GroupMember> {
    const number = ++this.#parts;
    const { group, instanceId, sessionTimeoutMs } = spec;
    const member: Joined = { spec, id: { group, generation: -1, memberId: '' }, heartbeat: undefined, left: false };
    this.#members.set(number, member);
    member.id = await this.#owner.call('join', [number, { group, instanceId, sessionTimeoutMs }]);
    this.#beat(number, member);
    return {
      get id() {
        return member.id;
      },
      rejoin: () => {
        this.#tell(this.#owner.call('rejoin', [number]));
      },
      leave: async () => {
        member.heartbeat?.cancel();
        member.left = true;
        await this.#owner.call('leave', [number]); // which may still be asking this member
        this.#members.delete(number);
      },
    };
  }

  async close(): Promise<void> {
    this.#stopHeartbeats();
    this.#owner.close();
  }

  #beat(number: number, member: Joined): void {
    member.heartbeat = this.#clock.schedule(member.spec.sessionTimeoutMs / 3, () => {
      this.#tell(this.#owner.call('heartbeat', [number]));
      this.#beat(number, member);
    });
  }

  #stopHeartbeats(): void {
    for (const { heartbeat } of this.#members.values()) heartbeat?.cancel();
    this.#members.clear();
  }

  // Nobody waits for the answer; a closed port shows in the calls that matter.
  #tell(call: Promise<unknown>): void {
    call.catch(() => undefined);
  }
}

class RemoteReader implements LogReader {
  readonly #owner: Owner;
  readonly #number: number;

  constructor(owner: Owner, number: number) {
    this.#owner = owner;
    this.#number = number;
  }

  async fetch({ signal, ...request }: FetchRequest): Promise<readonly FetchedPartition[]> {
    signal?.throwIfAborted();
    const cancel = (): void => {
      this.#owner.call('cancelFetch', [this.#number]).catch(() => undefined); // the fetch itself tells of a closed port
    };
    signal?.addEventListener('abort', cancel);
    try {
      return unpackFetched(await this.#owner.call('fetch', [this.#number, request]));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    await this.#owner.call('closeReader', [this.#number]).catch(() => undefined); // closed with the port
  }
}

class RemoteTransactor implements Transactor {
  readonly id: string;
  readonly #owner: Owner;
  readonly #number: number;

  constructor(owner: Owner, number: number, id: string) {
    this.#owner = owner;
    this.#number = number;
    this.id = id;
  }

  append(outputs: readonly SealedBatch[]): Promise<void> {
    const buffers: Transferable[] = [];
    return this.#owner.call('append', [this.#number, packSealed(outputs, buffers)], buffers);
  }

  commit({ outputs, offsets, member, rows }: Commit): Promise<void> {
    const buffers: Transferable[] = [];
    const commit = { outputs: packSealed(outputs, buffers), offsets, member, rows: packRows(rows, buffers) };
    return this.#owner.call('commit', [this.#number, commit], buffers);
  }

  abort(): Promise<void> {
    return this.#owner.call('abort', [this.#number]);
  }

  committed(...args: Parameters<Transactor['committed']>): ReturnType<Transactor['committed']> {
    return this.#owner.call('committed', args);
  }

  async close(): Promise<void> {
    await this.#owner.call('closeTransactor', [this.#number]).catch(() => undefined); // closed with the port
  }
}

function handlersOf(members: ReadonlyMap<number, Joined>): Handlers<WorkerCalls> {
  return {
    metadata: (member) => Uint8Array.from(members.get(member)!.spec.listener.metadata()),
    assign: (member, views) =>
      [...members.get(member)!.spec.assignor(views)].map(([id, bytes]) => [id, Uint8Array.from(bytes)] as const),
    onAssigned: async (member, assignment, id) => {
      const joined = members.get(member);
      if (joined === undefined || joined.left) return;
      joined.id = id;
      await joined.spec.listener.onAssigned(assignment, id.generation);
    },
    onLost: (member) => {
      members.get(member)?.spec.listener.onLost();
    },
    onError: (member, error) => {
      members.get(member)?.spec.listener.onError(receivedError(error));
    },
  };
}
