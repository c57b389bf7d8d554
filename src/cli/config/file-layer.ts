/**
 * Reads a YAML file into a layer; each entry knows its line. `${NAME}` in a value is replaced from the environment,
 * `${NAME:-text}` has a default, `$${` is a plain `${`.
 */
import type { ParsedNode } from 'yaml';
import { onDemand } from '../../core/on-demand.ts';
import { StreamError } from '../../core/stream-error.ts';
import { isSecretName } from '../../observability/redactor.ts';
import type { Entry, Layer } from './layer.ts';

const yaml = onDemand('yaml') as () => typeof import('yaml');

export type Environment = Readonly<Record<string, string | undefined>>;

export function fileLayer(name: string, source: string, env: Environment): Layer {
  const { isMap, isScalar, LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const { line } = lines.linePos(syntax.pos[0]);
    throw invalid(`${name}:${String(line)} is not YAML: ${syntax.message.split('\n', 1)[0] ?? ''}`);
  }
  const root = document.contents;
  if (root === null) return [];
  if (!isMap(root)) throw invalid(`${name} holds a list or a single value; settings are names and values`);

  const entries: Entry[] = [];
  const walk = (node: ParsedNode | null, path: readonly string[], line: number): void => {
    if (isMap(node) && node.items.length > 0) {
      for (const { key, value } of node.items) {
        const keyName = isScalar(key) ? String(key.value) : '';
        walk(value, [...path, keyName], lines.linePos(rangeStart(key, node)).line);
      }
      return;
    }
    const origin = `${name}:${String(line)}`;
    const raw: unknown = node === null ? null : node.toJS(document);
    const found = typeof raw === 'string' ? interpolate(raw, env, origin) : { value: raw, names: [] };
    entries.push({
      path,
      value: found.value,
      text: found.names.length > 0,
      origin,
      ...(found.names.some(isSecretName) ? { secret: true } : {}),
    });
  };
  walk(root, [], 1);
  return entries;
}

function rangeStart(key: unknown, parent: ParsedNode): number {
  return yaml().isScalar(key) && key.range ? key.range[0] : parent.range[0];
}

function interpolate(text: string, env: Environment, origin: string): { value: string; names: readonly string[] } {
  const names: string[] = [];
  const replace = (whole: string, name: string | undefined, fallback: string | undefined): string => {
    if (name === undefined) return whole.slice(1); // $${ stands for ${
    names.push(name);
    const found = env[name] ?? fallback;
    if (found !== undefined) return found;
    throw invalid(
      `${origin} asks for the environment variable ${name}, which is not set`,
      'Set it, or write ${NAME:-default}.',
    );
  };
  return { value: text.replaceAll(/\$\$\{|\$\{([^}:]*)(?::-([^}]*))?\}/g, replace), names };
}

function invalid(reason: string, remedy?: string): StreamError {
  return new StreamError('CONFIG_INVALID', reason, remedy === undefined ? {} : { remedy });
}
