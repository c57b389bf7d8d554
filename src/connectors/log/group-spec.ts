import type { GroupListener, GroupMember, GroupSpec, MemberView } from '../../core/log.ts';

/** A GroupSpec whose answers may take time, because the member lives in another thread. Every GroupSpec is one. */
export interface AsyncGroupSpec extends Omit<GroupSpec, 'assignor' | 'listener'> {
  readonly assignor: (
    members: readonly MemberView[],
  ) => ReadonlyMap<string, Uint8Array> | Promise<ReadonlyMap<string, Uint8Array>>;
  readonly listener: Omit<GroupListener, 'metadata'> & { metadata(): Uint8Array | Promise<Uint8Array> };
  /** The member proves that it lives by `heartbeat()`; without it only a rebalance notices that it hangs. */
  readonly heartbeats?: boolean;
}

export interface LocalGroupMember extends GroupMember {
  /** Shows that a member in another thread lives. */
  heartbeat(): void;
}
