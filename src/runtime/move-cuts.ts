/**
 * The cuts of a savepoint, for the log that it is restored on: positions and topic identities are those of that log, and
 * stages may have another number of tasks than then.
 *
 *   source            the position and time of its partition
 *   exchange          same tasks at both ends: as it was
 *                     other readers: each gets the least time of the old ones, upstream by upstream (keys have moved)
 *                     other writers: each counts as being at the least time of the old ones, until it says more
 *
 * Time may so fall back for some keys, to where records behind it are surely not late; timers that have fired are gone.
 */
import type { SourceNode } from '../graph/nodes.ts';
import type { Exchange, Layout, Plan, SubTopology } from '../plan/plan.ts';
import type { Cut, InputCut } from './cut-row.ts';
import { redriveTopic } from './dead-letters.ts';

/** Where a partition goes on on the new log. */
export interface NewPlace {
  readonly position: number;
  readonly topicId: string;
}

export interface MoveCutsOptions {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly exchange: 'direct' | 'log';
  /** Cuts of the savepoint by sub-topology and partition. */
  readonly cuts: ReadonlyMap<string, ReadonlyMap<number, Cut>>;
  /** Tasks per sub-topology then. */
  readonly tasksThen: Readonly<Record<string, number>>;
  /** Undefined: nobody has read from there. */
  readonly placeOf: (topic: string, partition: number) => NewPlace | undefined;
  /** Identity of a topic that has no places: one that every task reads. */
  readonly topicIdOf: (topic: string) => string | undefined;
}

export interface MovedCut {
  readonly subTopology: string;
  readonly partition: number;
  readonly cut: Cut;
}

type EventTime = Pick<InputCut, 'times' | 'idle' | 'reached'>;

const unknown: EventTime = { times: [], idle: [], reached: -Infinity };

export function movedCuts(options: MoveCutsOptions): readonly MovedCut[] {
  return options.plan.subTopologies.flatMap((sub) => {
    const tasks = options.layout.tasks.get(sub.id)!;
    return Array.from({ length: tasks }, (_, partition) => movedCut(options, sub, partition)).flatMap(
      (cut, partition) => (cut === undefined ? [] : [{ subTopology: sub.id, partition, cut }]),
    );
  });
}

function movedCut(options: MoveCutsOptions, sub: SubTopology, partition: number): Cut | undefined {
  const { plan, exchange, cuts, placeOf, topicIdOf } = options;
  const old = cuts.get(sub.id) ?? new Map<number, Cut>();
  const inputs: InputCut[] = [];
  const add = (topic: string, time: EventTime): void => {
    const place = placeOf(topic, partition);
    if (place !== undefined) inputs.push({ topic, partition, ...place, broadcast: false, ...timeOf(time) });
  };
  for (const id of sub.sources) {
    const topic = topicOf(plan, id);
    add(topic, savedInput([...old.values()], topic, partition) ?? { ...unknown, times: [-Infinity] });
  }
  // Their positions are of the task alone: no group has them.
  const like = old.get(partition) ?? old.get(0);
  for (const topic of sub.broadcastSources.map((id) => topicOf(plan, id))) {
    for (const input of like?.inputs ?? []) {
      if (input.topic === topic) inputs.push({ ...input, topicId: topicIdOf(topic) ?? input.topicId });
    }
  }
  if (exchange === 'log') {
    for (const one of plan.exchanges) if (one.to === sub.id) add(one.topic, exchangeTime(options, one, partition));
  }
  add(redriveTopic(plan.graph.job, sub.id), unknown);
  if (inputs.length === 0 && old.size === 0) return undefined;
  const epoch = Math.max(0, ...[...old.values()].map((cut) => cut.epoch));
  return { epoch, fingerprint: plan.fingerprint, inputs };
}

// Event time of an exchange's reading end.
function exchangeTime({ layout, cuts, tasksThen }: MoveCutsOptions, exchange: Exchange, partition: number): EventTime {
  const { topic, from, to } = exchange;
  const old = cuts.get(to) ?? new Map<number, Cut>();
  const [readersThen = 0, writersThen = 0] = [tasksThen[to], tasksThen[from]];
  const writers = layout.tasks.get(from)!;
  const nothing: EventTime = { ...unknown, times: Array<number>(writers).fill(-Infinity) };
  const of = (reader: number): EventTime => savedInput([...old.values()], topic, reader) ?? nothing;
  const time =
    readersThen === layout.tasks.get(to)!
      ? of(partition)
      : leastOf(Array.from({ length: readersThen }, (_, reader) => of(reader)));
  if (time === undefined) return nothing;
  return writersThen === writers ? time : spread(time, writers);
}

/** Upstream by upstream the least; idle is who is so for everybody. */
function leastOf(all: readonly EventTime[]): EventTime | undefined {
  if (all.length === 0) return undefined;
  const upstreams = Math.max(...all.map(({ times }) => times.length));
  const each = Array.from({ length: upstreams }, (_, i) => i);
  return {
    times: each.map((i) => Math.min(...all.map(({ times }) => times[i] ?? -Infinity))),
    idle: each.filter((i) => all.every(({ idle }) => idle.includes(i))),
    reached: Math.min(...all.map(({ reached }) => reached)),
  };
}

function spread({ times, idle, reached }: EventTime, upstreams: number): EventTime {
  const all = Array.from({ length: upstreams }, (_, i) => i);
  const active = times.filter((_, i) => !idle.includes(i));
  const counting = active.length > 0 ? active : times;
  const least = counting.length === 0 ? -Infinity : Math.min(...counting);
  return { times: all.map(() => least), idle: times.length > 0 && active.length === 0 ? all : [], reached };
}

function savedInput(cuts: readonly Cut[], topic: string, partition: number): InputCut | undefined {
  for (const { inputs } of cuts) {
    const saved = inputs.find((input) => input.topic === topic && input.partition === partition);
    if (saved !== undefined) return saved;
  }
  return undefined;
}

function topicOf({ graph }: Plan, id: string): string {
  return (graph.nodes.get(id) as SourceNode).topic.name;
}

function timeOf({ times, idle, reached }: EventTime): EventTime {
  return { times, idle, reached };
}
