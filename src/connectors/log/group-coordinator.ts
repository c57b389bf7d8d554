import type { Clock } from '../../core/clock.ts';
import type { MemberId } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { ConsumerGroup, removed } from './consumer-group.ts';
import type { AsyncGroupSpec, LocalGroupMember } from './group-spec.ts';

/** The groups of a log that lives in this process: one coordinator for all its members, local or in other threads. */
export class GroupCoordinator {
  readonly #clock: Clock;
  readonly #groups = new Map<string, ConsumerGroup>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(spec: AsyncGroupSpec): LocalGroupMember {
    let group = this.#groups.get(spec.group);
    if (group === undefined) {
      group = new ConsumerGroup(spec.group, this.#clock);
      this.#groups.set(spec.group, group);
    }
    return group.join(spec);
  }

  /**
   * Fails with FENCED when the member was removed, with REBALANCE when its generation is over. A negative generation is a
   * reader without membership; it may commit as long as the group has no members.
   */
  check(member: MemberId): void {
    const group = this.#groups.get(member.group);
    if (member.generation >= 0) {
      if (group === undefined) throw removed(member);
      group.check(member);
    } else if (group !== undefined && group.size > 0) {
      throw new StreamError('FENCED', `group '${member.group}' has members, so nobody else may commit its offsets`, {
        remedy: 'Stop the job that runs in this group, or use another group.',
      });
    }
  }

  close(): void {
    for (const group of this.#groups.values()) group.close();
  }
}
