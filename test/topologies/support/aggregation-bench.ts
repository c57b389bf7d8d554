/**
 * The functions of the aggregation, without a runtime: both keyed operators of its graph over plain maps, one virtual
 * clock. Shows what the functions do with state and timers; that the engine keeps them is tested with the driver.
 */
import aggregation from '../../../topologies/aggregation.ts';
import type { Alert, DetectionResult, MergedRecord, RiskAssessmentResult } from '../../../topologies/contracts.ts';
import { toMs } from '../../../src/index.ts';
import type { CoProcessNode, KeyedProcessNode } from '../../../src/graph/nodes.ts';
import type { StateSpec } from '../../../src/core/state-spec.ts';

type Context = Parameters<CoProcessNode['function']['onFirst']>[1];
type Config = Parameters<typeof aggregation.build>[0];

/** One key of one operator. */
class Cell {
  readonly state: Record<string, unknown>;
  readonly timers = new Set<number>();
  readonly eventTimers = new Set<number>();
  readonly #cells = new Map<string, Map<string, { value: unknown; expires: number }>>();

  constructor(specs: Readonly<Record<string, StateSpec>>, now: () => number) {
    this.state = Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => {
        const cells = new Map<string, { value: unknown; expires: number }>();
        this.#cells.set(name, cells);
        const { ttl } = spec.options;
        const lifeMs = typeof ttl === 'object' ? NaN : ttl === undefined ? Infinity : toMs(ttl);
        const map = {
          get: (key: string) => (cells.has(key) && cells.get(key)!.expires > now() ? cells.get(key)!.value : undefined),
          has: (key: string) => map.get(key) !== undefined,
          set: (key: string, value: unknown) => void cells.set(key, { value, expires: now() + lifeMs }),
          delete: (key: string) => void cells.delete(key),
          keys: () => cells.keys(),
          values: () => [...cells.values()].map((cell) => cell.value).values(),
          get size() {
            return cells.size;
          },
        };
        const value = { get: () => map.get(''), set: (next: unknown) => map.set('', next), clear: () => cells.clear() };
        return [name, spec.kind === 'map' ? map : value];
      }),
    );
  }

  clear(): void {
    for (const cells of this.#cells.values()) cells.clear();
  }

  /** Whether anything is kept that does not expire by itself. */
  get holdsState(): boolean {
    return [...this.#cells.values()].some((cells) => [...cells.values()].some((cell) => cell.expires === Infinity));
  }
}

export class AggregationBench {
  nowMs = Date.UTC(2026, 0, 1);
  readonly merged: MergedRecord[] = [];
  readonly incomplete: MergedRecord[] = [];
  readonly late: RiskAssessmentResult[] = [];
  readonly alerts: Alert[] = [];
  readonly #merge: CoProcessNode;
  readonly #perCamera: KeyedProcessNode;
  readonly #frames = new Map<string, Cell>();
  readonly #cameras = new Map<number, Cell>();

  constructor(config?: Config) {
    const { nodes } = aggregation.build(config);
    this.#merge = nodes.get('merge') as CoProcessNode;
    this.#perCamera = nodes.get('per-camera') as KeyedProcessNode;
  }

  detection(frame: DetectionResult): void {
    this.#merge.function.onFirst(frame, this.#mergeContext(frame.messageId));
  }

  assessment(result: RiskAssessmentResult): void {
    this.#merge.function.onSecond(result, this.#mergeContext(result.requestId));
  }

  /** Moves the clock and fires what is due, in order of time. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    while (true) {
      const due = [...this.#frames].flatMap(([key, cell]) => [...cell.timers].map((time) => ({ key, cell, time })));
      const next = due.sort((a, b) => a.time - b.time).find(({ time }) => time <= end);
      if (next === undefined) break;
      this.nowMs = next.time;
      next.cell.timers.delete(next.time);
      this.#merge.function.onTimer?.(next.time, this.#mergeContext(next.key) as never);
    }
    this.nowMs = end;
  }

  /** Both inputs end: event time reaches its end. */
  endInput(): void {
    for (const [key, cell] of this.#frames) {
      for (const time of cell.eventTimers) {
        cell.eventTimers.delete(time);
        this.#merge.function.onTimer?.(time, this.#mergeContext(key) as never);
      }
    }
  }

  /** State of a camera, as the operator sees it. */
  camera(id: number): { latest: MergedRecord | undefined; alerts: Alert[] } {
    const state = this.#camera(id).state as unknown as {
      latest: { get(): MergedRecord | undefined };
      alerts: { values(): Iterable<Alert> };
    };
    return { latest: state.latest.get(), alerts: [...state.alerts.values()] };
  }

  /** Frames with state that would stay, or with a timer. */
  get pending(): string[] {
    return [...this.#frames]
      .filter(([, cell]) => cell.holdsState || cell.timers.size + cell.eventTimers.size > 0)
      .map(([key]) => key);
  }

  #mergeContext(key: string): Context {
    const cell = this.#frames.get(key) ?? new Cell(this.#merge.state, () => this.nowMs);
    this.#frames.set(key, cell);
    return {
      key,
      state: cell.state,
      processingTime: this.nowMs,
      timers: {
        registerProcessingTime: (time: number) => void cell.timers.add(time),
        registerEventTime: (time: number) => void cell.eventTimers.add(time),
        deleteEventTime: (time: number) => void cell.eventTimers.delete(time),
        deleteProcessingTime: (time: number) => void cell.timers.delete(time),
      },
      clearState: () => cell.clear(),
      emit: (record: MergedRecord) => {
        this.merged.push(record);
        const emit = (alert: Alert): void => void this.alerts.push(alert);
        const ctx = { state: this.#camera(record.cameraId).state, emit };
        this.#perCamera.function.onElement(record, ctx as unknown as Context);
      },
      output: (name: string, value: never) => void { incomplete: this.incomplete, late: this.late }[name]!.push(value),
    } as unknown as Context;
  }

  #camera(id: number): Cell {
    const cell = this.#cameras.get(id) ?? new Cell(this.#perCamera.state, () => this.nowMs);
    this.#cameras.set(id, cell);
    return cell;
  }
}
