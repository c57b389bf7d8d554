/** `contracts check | register | diff`: the Avro contracts of a job against a schema registry. */
import { checkCompatibility, type Incompatibility } from '../../contracts/compatibility.ts';
import { connectRegistry } from '../../contracts/confluent-registry.ts';
import { schemaDiff, type SchemaChange } from '../../contracts/schema-diff.ts';
import type { SchemaRegistryPort } from '../../contracts/schema-registry-port.ts';
import { StreamError } from '../../core/stream-error.ts';
import { avroTopics, type AvroTopic } from '../../job/topic-codecs.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Command, CommandCall } from '../command.ts';
import type { SettingName } from '../config/settings.ts';
import { exitCodes, type ExitCode } from '../exit-code.ts';
import { registryOptionsOf } from '../registry-options-of.ts';
import { openJobSession } from '../session.ts';
import { table } from '../table.ts';

const settings: readonly SettingName[] = ['registry.url'];

export const contractsCheckCommand: Command = {
  name: 'contracts check',
  summary: 'Checks that the Avro contracts of a job fit what the registry has; changes nothing.',
  positionals: ['<job>'],
  settings,
  examples: ['run-topology contracts check ./my-job.ts --registry http://localhost:8081'],
  run: async (call) => {
    const { registry, topics } = await open(call);
    return show(call, await Promise.all(topics.map((topic) => check(registry, topic))));
  },
};

export const contractsRegisterCommand: Command = {
  name: 'contracts register',
  summary: 'Registers the Avro contracts of the topics that a job writes.',
  positionals: ['<job>'],
  settings,
  examples: ['run-topology contracts register ./my-job.ts --registry http://localhost:8081'],
  run: async (call) => {
    const { registry, topics } = await open(call);
    const findings = await Promise.all(topics.map((topic) => check(registry, topic)));
    // All or none: a job whose contracts are registered by half runs with neither.
    if (findings.some(({ problems }) => problems.length > 0)) return show(call, findings);
    const registered: Finding[] = [];
    for (const finding of findings) registered.push(await register(registry, topics, finding));
    return show(call, registered);
  },
};

export const contractsDiffCommand: Command = {
  name: 'contracts diff',
  summary: 'Shows what is different between the Avro contracts of a job and the newest ones of the registry.',
  positionals: ['<job>'],
  settings,
  examples: ['run-topology contracts diff ./my-job.ts --registry http://localhost:8081'],
  run: async (call) => {
    const { registry, topics } = await open(call);
    const differences = await Promise.all(topics.map((topic) => difference(registry, topic)));
    const text = call.args.values.has('json')
      ? JSON.stringify(differences, undefined, 2)
      : differences.map(differenceText).join('\n');
    await call.io.stdout.write(`${text}\n`);
    return exitCodes.done;
  },
};

type State = 'new' | 'registered' | 'compatible' | 'readable' | 'incompatible';

interface Finding {
  readonly topic: string;
  readonly subject: string;
  /**
   * Of topics that the job writes: `new` and `compatible` can be registered, `registered` is. Of those that it only
   * reads: `readable`, or `new` when nobody registered anything.
   */
  readonly state: State;
  readonly problems: readonly Incompatibility[];
}

async function open(call: CommandCall): Promise<{ registry: SchemaRegistryPort; topics: readonly AvroTopic[] }> {
  const { module, configuration } = await openJobSession(call, call.args.positionals[0]!);
  const registry = registryOptionsOf(configuration.settings, call.io.cwd);
  if (registry === undefined) {
    throw new StreamError('CONFIG_INVALID', 'no schema registry is named', {
      remedy: 'Give --registry URL, or set registry.url.',
    });
  }
  const plan = makePlan(module.topology.build(configuration.job));
  const topics = avroTopics(plan, { registry, topics: configuration.topics });
  if (topics.length === 0) {
    throw new StreamError('CONFIG_INVALID', 'no topic of the job is written as Avro', {
      job: plan.graph.job,
      remedy: "Give contracts the encoding 'avro', or set topics.<name>.encoding.",
    });
  }
  return { registry: await connectRegistry({ ...registry, register: true }), topics };
}

async function check(registry: SchemaRegistryPort, { topic, subject, contract, written }: AvroTopic): Promise<Finding> {
  const finding = (state: State, problems: readonly Incompatibility[] = []): Finding => ({
    topic: topic.name,
    subject,
    state: problems.length > 0 ? 'incompatible' : state,
    problems,
  });
  const latest = await registry.latest(subject);
  if (latest === undefined) return finding('new');
  if (!written) return finding('readable', checkCompatibility(contract.schema, latest.schema));
  if ((await registry.find(subject, contract.schema)) !== undefined) return finding('registered');
  return finding('compatible', await registry.check(subject, contract.schema));
}

async function register(
  registry: SchemaRegistryPort,
  topics: readonly AvroTopic[],
  finding: Finding,
): Promise<Finding> {
  const { contract, written } = topics.find(
    ({ topic, subject }) => topic.name === finding.topic && subject === finding.subject,
  )!;
  if (!written) return finding;
  await registry.idFor(finding.subject, contract.schema);
  return { ...finding, state: 'registered' };
}

async function show({ args, io }: CommandCall, findings: readonly Finding[]): Promise<ExitCode> {
  if (args.values.has('json')) {
    await io.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
  } else {
    const rows = findings.map(({ topic, subject, state }) => [topic, subject, state]);
    const problems = findings.flatMap(({ subject, problems: list }) =>
      list.map(({ path, reason }) => `${subject}: ${path === '' ? reason : `${path} ${reason}`}`),
    );
    await io.stdout.write(`${[table(['topic', 'subject', 'contract'], rows), ...problems].join('\n')}\n`);
  }
  return findings.some(({ state }) => state === 'incompatible') ? exitCodes.failed : exitCodes.done;
}

interface Difference {
  readonly topic: string;
  readonly subject: string;
  /** Newest in the registry; undefined: none. */
  readonly version: number | undefined;
  readonly changes: readonly SchemaChange[];
}

async function difference(registry: SchemaRegistryPort, { topic, subject, contract }: AvroTopic): Promise<Difference> {
  const latest = await registry.latest(subject);
  const changes = latest === undefined ? [] : schemaDiff(latest.schema, contract.schema);
  return { topic: topic.name, subject, version: latest?.version, changes };
}

function differenceText({ subject, version, changes }: Difference): string {
  if (version === undefined) return `${subject}: not registered`;
  if (changes.length === 0) return `${subject}: as version ${version}`;
  const lines = changes.map(({ kind, path, before = '', after = '' }) => {
    switch (kind) {
      case 'added':
        return `  + ${path}: ${after}`;
      case 'removed':
        return `  - ${path}: ${before}`;
      case 'changed':
        return `  ~ ${path}: ${before} -> ${after}`;
    }
  });
  return [`${subject}: against version ${version}`, ...lines].join('\n');
}
