/**
 * Chooses what to process next: one slice of one input at a time. Tasks take turns; within a task the input whose next
 * record is oldest goes first. Also keeps the time of inputs: idleness, the clock of idle sources, alignment, the end.
 */
import type { Clock } from '../core/clock.ts';
import type { Log, PartitionOffset } from '../core/log.ts';
import { DurationHistogram } from '../observability/duration-histogram.ts';
import type { TaskInput } from './task-input.ts';
import type { Task } from './task.ts';

/** A slice ends when it has taken this long, or its batch has ended. */
const sliceMs = 5;
const mostSlice = 4096;
/** Records between two looks at the clock: fewer for an input whose records are slow. */
const leastChunk = 16;
const mostChunk = 256;
/** How often idle sources are looked at, ms. */
const idleCheckMs = 200;

export class Feeder {
  inputs: readonly TaskInput[] = [];
  /** Time per slice. */
  readonly duration = new DurationHistogram();
  /** Time in which input was there but its task was held, ms. */
  heldBackMs = 0;
  /** Records of sources processed. */
  records = 0;
  readonly #clock: Clock;
  readonly #bounded: boolean;
  #tasks: readonly Task[] = [];
  #next = 0;
  #paused = false;
  #nextIdleCheck = 0;
  #roomMade = false;
  #arrived = false;
  #timeMoved = false;
  #heldSince: number | undefined;

  constructor(clock: Clock, bounded = false) {
    this.#clock = clock;
    this.#bounded = bounded;
  }

  setTasks(tasks: readonly Task[]): void {
    this.#tasks = tasks;
    this.inputs = tasks.flatMap((task) => task.inputs);
    this.#next = 0;
  }

  pauseSources(paused: boolean): void {
    this.#paused = paused;
  }

  sourceInputs(): readonly TaskInput[] {
    return this.inputs.filter((input) => input.reader.kind === 'source');
  }

  /** Everything that exchanges hold in the log has been processed. */
  async exchangesEmpty({ topics }: Log): Promise<boolean> {
    const inputs = this.inputs.filter(({ reader }) => reader.kind === 'exchange');
    if (inputs.length === 0) return true;
    const bounds = await topics.bounds(inputs.map(({ topic, partition }) => ({ topic, partition })));
    return inputs.every((input, i) => input.position >= bounds[i]!.end);
  }

  /** Positions in the topics that only this job reads. */
  internalPositions(): readonly PartitionOffset[] {
    const internal = this.inputs.filter(({ reader }) => reader.kind !== 'source');
    return internal.map(({ topic, partition, position }) => ({ topic, partition, offset: position }));
  }

  /** An input has come further than one of the positions: records without content for readers are read too. */
  isAhead(positions: readonly PartitionOffset[]): boolean {
    return positions.some(({ topic, partition, offset }) =>
      this.inputs.some((input) => input.topic === topic && input.partition === partition && input.position > offset),
    );
  }

  /** True when buffers were emptied since the last call. */
  roomMade(): boolean {
    const made = this.#roomMade;
    this.#roomMade = false;
    return made;
  }

  /** True when sources that are idle or at their end moved event time since the last call: marks and cut rows change. */
  timeMoved(): boolean {
    const moved = this.#timeMoved;
    this.#timeMoved = false;
    return moved;
  }

  /** Something may have arrived at the inputs. */
  arrived(): void {
    this.#arrived = true;
  }

  /** Processes one slice; false when no task can take anything. */
  step(): boolean {
    this.#wakeInputs();
    this.#checkIdle();
    if (this.#tasks[0]?.advancing === true) return false; // timers that time made due fire before the next record
    const count = this.#tasks.length;
    let held = false;
    for (let i = 0; i < count; i++) {
      const task = this.#tasks[(this.#next + i) % count]!;
      const input = this.#choose(task);
      if (input === undefined) continue;
      if (task.held) {
        held = true;
        continue;
      }
      this.#noteHeld(false);
      this.#next = (this.#next + i + 1) % count;
      this.#feed(task, input);
      return true;
    }
    this.#noteHeld(held);
    return false;
  }

  #noteHeld(held: boolean): void {
    const now = this.#clock.monotonic();
    if (this.#heldSince !== undefined) this.heldBackMs += now - this.#heldSince;
    this.#heldSince = held ? now : undefined;
  }

  #choose(task: Task): TaskInput | undefined {
    let chosen: TaskInput | undefined;
    let oldest = Infinity;
    for (const input of task.inputs) {
      if (!input.ready || (this.#paused && input.reader.kind === 'source') || this.#tooFarAhead(input)) continue;
      const time = input.headTimestamp;
      if (chosen === undefined || time < oldest) {
        chosen = input;
        oldest = time;
      }
    }
    return chosen;
  }

  // The clock decides when a slice ends, and not how long others took: records behind an exchange may cost a thousand times
  // as much as those in front of it, and a worker that is blocked for long is expelled from its group.
  #feed(task: Task, input: TaskInput): void {
    const start = this.#clock.monotonic();
    const buffered = input.bufferedBytes;
    const chunk = Math.max(leastChunk, Math.min(mostChunk, input.lastSlice >> 2));
    let fed = 0;
    let elapsed = 0;
    do {
      fed += input.feed(chunk);
      elapsed = this.#clock.monotonic() - start;
    } while (input.amidBatch && elapsed < sliceMs && fed < mostSlice && !task.held && !task.advancing);
    input.lastSlice = fed;
    if (input.bufferedBytes < buffered) this.#roomMade = true;
    const { reader } = input;
    if (reader.kind === 'source' && fed > 0) {
      this.records += fed;
      input.idle = false;
      reader.source.afterSlice(reader.index);
    }
    this.duration.observe(elapsed / 1000);
  }

  // Alignment: a partition waits while it is too far ahead of the slowest one that still moves.
  #tooFarAhead(input: TaskInput): boolean {
    const { reader } = input;
    if (reader.kind !== 'source' || reader.time.maxDriftMs === Infinity) return false;
    let slowest = Infinity;
    for (const other of this.inputs) {
      const { reader: it } = other;
      if (it.kind !== 'source' || it.time.maxDriftMs === Infinity || other.idle || other.exhausted) continue;
      slowest = Math.min(slowest, it.source.timeOf(it.index));
    }
    return slowest > -Infinity && reader.source.timeOf(reader.index) > slowest + reader.time.maxDriftMs;
  }

  /** Schedules operators whose processing-time timers are due. */
  wakeTimers(): void {
    const now = this.#clock.now();
    for (const task of this.#tasks) {
      for (const operator of task.operators.keyed) {
        if (operator.nextProcessingTimer <= now && !this.#atRest(task)) operator.wake();
      }
    }
  }

  /** Before the worker lets others run: contexts that user code has kept have no key then. */
  leaveOperators(): void {
    for (const task of this.#tasks) for (const operator of task.operators.keyed) operator.leave();
  }

  /** Wall time at which something is to be done without news from outside, ms; Infinity: never. */
  nextWake(): number {
    let next = Infinity;
    for (const task of this.#tasks) {
      if (this.#atRest(task)) continue;
      for (const operator of task.operators.keyed) next = Math.min(next, operator.nextProcessingTimer);
    }
    const idling = this.inputs.some(
      ({ reader, finished }) => reader.kind === 'source' && reader.time.idleAfterMs < Infinity && !finished,
    );
    return idling ? Math.min(next, Math.max(this.#nextIdleCheck, this.#clock.now() + 1)) : next;
  }

  // An idle input is back as soon as there is something for it, not only when its turn comes: what is fed before it must
  // not move event time past it. Records in doubt count: they will come, or their transaction is aborted.
  #wakeInputs(): void {
    if (!this.#arrived) return;
    this.#arrived = false;
    for (const input of this.inputs) {
      const { reader } = input;
      if (!input.idle || !input.behind || reader.kind !== 'source') continue;
      input.idle = false;
      input.lastRecordAt = this.#clock.now();
      reader.source.moveTime(reader.index, -Infinity, false);
      this.#timeMoved = true;
    }
  }

  #checkIdle(): void {
    const now = this.#clock.now();
    if (now < this.#nextIdleCheck) return;
    this.#nextIdleCheck = now + idleCheckMs;
    for (const input of this.inputs) {
      const { reader } = input;
      if (reader.kind !== 'source' || reader.time.idleAfterMs === Infinity || input.finished || !input.caughtUp)
        continue;
      const quiet = now - input.lastRecordAt;
      if (quiet < reader.time.idleAfterMs) continue;
      if (!input.idle) {
        input.idle = true;
        input.idleTime = reader.source.timeOf(reader.index);
        reader.source.moveTime(reader.index, -Infinity, true);
        this.#timeMoved = true;
      }
      // Quiet and read to its end: nothing older can be waiting, so event time may follow the clock. But only up to the
      // last fetch that came back: while the log does not answer, records may be arriving there.
      const quietFor = Math.min(now, input.emptyAt) - input.lastRecordAt;
      if (reader.time.whenIdle === 'advance' && input.idleTime > -Infinity && quietFor > 0) {
        reader.source.moveTime(reader.index, input.idleTime + quietFor, true);
        this.#timeMoved = true;
      }
    }
  }

  /** Ends event time of the sources of a bounded run that have been processed to their end; true when one was new. */
  finishSources(): boolean {
    let moved = false;
    for (const input of this.inputs) {
      const { reader } = input;
      if (reader.kind !== 'source' || input.finished || !input.exhausted) continue;
      input.finished = true;
      moved = true;
      this.#timeMoved = true;
      reader.source.moveTime(reader.index, Infinity, false);
    }
    return moved;
  }

  /** All inputs of a bounded run have ended: sources here, exchanges by the word of all their upstreams. */
  ended(): boolean {
    return this.inputs.length > 0 && this.inputs.every(hasEnded);
  }

  // Processing-time timers that set the next one could go on for ever: a bounded run does not wait for them.
  #atRest({ inputs }: Task): boolean {
    return this.#bounded && inputs.length > 0 && inputs.every(hasEnded);
  }

  /** Something fetched waits to be processed, paused sources aside. */
  busy(): boolean {
    return this.inputs.some((input) => input.ready && !(this.#paused && input.reader.kind === 'source'));
  }

  /** Nothing is left to process or in flight. */
  drained(): boolean {
    return !this.busy() && this.#tasks.every((task) => task.drained);
  }
}

function hasEnded(input: TaskInput): boolean {
  const { reader, finished, broadcast } = input;
  switch (reader.kind) {
    case 'source':
      return finished || broadcast;
    case 'exchange':
      return reader.entry.upstreams.watermark === Infinity;
    case 'redrive':
      return input.exhausted;
  }
}
