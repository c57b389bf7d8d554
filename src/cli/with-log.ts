import type { Log } from '../core/log.ts';
import type { CommandCall } from './command.ts';
import { openJobSession, type JobSession } from './session.ts';

/** The log that a job runs on, its own or through the process that owns it. */
export interface JobLog {
  readonly job: string;
  readonly log: Log;
  readonly session: JobSession;
}

/** Opens the log of the job named first on the command line, and closes it whatever happens. */
export async function withLog<T>(call: CommandCall, work: (jobLog: JobLog) => Promise<T>): Promise<T> {
  const session = await openJobSession(call, call.args.positionals[0]!);
  const { log, close } = await call.engine.openLog(session.data, call.io);
  try {
    return await work({ job: session.module.topology.name, log, session });
  } finally {
    await close();
  }
}
