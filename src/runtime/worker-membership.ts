import type { GroupMember, MemberId } from '../core/log.ts';
import type { Membership } from './committer.ts';

/** The membership that a worker's commits speak for; those that came too late wait here for the next generation. */
export class WorkerMembership implements Membership {
  readonly #member: () => GroupMember;
  /** Throws when the worker has failed: then no generation will come. */
  readonly #check: () => void;
  readonly #waiting: (() => void)[] = [];

  constructor(member: () => GroupMember, check: () => void) {
    this.#member = member;
    this.#check = check;
  }

  get id(): MemberId {
    return this.#member().id;
  }

  async newer(generation: number): Promise<void> {
    while (this.id.generation <= generation) {
      this.#check();
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** There is a new generation, or the worker has failed. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
