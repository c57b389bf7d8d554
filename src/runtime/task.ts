/**
 * A task: one partition of a sub-topology. It owns operators, state and input positions; it is single-threaded and lives
 * in one worker.
 *
 *   created --open()--> restored (state loaded, operators built, time replayed) --> fed by the worker --close()--> closed
 */
import type { Clock } from '../core/clock.ts';
import { toMs } from '../core/duration.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { NodeId } from '../graph/nodes.ts';
import type { Cursor } from '../operators/cursor.ts';
import type { Advancer, DeadLetter, OperatorHost, TopicWriter } from '../operators/host.ts';
import type { SubTopology } from '../plan/plan.ts';
import type { TaskState } from '../state/backend.ts';
import { markCodec } from '../time/mark-codec.ts';
import { buildOperators, type BuildContext, type TaskOperators } from './build-operators.ts';
import { decodeCut, encodeCut, type Cut } from './cut-row.ts';
import { TaskInput, type InputReader } from './task-input.ts';

/** What a task needs from its worker. */
export interface TaskWorker {
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly job: string;
  schedule(advancer: Advancer, task: Task): void;
  readonly advancing: boolean;
  mail(work: () => void): void;
  writer(topic: string): TopicWriter;
  deadLetter(task: Task, letter: DeadLetter): void;
}

export type TaskId = string & { readonly taskId?: never };

export function taskId(subTopology: string, partition: number): TaskId {
  return `${subTopology}-${String(partition)}`;
}

export interface InputPlace {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly broadcast: boolean;
  /** Source node or exchange node that reads it ('': returning dead letters), and which of its partitions this is. */
  readonly node: NodeId;
  readonly index: number;
}

export class Task implements OperatorHost {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly partition: number;
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly job: string;
  readonly task: string;
  readonly state: TaskState;
  held = false;
  operators!: TaskOperators;
  inputs: readonly TaskInput[] = [];
  readonly #worker: TaskWorker;
  readonly #holds = new Set<object>();
  #epoch = 0;

  constructor(worker: TaskWorker, subTopology: SubTopology, partition: number, state: TaskState) {
    this.#worker = worker;
    this.cursor = worker.cursor;
    this.clock = worker.clock;
    this.job = worker.job;
    this.subTopology = subTopology;
    this.partition = partition;
    this.id = taskId(subTopology.id, partition);
    this.task = this.id;
    this.state = state;
  }

  get advancing(): boolean {
    return this.#worker.advancing;
  }

  schedule(advancer: Advancer): void {
    this.#worker.schedule(advancer, this);
  }

  mail(work: () => void): void {
    this.#worker.mail(work);
  }

  hold(reason: object, held: boolean): void {
    if (held) this.#holds.add(reason);
    else this.#holds.delete(reason);
    this.held = this.#holds.size > 0;
  }

  writer(topic: string): TopicWriter {
    return this.#worker.writer(topic);
  }

  deadLetter(letter: DeadLetter): void {
    this.#worker.deadLetter(this, letter);
  }

  /** Event time of the task: the least over its sources and exchanges; -Infinity before the first watermark. */
  get watermark(): number {
    let least = Infinity;
    for (const source of this.operators.sources.values()) least = Math.min(least, source.watermark);
    for (const entry of this.operators.logEntries.values()) least = Math.min(least, entry.upstreams.watermark);
    return least === Infinity ? -Infinity : least;
  }

  /** Makes the operators. State is declared here, so it must not have been loaded yet, or have been rolled back. */
  build(context: Omit<BuildContext, 'host' | 'state' | 'subTopology'>): void {
    this.#holds.clear();
    this.held = false;
    this.operators = buildOperators({ ...context, host: this, state: this.state, subTopology: this.subTopology });
  }

  /** The cut of the last commit; undefined for a task that never committed. */
  readCut(): Cut | undefined {
    const bytes = this.state.cut;
    return bytes === undefined ? undefined : decodeCut(bytes, this.id);
  }

  /** Sets up the inputs at their positions. `positions` is aligned with `places`. */
  attach(places: readonly InputPlace[], positions: readonly number[], cut: Cut | undefined): void {
    this.#epoch = cut?.epoch ?? 0;
    const now = this.clock.now();
    this.inputs = places.map(
      (place, i) => new TaskInput({ ...place, position: positions[i]!, now }, this.#reader(place)),
    );
  }

  /** Replays event time and the in-flight log of the cut through the operators. Due timers fire before the first record. */
  restore(cut: Cut | undefined): void {
    for (const operator of this.operators.asyncMaps) operator.restore();
    for (const source of this.operators.sources.values()) source.announce();
    for (const input of this.operators.absent) input.onTime(-Infinity, true);
    if (cut === undefined) return;
    for (const input of this.inputs) {
      const saved = cut.inputs.find((other) => other.topic === input.topic && other.partition === input.partition);
      if (saved !== undefined) input.restore(saved);
    }
  }

  #reader(place: InputPlace): InputReader {
    const source = this.operators.sources.get(place.node);
    if (source !== undefined) {
      const { time } = source;
      return {
        kind: 'source',
        source,
        index: place.index,
        time: {
          idleAfterMs: time.idleAfter === undefined ? Infinity : toMs(time.idleAfter, `idleAfter of ${place.node}`),
          whenIdle: time.whenIdle ?? 'advance',
          maxDriftMs: time.maxDrift === undefined ? Infinity : toMs(time.maxDrift, `maxDrift of ${place.node}`),
        },
      };
    }
    const entry = this.operators.logEntries.get(place.node);
    if (entry !== undefined) return { kind: 'exchange', entry };
    return { kind: 'redrive', redrive: this.operators.redrive };
  }

  /** Moves the changes since the last call into `rows`, with the cut row that belongs to them. */
  collect(rows: RowBatch, fingerprint: string): void {
    for (const exchange of this.operators.logExchanges) exchange.writeMarks(markCodec);
    const inputs = this.inputs.map((input) => input.cut());
    this.state.collect(rows, encodeCut({ epoch: ++this.#epoch, fingerprint, inputs }));
  }

  /** Nothing is in flight any more: a drain may end. */
  get drained(): boolean {
    return this.operators.asyncMaps.every((operator) => operator.drained);
  }

  /** Stops calls that are running. State stays open. */
  stop(): void {
    for (const operator of this.operators.asyncMaps) operator.close();
  }

  close(): void {
    this.stop();
    this.state.close();
  }
}
