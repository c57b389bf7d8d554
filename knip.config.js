import { existsSync } from 'node:fs';

// Until the command line exists most files are not reached from any entry yet; then this switches itself off.
const growing = !existsSync('src/cli/main.ts');

export default {
  entry: [
    'src/index.ts',
    'src/testing/index.ts',
    'src/cli/main.ts',
    'topologies/*.ts',
    'examples/**/*.ts',
    'benchmarks/main.ts',
    'scripts/*.{js,ts}',
    'test/{simulation,chaos,acceptance}/main.ts',
    'test/**/*.test.ts',
    ...(growing ? ['{src,topologies}/**/*.ts'] : []),
  ],
  project: ['{src,topologies,examples,benchmarks,scripts,test}/**/*.{ts,js}'],
  ignoreExportsUsedInFile: true,
  ...(growing
    ? { ignoreDependencies: ['avsc', 'level', 'prom-client', 'rxjs', 'yaml', 'zod', 'fast-check', 'tinybench'] }
    : {}),
};
