// topologies
export { defineTopology, isTopology } from './dsl/define-topology.ts';
export type { ConfigSchema, Topology, TopologyBuilder, TopologySpec } from './dsl/define-topology.ts';
export { average, count, max, min, sum } from './dsl/aggregators.ts';
export type {
  BroadcastConnected,
  BroadcastStream,
  ConnectedStreams,
  DataStream,
  KeyedBroadcastConnected,
  KeyedStream,
  ProcessStream,
  SourceStream,
} from './dsl/streams.ts';
export type {
  BroadcastContext,
  BroadcastProcess,
  CoProcess,
  KeyedBroadcastProcess,
  KeyedProcess,
  Process,
} from './dsl/process-specs.ts';
export type { OnError } from './dsl/on-error.ts';
export type {
  AggregateOptions,
  AggregateResultOptions,
  AsyncMapOptions,
  CodedAggregator,
  KeyByOptions,
  KeyedStepOptions,
  SinkOptions,
  SourceOptions,
  StepOptions,
  StepToOptions,
} from './dsl/step-options.ts';
export type { CallContext, Graph, GraphNode, NodeId } from './graph/nodes.ts';
export { topic } from './core/topic.ts';
export type { Compression, Topic, TopicOptions } from './core/topic.ts';
export type { Key } from './core/partitioner.ts';

// running a job
export { run } from './job/run.ts';
export { restore } from './job/savepoints/restore.ts';
export type { RestoreOptions } from './job/savepoints/restore.ts';
export type { SavepointProgress } from './job/savepoints/savepoint-progress.ts';
export { embedded, kafka, memoryLog } from './job/log-factories.ts';
export type { EmbeddedOptions } from './job/log-factories.ts';
export type { KafkaOptions, KafkaSasl } from './connectors/kafka/kafka-options.ts';
export { leveldb, memory } from './job/state-factories.ts';
export type {
  CommitOptions,
  JobHandle,
  JobPhase,
  JobStatus,
  MetricReading,
  LogFactory,
  MemoryOptions,
  OpenLog,
  OpenState,
  RunOptions,
  StateFactory,
  TopicOverrides,
  WarmUpOptions,
} from './job/options.ts';
export { fromObservable } from './connectors/observable/from-observable.ts';
export type { FromObservableOptions } from './connectors/observable/from-observable.ts';
export { toObservable } from './connectors/observable/to-observable.ts';
export type { ToObservableOptions } from './connectors/observable/to-observable.ts';
export type { GeneratedPartition, GeneratedRecord } from './connectors/generated-log.ts';

// the log port: what a LogFactory of your own gives
export type {
  Commit,
  FetchedPartition,
  FetchRequest,
  GroupMember,
  GroupSpec,
  Log,
  LogReader,
  PartitionBounds,
  PartitionOffset,
  SealedBatch,
  TopicAdmin,
  TopicDescription,
  TopicPartition,
  TopicSpec,
  Transactor,
} from './core/log.ts';
export type { RecordBatch } from './core/record-batch.ts';

// errors
export { StreamError } from './core/stream-error.ts';
export type { ErrorPlace, Reaction } from './core/stream-error.ts';
export type { ErrorCode } from './core/error-codes.ts';

export { HealthMonitor } from './observability/health-monitor.ts';
export { MetricsRegistry } from './observability/metrics-registry.ts';

// state and time
export { aggregatingState, listState, mapState, reducingState, valueState } from './core/state-spec.ts';
export type {
  AggregatingState,
  Aggregator,
  ListState,
  MapState,
  ReducingState,
  StateOptions,
  TtlOptions,
  ValueState,
} from './core/state-spec.ts';
export type { ElementContext, KeyedContext, TimerContext, Timers } from './core/process-function.ts';
export { toMs } from './core/duration.ts';
export type { Duration } from './core/duration.ts';
export type { StartPosition } from './core/start-position.ts';
export { boundedOutOfOrderness, monotonousTimestamps, watermarkStrategy } from './time/watermark-strategies.ts';

// codecs and contracts
export { boolean, bytes, json, number, string } from './core/codec.ts';
export type { Codec, Decoded, JsonOptions } from './core/codec.ts';
export type { AvroComplex, AvroField, AvroSchema } from './contracts/avro-schema.ts';
export { checkCompatibility, checkEvolution } from './contracts/compatibility.ts';
export type { CompatibilityLevel, Incompatibility } from './contracts/compatibility.ts';
export { contract } from './contracts/contract.ts';
export type { Contract, ContractOptions, Encoding } from './contracts/contract.ts';
export { MemoryRegistry } from './contracts/memory-registry.ts';
export { connectRegistry } from './contracts/confluent-registry.ts';
export { registered, registeredReader } from './contracts/registered.ts';
export type { RegisteredCodec } from './contracts/registered.ts';
export type { RegistryOptions } from './contracts/registry-options.ts';
export type { SchemaRegistryPort, SubjectVersion } from './contracts/schema-registry-port.ts';
export type { FieldShape, Shape } from './contracts/shape.ts';
export { subjectOf } from './contracts/subject.ts';
export type { SubjectStrategy } from './contracts/subject.ts';
export { taggedUnion } from './contracts/tagged-union.ts';
export type { TaggedValue, UnionMembers } from './contracts/tagged-union.ts';
