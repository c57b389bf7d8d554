/**
 * The port to a partitioned log. Its semantics are Kafka's: topics of partitions of offsets, groups with generations,
 * transactions with fencing and a last stable offset. The embedded log, the memory log, files and the simulator's log
 * implement it; Kafka is one more implementation, not a second design.
 *
 *   worker --- LogReader.fetch ----> partitions        read committed (or not), from a position
 *     |    --- Transactor.commit --> outputs + offsets (+ state rows), all or nothing, fenced by id and generation
 *     |    --- GroupMember ------->  which tasks are mine, under which generation
 */
import type { RecordBatch } from './record-batch.ts';
import type { RowBatch } from './row-batch.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface PartitionOffset extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number;
}

export interface TopicDescription {
  readonly name: string;
  readonly partitions: number;
  /** Identity of this incarnation of the topic: a topic that was deleted and made again has another. */
  readonly id: string;
  readonly retentionMs: number | undefined;
  readonly compacted: boolean;
  /** How long deletions can be read in a compacted topic, where that is known. [delete.retention.ms] */
  readonly deletionsKeptMs?: number | undefined;
  readonly internal: boolean;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs?: number | undefined;
  readonly compacted?: boolean | undefined;
  readonly replicas?: number | undefined;
  readonly compression?: string | undefined;
  /** Repartition topics and changelogs: hidden from users, purged by the engine. */
  readonly internal?: boolean | undefined;
}

/** `end` of a partition whose end nobody knows yet: a stream. */
export const unknownEnd = Number.MAX_SAFE_INTEGER;

export interface PartitionBounds extends TopicPartition {
  /** First offset that can still be read. */
  readonly start: number;
  /** Offset after the last record, committed or not (high watermark); or `unknownEnd`. */
  readonly end: number;
  /** Offset up to which committed readers can read. */
  readonly stable: number;
}

export interface TopicAdmin {
  list(): Promise<readonly TopicDescription[]>;
  /** Undefined entries: no such topic. Order as asked. */
  describe(names: readonly string[]): Promise<readonly (TopicDescription | undefined)[]>;
  /** Creates topics that do not exist; an existing one with other partitions fails with TOPIC_MISMATCH. */
  create(specs: readonly TopicSpec[]): Promise<void>;
  /** As that of ClusterTools, of logs in this process. */
  addPartitions?(topic: string, count: number): Promise<void>;
  /** Gives up records before the offset (purge of internal topics after commit, retention by hand). */
  deleteRecords(before: readonly PartitionOffset[]): Promise<void>;
  bounds(partitions: readonly TopicPartition[]): Promise<readonly PartitionBounds[]>;
  /** First offset whose timestamp is at or after `timestamp`; the end when there is none. */
  offsetsAt(partitions: readonly TopicPartition[], timestamp: number): Promise<readonly PartitionOffset[]>;
  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]>;
}

export interface FetchRequest {
  readonly partitions: readonly PartitionOffset[];
  /** Most bytes of one partition's answer (at least one record comes, whatever its size). */
  readonly partitionBytes: number;
  /** How long to wait when there is nothing, milliseconds. */
  readonly maxWaitMs: number;
  readonly isolation: 'committed' | 'uncommitted';
  readonly signal?: AbortSignal | undefined;
}

export interface FetchedPartition extends TopicPartition {
  /** Undefined when nothing was readable; `nextOffset` may still have moved over control or aborted records. */
  readonly batch: RecordBatch | undefined;
  readonly nextOffset: number;
  readonly end: number;
  readonly stable: number;
  /** Wall time before which nothing else had come, ms; absent: when fetch was called. Logs that ask ahead say it. */
  readonly askedAt?: number | undefined;
  /** The partition is bounded and this was its last data (files, drivers). Absent for logs that never end. */
  readonly ended?: boolean | undefined;
}

export interface LogReader {
  /**
   * The next records of the asked partitions. Resolves when there is something for at least one of them or the wait is
   * over. One call at a time per reader. Fails with OFFSET_OUT_OF_RANGE or TOPIC_UNKNOWN naming the partition.
   */
  fetch(request: FetchRequest): Promise<readonly FetchedPartition[]>;
  /**
   * Nobody looks at the batch any more: its memory may be used for another one. Batches that are not given back, and
   * logs that do not offer this, leave their memory to the garbage collector.
   */
  recycle?(batch: RecordBatch): void;
  close(): Promise<void>;
}

/** Output of one partition: one or more whole v2 record batches with base offset 0, see core/batch-writer.ts. */
export interface SealedBatch extends TopicPartition {
  readonly bytes: Buffer;
  readonly count: number;
}

export interface MemberId {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
}

export interface Commit {
  readonly outputs: readonly SealedBatch[];
  /** Input positions to record for the group; checked against the member's generation. */
  readonly offsets: readonly PartitionOffset[];
  readonly member: MemberId;
  /** State rows and cut rows. Written atomically with the commit where `storesRows` is true, else ignored by the log. */
  readonly rows: RowBatch;
}

export interface Transactor {
  readonly id: string;
  /**
   * Ships outputs early, inside the open transaction (it begins by itself); they stay invisible until `commit`. A log may
   * simply keep them until then. Fails with FENCED when another holder of the id was opened since.
   */
  append(outputs: readonly SealedBatch[]): Promise<void>;
  /** All or nothing. After FENCED or REBALANCE nothing was committed. After COMMIT_FAILED the outcome is unknown: roll back and re-read. */
  commit(commit: Commit): Promise<void>;
  /** Gives up what was appended since the last commit. */
  abort(): Promise<void>;
  /** Committed group offsets, waiting until no transaction in doubt can still change them (Kafka: require_stable). */
  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]>;
  close(): Promise<void>;
}

/** One member of a group as the assignor sees it. */
export interface MemberView {
  readonly memberId: string;
  readonly metadata: Uint8Array;
}

/**
 * Decides who gets what; runs on one member per generation. Bytes are opaque to the log. Must be deterministic, and give
 * every member an entry.
 */
export type Assignor = (members: readonly MemberView[]) => ReadonlyMap<string, Uint8Array>;

/**
 * What a member does about a rebalance. Incremental: what a member keeps is never stopped. A resource is assigned only
 * after its former owner has joined again without it (the assignor sees what each member still holds).
 *
 *   joining --onAssigned(generation, bytes)--> stable --(another generation)--> metadata() --> joining
 *   any --onLost()--> joining (everything it held may already belong to another)
 */
export interface GroupListener {
  /** What to tell the assignor now: interest and what is still held. */
  metadata(): Uint8Array;
  /** The assignment of a new generation. Must resolve before the member's next join. */
  onAssigned(assignment: Uint8Array, generation: number): Promise<void>;
  /** Membership ended without a chance to commit (session timeout). The member joins again. */
  onLost(): void;
  /** Membership ended for good, or an assignment could not be taken. FENCED (fail-job): another process has its name. */
  onError(error: Error): void;
}

export interface GroupSpec {
  readonly group: string;
  /** Static member id: a restart within the session timeout keeps its place. */
  readonly instanceId?: string | undefined;
  /** `leave` keeps the place of a static member for its next start. */
  readonly keepPlace?: boolean | undefined;
  readonly sessionTimeoutMs: number;
  readonly assignor: Assignor;
  readonly listener: GroupListener;
}

export interface GroupMember {
  /** Current id and generation, for commits. */
  readonly id: MemberId;
  /** Asks for a new generation (something given up or wanted). */
  rejoin(): void;
  /**
   * Fails with FENCED (fail-job) when another process has the name of this static member, or is about to take it. To be asked
   * when others have its transactional id: then they go on, else this one may have it again. Absent: there are no others.
   */
  confirm?(): Promise<void>;
  /** Leaves at once, so that others need not wait for the session timeout. */
  leave(): Promise<void>;
}

/** One member of a group as others see it. */
export interface GroupMemberView {
  readonly memberId: string;
  /** Of a static member. */
  readonly instanceId?: string | undefined;
  readonly host: string;
}

export interface BrokerNode {
  readonly node: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | undefined;
}

/** What is done to a cluster beside running jobs on it. */
export interface ClusterTools {
  brokers(): Promise<readonly BrokerNode[]>;
  /** How long positions of a group without members are kept, ms; undefined: the brokers do not tell this user. */
  positionsKeptMs(): Promise<number | undefined>;
  /** Fails with FENCED while the group has members. */
  checkIdle(group: string): Promise<void>;
  /**
   * The group and its offsets; nothing when there is none. Fails with FENCED while it has members; `force` removes them
   * first, and those that live come back.
   */
  deleteGroup(group: string, options?: { readonly force?: boolean }): Promise<void>;
  /** Those that exist. Resolves when no broker knows them any more. */
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Lets a topic have `count` partitions in all; there must not be more already. */
  addPartitions(topic: string, count: number): Promise<void>;
}

export interface Log {
  /** One word for messages and metrics: `embedded`, `memory`, `kafka`, ... */
  readonly kind: string;
  /** True when a commit writes state rows atomically with outputs and offsets; else the engine keeps changelogs. */
  readonly storesRows: boolean;
  /** True when it writes the checksums of the batches that it is given; else they must come with them. */
  readonly writesChecksums?: boolean | undefined;
  /** True when others read its records who count on a time: outputs without event time get the time of writing. */
  readonly timesRecords?: boolean | undefined;
  /** True when several workers (threads, processes) may share its groups. */
  readonly shared: boolean;
  readonly topics: TopicAdmin;
  /** Of logs that are a cluster of their own. */
  readonly cluster?: ClusterTools | undefined;
  reader(): LogReader;
  join(spec: GroupSpec): Promise<GroupMember>;
  /** Opens the transactional id: fences its former holder and resolves what that one left open. */
  transactor(id: string, timeoutMs: number): Promise<Transactor>;
  close(): Promise<void>;
}
