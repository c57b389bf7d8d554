import { StreamError } from '../core/stream-error.ts';
import type { Layout, Plan } from '../plan/plan.ts';
import type { OpenState } from './options.ts';

export async function savepointOf(parts: {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly state: OpenState;
  readonly folder: string;
}): Promise<void> {
  throw new StreamError('UNSUPPORTED', `savepoints into ${parts.folder} come with the next step`);
}
