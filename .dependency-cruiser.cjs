// The architecture as rules: layers.json says which folder of src/ may import which, this file turns the table into
// rules and adds the few that are not about folders. test/layers.test.ts plants a violation of each.
const layers = require('./layers.json');

const folders = Object.keys(layers);
const src = (names) => `^src/(${names.join('|')})/`;
const npmPackage = (name) => `(^|/)node_modules/${name}/`;
const entries = '^src/(index|testing/index|cli/main)\\.ts$';

const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

const layerRules = folders.map((folder) =>
  forbid(
    `layer-${folder}`,
    `${folder} may import: ${layers[folder].join(', ') || 'nothing else of src/'} (layers.json)`,
    { path: src([folder]) },
    { path: '^src/', pathNot: src([folder, ...layers[folder]]) },
  ),
);

module.exports = {
  forbidden: [
    ...layerRules,
    forbid(
      'layer-index',
      'src/index.ts is the public API: no cli, no testing',
      { path: '^src/index\\.ts$' },
      { path: src(['cli', 'testing']) },
    ),
    forbid(
      'layer-unknown',
      'a folder of src/ needs a line in layers.json',
      { path: '^src/', pathNot: [src(folders), '^src/index\\.ts$'] },
      {},
    ),
    forbid(
      'core-is-pure',
      'core may use node built-ins and nothing else',
      { path: src(['core']) },
      { path: '(^|/)node_modules/' },
    ),
    forbid(
      'leveldb-only-in-state',
      'LevelDB sits behind the state backend',
      { path: '^src/', pathNot: '^src/state/leveldb/' },
      { path: npmPackage('(level|classic-level|abstract-level)') },
    ),
    forbid(
      'kafka-only-in-connector',
      'the Kafka client sits behind the connector',
      { path: '^src/', pathNot: '^src/connectors/kafka/' },
      { path: npmPackage('kafkajs') },
    ),
    forbid(
      'public-entries-only',
      'jobs, benchmarks, examples and bin use what a user can use',
      { path: '^(topologies|benchmarks|examples|bin)/' },
      { path: '^src/', pathNot: entries },
    ),
    forbid(
      'src-stands-alone',
      'src never imports tests, jobs, scripts or benchmarks',
      { path: '^src/' },
      { path: '^(test|topologies|benchmarks|examples|bin|scripts)/' },
    ),
    forbid(
      'no-dev-dependencies',
      'src runs where only dependencies are installed',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    forbid('no-cycles', 'break the cycle: move what both need to a file below them', {}, { circular: true }),
    forbid(
      'no-orphans',
      'nothing imports this file and it imports nothing',
      { orphan: true, path: '^(src|topologies|benchmarks)/', pathNot: ['/index\\.ts$', entries, '\\.d\\.ts$'] },
      {},
    ),
    forbid('no-unresolved', 'the import leads nowhere', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|dist-topologies|coverage|\\.git|\\.data)/' },
    tsPreCompilationDeps: true,
    // Without these, packages that are ESM-only do not resolve and the rules about them silently miss.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
