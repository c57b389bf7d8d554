/**
 * The physical plan: the graph cut into sub-topologies at its exchanges. A task is a sub-topology x partition.
 *
 *   source a --> filter --> [repartition "count"] --> count --> sink
 *   |----- sub-topology 0 ------|  exchange  |---- sub-topology 1 ---|
 *
 * Stable ids: state is addressed by operator id, internal topics by operator id, sub-topologies by their first stateful
 * operator or source, so inserting a stateless step loses nothing.
 */
import type { Codec } from '../core/codec.ts';
import type { Topic } from '../core/topic.ts';
import type { Graph, NodeId } from '../graph/nodes.ts';

export interface SubTopology {
  /** Stable id, unique in the job. */
  readonly id: string;
  /** Node ids in topological order, repartition nodes at their writing side. */
  readonly nodes: readonly NodeId[];
  /** Source nodes read by their owner task, partition by partition. */
  readonly sources: readonly NodeId[];
  /** Broadcast sources: every task reads all partitions. */
  readonly broadcastSources: readonly NodeId[];
  /** Exchanges that feed this sub-topology. */
  readonly exchangesIn: readonly NodeId[];
  readonly exchangesOut: readonly NodeId[];
  /** True when some operator keeps state (or in-flight calls): its input partition count must never change. */
  readonly stateful: boolean;
}

export interface Exchange {
  /** The repartition node. */
  readonly node: NodeId;
  /** `<job>-<operator id>-repartition`, with two inputs `<job>-<operator id>-<source id>-repartition`. */
  readonly topic: string;
  readonly from: string;
  readonly to: string;
  readonly codec: Codec<unknown>;
  /** Partition count asked for by the user. */
  readonly partitions: number | undefined;
}

export interface Plan {
  readonly graph: Graph;
  readonly subTopologies: readonly SubTopology[];
  readonly exchanges: readonly Exchange[];
  /** User topics read and written, once each. */
  readonly inputTopics: readonly Topic<unknown>[];
  readonly outputTopics: readonly Topic<unknown>[];
  /** `<job>-dlq` when some operator can write dead letters. */
  readonly deadLetterTopic: string | undefined;
  /** Digest of everything that decides whether old state fits: operators with state, their specs, kinds and codecs. */
  readonly fingerprint: string;
}

/** Partition counts once the input topics are known. */
export interface Layout {
  /** Tasks per sub-topology id. */
  readonly tasks: ReadonlyMap<string, number>;
  /** Partitions per exchange node id. */
  readonly exchanges: ReadonlyMap<NodeId, number>;
  /** Partitions per source node id. */
  readonly sources: ReadonlyMap<NodeId, number>;
}
