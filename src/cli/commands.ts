import type { Command } from './command.ts';
import { configShowCommand } from './commands/config-show.ts';
import { doctorCommand } from './commands/doctor.ts';
import { listCommand } from './commands/list.ts';
import { runCommand } from './commands/run.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [runCommand, listCommand, configShowCommand, doctorCommand];
