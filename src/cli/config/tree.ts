/** Nested objects as lists of paths and back. Lists count as values. */
export type Path = readonly string[];

export function nest(pairs: readonly (readonly [path: Path, value: unknown])[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of pairs) {
    let at = root;
    for (const part of path.slice(0, -1)) {
      const next = Object.hasOwn(at, part) ? at[part] : undefined;
      const child = isObject(next) ? next : {};
      at[part] = child;
      at = child;
    }
    if (path.length > 0) at[path.at(-1)!] = value;
  }
  return root;
}

export function leaves(value: unknown, path: Path = []): (readonly [Path, unknown])[] {
  if (!isObject(value) || Object.keys(value).length === 0) return path.length === 0 ? [] : [[path, value]];
  return Object.entries(value).flatMap(([name, child]) => leaves(child, [...path, name]));
}

export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((part, index) => path[index] === part);
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && startsWith(a, b);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
