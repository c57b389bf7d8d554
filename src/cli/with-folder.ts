import { makePlan } from '../plan/make-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { CommandCall } from './command.ts';
import type { Folder } from './folder.ts';
import { openJobSession, placeOf, type JobSession } from './session.ts';

/** A job and the folder that it keeps its log and state in. */
export interface JobFolder {
  readonly job: string;
  readonly folder: Folder;
  readonly session: JobSession;
  readonly plan: Plan;
}

/** Opens the folder, or the Kafka cluster, of the job named first on the command line, and closes it whatever happens. */
export async function withFolder<T>(call: CommandCall, work: (jobFolder: JobFolder) => Promise<T>): Promise<T> {
  const session = await openJobSession(call, call.args.positionals[0]!);
  const plan = makePlan(session.module.topology.build(session.configuration.job));
  const folder = await call.engine.openFolder({ ...placeOf(session), io: call.io, plan });
  try {
    return await work({ job: plan.graph.job, folder, session, plan });
  } finally {
    await folder.close();
  }
}
