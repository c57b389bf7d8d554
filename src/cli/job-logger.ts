import { structuredLogger } from '../observability/structured-logger.ts';
import type { Logger } from '../observability/logger.ts';
import type { CommandCall } from './command.ts';
import type { LiveLine } from './live-line.ts';
import type { JobSession } from './session.ts';

/** A logger for what a command does with a job: its lines go above the live line. */
export function jobLogger({ args, io }: CommandCall, session: JobSession, line: LiveLine): Logger {
  const { 'log.level': level, 'log.format': format } = session.configuration.settings;
  const automatic = args.values.has('json') ? 'json' : line.isLive ? 'pretty' : 'plain';
  return structuredLogger({
    clock: io.clock,
    level,
    format: format === 'auto' ? automatic : format,
    redact: session.redact,
    write: (text) => {
      line.print(text);
    },
  }).with({ job: session.module.topology.name });
}
