/**
 * Virtual time. Everything that happens in a simulation is an event; events run one at a time, in order of time and, at
 * the same time, in an order that the seed decides.
 *
 *   pop the earliest event -> run it -> let every promise settle -> pop the next one
 *
 * Nothing runs between two events, so a crash between any two of them is a crash between any two steps of the engine.
 * The trace (a digest of all events) proves that a seed repeats itself.
 */
import { systemClock, type Clock, type Random, type Timer } from '../../core/clock.ts';

/** What events belong to: a host that may be down or stopped. */
export interface EventOwner {
  readonly name: string;
  readonly alive: boolean;
  /** Events of a stopped process wait until this time. */
  readonly stoppedUntil: number;
}

interface Event {
  time: number;
  tie: number;
  readonly name: string;
  readonly owner: EventOwner | undefined;
  /** Undefined: cancelled. */
  action: (() => void) | undefined;
}

export type RunOutcome = 'done' | 'idle' | 'step-limit' | 'failed';

/** Wall time at the start of every simulation. */
export const simulationEpoch = Date.UTC(2026, 0, 1);

const recentEvents = 64;

/** Resolves when all promises that can settle have settled. Ticks run only after the microtask queue is empty. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

export class Scheduler implements Clock {
  readonly random: Random;
  readonly #heap: Event[] = [];
  readonly #recent: Event[] = [];
  #time = 0;
  #steps = 0;
  #digest = 0;
  #requeued = 0;
  #failure: unknown;

  constructor(random: Random) {
    this.random = random;
  }

  /** Milliseconds since the start. */
  get time(): number {
    return this.#time;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Digest of the events so far: equal for equal runs. */
  get trace(): number {
    return this.#digest;
  }

  now(): number {
    return simulationEpoch + Math.floor(this.#time);
  }

  monotonic(): number {
    return this.#time;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    return this.at(delayMs, 'timer', callback);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => this.at(0, 'yield', resolve));
  }

  /** Runs `action` after `delayMs`, unless its owner is gone by then. */
  at(delayMs: number, name: string, action: () => void, owner?: EventOwner): Timer {
    const event: Event = { time: this.#time + Math.max(0, delayMs), tie: 1 + this.random(), name, owner, action };
    this.#push(event);
    return {
      cancel: () => {
        event.action = undefined;
      },
    };
  }

  /** Ends the run: a law was broken, the outcome no longer matters. */
  fail(failure: unknown): void {
    this.#failure ??= failure;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Runs events until `done` says so (asked before each event), nothing is left (`idle`), `fail` was called, or `steps`
   * more events have run: then everything waits for something that never comes.
   */
  async run(done: () => boolean, steps: number): Promise<RunOutcome> {
    const limit = this.#steps + steps;
    await settled();
    while (true) {
      if (this.#failure !== undefined) return 'failed';
      if (done()) return 'done';
      if (this.#steps >= limit) return 'step-limit';
      const event = this.#pop();
      if (event === undefined) return 'idle';
      if (event.action === undefined || event.owner?.alive === false) continue;
      if (event.owner !== undefined && event.owner.stoppedUntil > event.time) {
        event.time = event.owner.stoppedUntil;
        event.tie = ++this.#requeued * 1e-9; // what waited comes first and keeps its order
        this.#push(event);
        continue;
      }
      this.#steps++;
      this.#time = Math.max(this.#time, event.time);
      this.#note(event);
      event.action();
      await settled();
      if (this.#steps % 4096 === 0) await systemClock.yield(); // signals and messages of the real world get a turn
    }
  }

  /** The last events and the next ones, for people. */
  report(): string {
    const line = ({ time, owner, name }: Event): string => `${time.toFixed(3)} ms  ${owner?.name ?? '-'}  ${name}`;
    const past = Array.from({ length: Math.min(recentEvents, this.#steps) }, (_, i) =>
      line(this.#recent[(Math.max(this.#steps, recentEvents) - recentEvents + i) % recentEvents]!),
    );
    const next = this.#heap
      .filter(({ action, owner }) => action !== undefined && owner?.alive !== false)
      .sort((a, b) => a.time - b.time || a.tie - b.tie)
      .slice(0, 20)
      .map(line);
    return `last events:\n  ${past.join('\n  ')}\nwaiting for:\n  ${next.join('\n  ')}`;
  }

  #note(event: Event): void {
    const label = event.name.length * 31 + event.name.charCodeAt(0) + (event.owner?.name.length ?? 0) * 7;
    this.#digest = (Math.imul(this.#digest ^ label, 0x01000193) + Math.floor(event.time * 1024)) >>> 0;
    this.#recent[(this.#steps - 1) % recentEvents] = event;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let i = 0;
    while (true) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.tie < b.tie);
}
