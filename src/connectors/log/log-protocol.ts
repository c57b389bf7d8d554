/** What the owner of a log and a worker thread ask of each other. Numbers name what the worker opened. */
import type {
  FetchedPartition,
  FetchRequest,
  MemberId,
  MemberView,
  PartitionBounds,
  PartitionOffset,
  SealedBatch,
  TopicDescription,
  TopicPartition,
  TopicSpec,
} from '../../core/log.ts';
import type { SentError } from './port-calls.ts';
import type { PackedRows } from './wire-format.ts';

/** The first message: what a Log says without being asked. */
export interface Greeting {
  readonly kind: string;
  readonly storesRows: boolean;
  readonly shared: boolean;
}

export interface RemoteCommit {
  readonly outputs: readonly SealedBatch[];
  readonly offsets: readonly PartitionOffset[];
  readonly member: MemberId;
  readonly rows: PackedRows;
}

export interface RemoteGroupSpec {
  readonly group: string;
  readonly instanceId?: string | undefined;
  readonly sessionTimeoutMs: number;
}

/** Answered by the owner. */
export interface OwnerCalls {
  list(): readonly TopicDescription[];
  describe(names: readonly string[]): readonly (TopicDescription | undefined)[];
  create(specs: readonly TopicSpec[]): void;
  deleteRecords(before: readonly PartitionOffset[]): void;
  bounds(partitions: readonly TopicPartition[]): readonly PartitionBounds[];
  offsetsAt(partitions: readonly TopicPartition[], timestamp: number): readonly PartitionOffset[];
  committed(group: string, partitions: readonly TopicPartition[]): readonly (number | undefined)[];
  fetch(reader: number, request: Omit<FetchRequest, 'signal'>): readonly FetchedPartition[];
  cancelFetch(reader: number): void;
  closeReader(reader: number): void;
  transactor(transactor: number, id: string, timeoutMs: number): void;
  append(transactor: number, outputs: readonly SealedBatch[]): void;
  commit(transactor: number, commit: RemoteCommit): void;
  abort(transactor: number): void;
  closeTransactor(transactor: number): void;
  join(member: number, spec: RemoteGroupSpec): MemberId;
  heartbeat(member: number): void;
  rejoin(member: number): void;
  leave(member: number): void;
}

/** Answered by the worker. */
export interface WorkerCalls {
  metadata(member: number): Uint8Array;
  assign(member: number, views: readonly MemberView[]): readonly (readonly [string, Uint8Array])[];
  onAssigned(member: number, assignment: Uint8Array, id: MemberId): void;
  onLost(member: number): void;
  onError(member: number, error: SentError): void;
}
