/**
 * Puts the layers together: defaults < code < file < environment < flags, leaf by leaf, and validates the result. Every
 * mistake of all layers is reported at once, with where it was written.
 */
import type { z } from 'zod';
import { onDemand } from '../../core/on-demand.ts';
import { preview, StreamError } from '../../core/stream-error.ts';
import type { TopicOverrides } from '../../job/options.ts';
import { isSecretName } from '../../observability/redactor.ts';
import { jobFields, type JobField } from './job-schema.ts';
import { pathText, type Entry, type Layer } from './layer.ts';
import { didYouMean } from './nearest.ts';
import type { Setting } from './setting.ts';
import { isSetting, settingNames, settings, type Settings } from './settings.ts';
import { topicSettings } from './topic-settings.ts';
import { leaves, nest, samePath, startsWith, type Path } from './tree.ts';

const yaml = onDemand('yaml') as () => typeof import('yaml');

export interface ConfigLine {
  readonly name: string;
  readonly value: unknown;
  readonly origin: string;
  readonly secret: boolean;
}

export interface Configuration {
  readonly settings: Settings;
  /** Settings of single topics, by name. */
  readonly topics: Readonly<Record<string, TopicOverrides>>;
  /** The job's configuration, as its schema takes it. */
  readonly job: Readonly<Record<string, unknown>>;
  /** Every value there is, in the order of the settings table, then the job's. */
  readonly lines: readonly ConfigLine[];
  /** Values that must not be printed. */
  readonly secrets: readonly string[];
}

/** `layers`: weakest first. Without a schema the job's configuration is taken as it is. */
export function resolve(layers: readonly Layer[], jobSchema?: z.ZodType): Configuration {
  const mistakes: string[] = [];
  const fields = jobSchema === undefined ? undefined : jobFields(jobSchema);
  const winners = new Map<string, Entry>();
  for (const entry of layers.flat()) {
    const mistake = unknownName(entry, fields);
    if (mistake === undefined) winners.set(pathText(entry.path), entry);
    else mistakes.push(mistake);
  }
  const runner = resolveSettings(winners, mistakes);
  const topics = resolveTopics(winners, mistakes);
  const jobEntries = [...winners.values()]
    .filter(({ path }) => path[0] === 'config')
    .map((entry) => ({ ...entry, path: entry.path.slice(1) }));
  const job = resolveJob(jobSchema, fields ?? [], jobEntries, mistakes);
  if (mistakes.length > 0) {
    const reason =
      mistakes.length === 1 ? mistakes[0]! : `${mistakes.length} mistakes.\n  - ${mistakes.join('\n  - ')}\n`;
    throw new StreamError('CONFIG_INVALID', reason, {
      remedy: '`run-topology config show` lists every value and where it comes from.',
    });
  }
  const lines = [...runner.lines, ...topics.lines, ...job.lines];
  const secrets = lines.filter((line) => line.secret).map((line) => String(line.value));
  return { settings: runner.values, topics: topics.values, job: job.values, lines, secrets };
}

function unknownName({ path, origin }: Entry, fields: readonly JobField[] | undefined): string | undefined {
  const name = pathText(path);
  const [first, ...rest] = path;
  if (first === 'topics') return undefined; // judged by their schema
  if (first !== 'config') {
    return isSetting(name) ? undefined : `${name} (${origin}) is not a setting.${didYouMean(name, settingNames)}`;
  }
  // A part of a path (an empty map, or text where a map belongs) is for the schema to judge.
  const isKnown = (field: JobField): boolean =>
    startsWith(field.path, rest) || (field.open && startsWith(rest, field.path));
  if (fields === undefined || fields.some(isKnown)) return undefined;
  const names = fields.map((field) => pathText(field.path));
  const there = names.length === 0 ? ' It has none.' : ` It has: ${names.join(', ')}.`;
  return `${name} (${origin}) is not in the configuration of the job.${didYouMean(pathText(rest), names) || there}`;
}

function resolveSettings(
  winners: ReadonlyMap<string, Entry>,
  mistakes: string[],
): { readonly values: Settings; readonly lines: readonly ConfigLine[] } {
  const values: Record<string, unknown> = {};
  const lines: ConfigLine[] = [];
  for (const name of settingNames) {
    const { schema, fallback, secret: isSecret = false }: Setting<unknown> = settings[name];
    const entry = winners.get(name);
    if (entry === undefined) {
      values[name] = fallback;
      if (fallback !== undefined) lines.push({ name, value: fallback, origin: 'default', secret: false });
      continue;
    }
    const secret = isSecret || entry.secret === true;
    // Text is tried as it is first: `3` is text where text is asked for, and a number where a number is.
    const plain = schema.safeParse(entry.value);
    const read = plain.success || !entry.text ? entry.value : yamlValue(String(entry.value));
    const result = plain.success ? plain : schema.safeParse(read);
    if (result.success) {
      values[name] = result.data;
      lines.push({ name, value: read, origin: entry.origin, secret });
    } else {
      mistakes.push(complaint(name, result.error.issues.map((issue) => issue.message).join('; '), entry, secret));
    }
  }
  return { values: values as unknown as Settings, lines }; // every name went through its own schema
}

function resolveTopics(
  winners: ReadonlyMap<string, Entry>,
  mistakes: string[],
): { readonly values: Readonly<Record<string, TopicOverrides>>; readonly lines: readonly ConfigLine[] } {
  const entries = [...winners.values()].filter(({ path }) => path[0] === 'topics');
  const given = nest(entries.map(({ path, value }) => [path.slice(1), value]));
  const values: Record<string, TopicOverrides> = {};
  for (const [topic, settingsOfTopic] of Object.entries(given)) {
    const result = topicSettings.safeParse(settingsOfTopic);
    if (result.success) values[topic] = result.data;
    for (const { path, message } of result.error?.issues ?? []) {
      const full = ['topics', topic, ...path.map(String)];
      const entry = entries.find((candidate) => startsWith(candidate.path, full));
      mistakes.push(complaint(pathText(full), message, entry, false));
    }
  }
  const lines = entries.map(({ path, value, origin }) => ({ name: pathText(path), value, origin, secret: false }));
  return { values, lines };
}

function resolveJob(
  schema: z.ZodType | undefined,
  fields: readonly JobField[],
  entries: readonly Entry[],
  mistakes: string[],
): { readonly values: Readonly<Record<string, unknown>>; readonly lines: readonly ConfigLine[] } {
  const isSecret = (path: Path, entry: Entry | undefined): boolean =>
    entry?.secret === true ||
    isSecretName(path.at(-1) ?? '') ||
    fields.some((field) => field.secret && samePath(field.path, path));
  const line = (path: Path, value: unknown, entry: Entry | undefined): ConfigLine => ({
    name: pathText(['config', ...path]),
    value,
    origin: entry?.origin ?? 'code',
    secret: isSecret(path, entry),
  });
  const origin = (path: Path): Entry | undefined => entries.find((entry) => startsWith(path, entry.path));

  const given = nest(entries.map(({ path, value }) => [path, value]));
  if (schema === undefined)
    return { values: given, lines: entries.map((entry) => line(entry.path, entry.value, entry)) };

  // What fails as text is read as YAML, and only that: "007" stays text where text is asked for.
  const issues = schema.safeParse(given).error?.issues ?? [];
  const misread = new Set(
    issues.map((issue) => origin(issue.path.map(String))).filter((entry) => entry?.text === true),
  );
  const values = nest(
    entries.map((entry) => [entry.path, misread.has(entry) ? yamlValue(String(entry.value)) : entry.value]),
  );
  const result = schema.safeParse(values);
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.map(String);
    const entry = origin(path);
    mistakes.push(complaint(pathText(['config', ...path]), issue.message, entry, isSecret(path, entry)));
  }
  return { values, lines: leaves(result.data).map(([path, value]) => line(path, value, origin(path))) };
}

function complaint(name: string, problem: string, entry: Entry | undefined, secret: boolean): string {
  if (entry === undefined) return `${name} (not given): ${problem}`;
  return `${name} (${entry.origin}): ${problem}${secret ? '' : `, got ${preview(entry.value, 60)}`}`;
}

function yamlValue(text: string): unknown {
  try {
    return yaml().parse(text);
  } catch (error) {
    if (error instanceof yaml().YAMLParseError) return text; // not a number, a boolean or a list: the schema judges the text
    throw error;
  }
}
