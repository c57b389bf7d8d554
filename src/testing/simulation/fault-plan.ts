/**
 * What goes wrong in a run, as data: a list can be shrunk. A fault strikes a worker slot either at a moment of virtual
 * time or when the slot passes a named point (a call of a port) for the nth time:
 *
 *   request sent --[before]--> performed --[after]--> answered
 */
import type { Random } from '../../core/clock.ts';
import { pick, randomInt } from './seeded-random.ts';

/** Calls of ports, as crash points. */
export const faultPoints = [
  'log.append',
  'log.offsets',
  'log.end',
  'log.commit',
  'log.abort',
  'log.transactor',
  'log.committed',
  'log.fetch',
  'log.bounds',
  'log.topics',
  'group.join',
  'group.leave',
  'group.heartbeat',
  'store.write',
  'store.scan',
  'store.load',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

export type FaultWhen =
  | { readonly atMs: number }
  | { readonly point: FaultPoint; readonly phase: 'before' | 'after'; readonly occurrence: number };

/** What a crash does to rows that were written: nothing, those after the last sync may go, all are gone. */
export type DiskLoss = 'kept' | 'suffix-lost' | 'gone';

export type Fault = FaultWhen &
  /** `renamed`: starts again under a name that nobody knows, so only others can fence what it left. */
  (
    | { readonly kind: 'crash'; readonly slot: number; readonly disk: DiskLoss; readonly renamed?: boolean }
    /** SIGSTOP for a while: a zombie when it wakes. */
    | { readonly kind: 'stop'; readonly slot: number; readonly forMs: number }
    /** The request or its answer is lost: the caller sees an error. Only at points. */
    | { readonly kind: 'fail'; readonly slot: number }
    /** Commits, leaves the group and starts again: tasks move. Only at moments. */
    | { readonly kind: 'leave'; readonly slot: number }
    | { readonly kind: 'slow'; readonly slot: number; readonly forMs: number }
  );

export class FaultPlan {
  readonly #byPoint = new Map<string, Fault>();
  readonly #passed = new Map<string, number>();
  readonly timed: readonly (Fault & { readonly atMs: number })[];

  constructor(faults: readonly Fault[]) {
    this.timed = faults.filter((fault) => 'atMs' in fault);
    for (const fault of faults) {
      if ('point' in fault)
        this.#byPoint.set(`${String(fault.slot)} ${fault.point} ${String(fault.occurrence)}`, fault);
    }
  }

  /** Counts a passage of a point and says what strikes there. */
  pass(slot: number, point: FaultPoint): (Fault & { readonly phase: 'before' | 'after' }) | undefined {
    if (this.#byPoint.size === 0) return undefined;
    const place = `${String(slot)} ${point}`;
    const occurrence = (this.#passed.get(place) ?? 0) + 1;
    this.#passed.set(place, occurrence);
    const fault = this.#byPoint.get(`${place} ${String(occurrence)}`);
    return fault !== undefined && 'phase' in fault ? fault : undefined;
  }
}

// The steps of a commit are where mistakes hide; the other points are struck less often.
const commitPoints: readonly FaultPoint[] = ['log.append', 'log.offsets', 'log.end', 'log.commit', 'store.write'];

export interface FaultSettings {
  readonly slots: number;
  /** Most faults of a run. */
  readonly most: number;
  /** Faults strike before this moment of virtual time. */
  readonly untilMs: number;
  /** How long a stopped process may sleep: beyond the session timeout it wakes as a zombie. */
  readonly longestStopMs: number;
  /** Crashes may lose what was written but not synced, or the whole disk. */
  readonly disks: readonly DiskLoss[];
  /** Crashed processes may start again under another name. */
  readonly renaming: boolean;
}

export function randomFaults(random: Random, settings: FaultSettings): Fault[] {
  return Array.from({ length: randomInt(random, 0, settings.most + 1) }, () => randomFault(random, settings));
}

function randomFault(random: Random, settings: FaultSettings): Fault {
  const slot = randomInt(random, 0, settings.slots);
  const when: FaultWhen =
    random() < 0.25
      ? { atMs: random() * settings.untilMs }
      : {
          point: random() < 0.7 ? pick(random, commitPoints) : pick(random, faultPoints),
          phase: random() < 0.5 ? 'before' : 'after',
          occurrence: 1 + Math.floor(random() ** 2 * 12),
        };
  const roll = random();
  if (roll < 0.55) {
    const renamed = settings.renaming && random() < 0.3;
    return { ...when, kind: 'crash', slot, disk: pick(random, settings.disks), renamed };
  }
  if (roll < 0.75) return { ...when, kind: 'stop', slot, forMs: random() * settings.longestStopMs };
  if (roll < 0.9) return 'point' in when ? { ...when, kind: 'fail', slot } : { ...when, kind: 'leave', slot };
  return { ...when, kind: 'slow', slot, forMs: random() * settings.longestStopMs };
}
