import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { brokerJava, kafkaHome, kafkaLibrariesName } from './artifacts.ts';
import { messageOf } from '../../src/core/stream-error.ts';

/** Why no broker can be started on this machine; undefined: one can, as far as can be told without downloading. */
export function missingForKafka(): string | undefined {
  try {
    brokerJava();
  } catch (error) {
    return messageOf(error);
  }
  if (existsSync(join(kafkaHome(), kafkaLibrariesName(false)))) return undefined;
  if (spawnSync('mvn', ['--version']).status === 0) return undefined;
  return 'Maven, which downloads Kafka, is missing. Install it (Debian: apt-get install maven).';
}
