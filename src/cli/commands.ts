import type { Command } from './command.ts';
import { configShowCommand } from './commands/config-show.ts';
import { contractsCheckCommand, contractsDiffCommand, contractsRegisterCommand } from './commands/contracts.ts';
import { contractsGenerateCommand } from './commands/contracts-generate.ts';
import { describeCommand } from './commands/describe.ts';
import { dlqListCommand, dlqRedriveCommand, dlqShowCommand } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { lagCommand } from './commands/lag.ts';
import { listCommand } from './commands/list.ts';
import { resetCommand } from './commands/reset.ts';
import { restoreCommand } from './commands/restore.ts';
import { runCommand } from './commands/run.ts';
import { savepointCommand } from './commands/savepoint.ts';
import { stateInspectCommand } from './commands/state.ts';
import { topicsShowCommand } from './commands/topics-show.ts';
import { topicsWriteCommand } from './commands/topics-write.ts';
import { topicsApplyCommand, topicsListCommand, topicsPlanCommand } from './commands/topics.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  runCommand,
  listCommand,
  describeCommand,
  configShowCommand,
  contractsCheckCommand,
  contractsRegisterCommand,
  contractsDiffCommand,
  contractsGenerateCommand,
  topicsListCommand,
  topicsShowCommand,
  topicsPlanCommand,
  topicsApplyCommand,
  topicsWriteCommand,
  lagCommand,
  stateInspectCommand,
  savepointCommand,
  restoreCommand,
  resetCommand,
  dlqListCommand,
  dlqShowCommand,
  dlqRedriveCommand,
  doctorCommand,
];
