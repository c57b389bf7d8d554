export default {
  entry: [
    'src/index.ts',
    'src/testing/index.ts',
    'src/cli/main.ts',
    'src/job/worker-thread.ts',
    'src/state/leveldb/load/loader-thread.ts',
    'topologies/*.ts',
    'examples/**/*.ts',
    'benchmarks/{kafka-peer.mjs,summarize-profile.ts}',
    'scripts/**/*.{js,ts}',
    'test/{simulation,chaos,acceptance}/main.ts',
    'test/{acceptance,chaos}/*-child.ts',
    'test/**/*.test.ts',
  ],
  project: ['{src,topologies,examples,benchmarks,scripts,test}/**/*.{ts,js}'],
  ignoreExportsUsedInFile: true,
  // Native packages are loaded by name when they are first needed (src/connectors/kafka).
  ignoreDependencies: ['@mongodb-js/zstd', '@node-rs/crc32', 'lz4-napi', 'snappy'],
  ignoreBinaries: ['mvn'],
};
