/** What tests on real brokers share: a log, topics of their own, members that note what happens to them. */
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { openKafkaLog } from '../../../src/connectors/kafka/kafka-log.ts';
import type { KafkaOptions } from '../../../src/connectors/kafka/kafka-options.ts';
import { systemClock, systemRandom } from '../../../src/core/clock.ts';
import type { GroupMember, GroupSpec, Log } from '../../../src/core/log.ts';

/** A name that no other test has. */
export function fresh(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

/** Closed when the test ends. */
export async function openLog(brokers: string, more: Partial<KafkaOptions> = {}): Promise<Log> {
  const log = await openKafkaLog(
    { brokers, heartbeatInterval: 100, ...more },
    { clock: systemClock, random: systemRandom },
  );
  onTestFinished(() => log.close());
  return log;
}

/** A member of a group that shares out `tasks`: each member gets every n-th, in the order of their names. */
export class TestMember {
  readonly name: string;
  readonly errors: Error[] = [];
  handle!: GroupMember;
  tasks: readonly number[] = [];
  assignments = 0;
  /** How long it takes assignments in: it joins again when this resolves. */
  takingIn: Promise<void> = Promise.resolve();
  lost = 0;

  private constructor(name: string) {
    this.name = name;
  }

  static async join(log: Log, group: string, name: string, tasks: number, more: Partial<GroupSpec> = {}) {
    const member = new TestMember(name);
    member.handle = await log.join({
      group,
      sessionTimeoutMs: 20_000,
      assignor: (views) => {
        const names = views.map(({ memberId, metadata }) => [Buffer.from(metadata).toString(), memberId] as const);
        return new Map(
          names.sort().map(([, memberId], i) => {
            const mine = Array.from({ length: tasks }, (_, task) => task).filter((task) => task % names.length === i);
            return [memberId, Buffer.from(JSON.stringify(mine))];
          }),
        );
      },
      listener: {
        metadata: () => Buffer.from(name),
        onAssigned: (assignment) => {
          member.tasks = JSON.parse(Buffer.from(assignment).toString()) as number[];
          member.assignments++;
          return member.takingIn;
        },
        onLost: () => {
          member.tasks = [];
          member.lost++;
        },
        onError: (error) => member.errors.push(error),
      },
      ...more,
    });
    return member;
  }
}
