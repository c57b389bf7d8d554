/** `npm run bench -- NAME ...`: one subcommand a benchmark. */
import { StreamError } from '../src/index.ts';
import { kafkaPeers } from './kafka/kafka.ts';
import { kafkaDriver } from './kafka-driver/kafka-driver.ts';
import { generate } from './nexmark/generate.ts';
import { nexmark } from './nexmark/nexmark.ts';
import { usage } from './nexmark/options.ts';

const [name, ...args] = process.argv.slice(2);
const benchmarks: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  nexmark,
  'nexmark-data': generate,
  kafka: kafkaPeers,
  'kafka-driver': kafkaDriver,
};

const benchmark = benchmarks[name ?? ''];
if (benchmark === undefined) {
  console.error(`benchmarks: ${Object.keys(benchmarks).join(', ')}\n\n${usage}`);
  process.exitCode = 2;
} else {
  try {
    await benchmark(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = StreamError.is(error) && error.code === 'USAGE' ? 2 : 1;
  }
}
