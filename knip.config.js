export default {
  entry: [
    'src/index.ts',
    'src/testing/index.ts',
    'src/cli/main.ts',
    'topologies/*.ts',
    'examples/**/*.ts',
    'benchmarks/*.{ts,mjs}',
    'scripts/**/*.{js,ts}',
    'test/{simulation,chaos,acceptance}/main.ts',
    'test/**/*.test.ts',
  ],
  project: ['{src,topologies,examples,benchmarks,scripts,test}/**/*.{ts,js}'],
  ignoreExportsUsedInFile: true,
};
