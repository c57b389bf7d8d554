import tseslint from 'typescript-eslint';

const useClock = 'take the Clock of core/clock.ts; tests and the simulator bring their own';

// Wall time, timers and chance are injected, so that every run can be repeated.
const wallTime = {
  globals: ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: useClock })),
  properties: [
    { object: 'Date', property: 'now', message: useClock },
    { object: 'performance', property: 'now', message: useClock },
    { object: 'process', property: 'hrtime', message: useClock },
    { object: 'Math', property: 'random', message: 'take a seeded generator' },
    ...['setTimeout', 'setInterval', 'setImmediate'].map((property) => ({
      object: 'globalThis',
      property,
      message: useClock,
    })),
  ],
  syntax: [
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: useClock },
    { selector: "CallExpression[callee.name='Date']", message: useClock },
  ],
  imports: ['node:timers', 'node:timers/promises', 'timers', 'timers/promises'].map((name) => ({
    name,
    message: useClock,
  })),
};

const codedErrors = [
  {
    selector: "ThrowStatement > :matches(NewExpression, CallExpression)[callee.name='Error']",
    message: 'throw a StreamError: it has a code and a reaction',
  },
  {
    selector: 'CatchClause > BlockStatement[body.length=0]',
    message: 'an error is handled or passed on, never dropped',
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'dist-topologies/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-empty': 'error',
      'no-console': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-control-regex': 'error',
      'no-promise-executor-return': 'off',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-import-type-side-effects': 'error',

      // Loops over typed arrays and buffers know their bounds; a check per element would be paid per record.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Numbers, bigints and booleans read well in messages.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowAny: false, allowNullish: false },
      ],
      // `while (true)` is the honest form of a poll loop.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // `() => queue.push(x)` as a callback is fine.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // `void | Promise<void>` keeps the record path synchronous: await only when there is something to wait for.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // A method of an asynchronous port must reject, not throw, also where an implementation has nothing to await.
      '@typescript-eslint/require-await': 'off',
      // `_` marks a parameter that an interface asks for, and a type parameter that only carries a type.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/core/clock.ts'],
    rules: {
      'no-restricted-globals': ['error', ...wallTime.globals],
      'no-restricted-properties': ['error', ...wallTime.properties],
      'no-restricted-syntax': ['error', ...wallTime.syntax, ...codedErrors],
      'no-restricted-imports': ['error', { paths: wallTime.imports }],
    },
  },
  {
    // The clock may touch time; its errors are coded like all others.
    files: ['src/core/clock.ts'],
    rules: { 'no-restricted-syntax': ['error', ...codedErrors] },
  },
  {
    // The command line talks to people, benchmarks and scripts to whoever started them.
    files: ['src/cli/**', 'benchmarks/**', 'examples/**', 'scripts/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // `expect.any` and friends are typed any; expect takes unbound methods; fakes have empty methods and throw oddly.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
    },
  },
  {
    // Unit tests move a ManualClock: no sleeping. The others run against real brokers and processes.
    files: ['test/**/*.test.ts'],
    ignores: ['test/integration/**', 'test/core/clock.test.ts'],
    rules: {
      'no-restricted-globals': ['error', ...wallTime.globals],
      'no-restricted-properties': ['error', ...wallTime.properties],
      'no-restricted-imports': ['error', { paths: wallTime.imports }],
    },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], extends: [tseslint.configs.disableTypeChecked] },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
