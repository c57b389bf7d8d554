/**
 * Where a worker thread begins. In a clone the sources are TypeScript, and a thread does not inherit the loader of its
 * parent on Node 20; in the package each entry is a file of its own in dist/, however its caller was bundled.
 */

export interface ThreadEntry {
  /** First arguments of `new Worker`. */
  readonly code: string | URL;
  readonly eval: boolean;
}

/** The entry at `path`, relative to the folder of the sources, without an extension. */
export function threadEntry(path: string): ThreadEntry {
  if (!import.meta.url.endsWith('.ts')) return { eval: false, code: new URL(`../${path}.js`, import.meta.url) };
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const entry = JSON.stringify(new URL(`../${path}.ts`, import.meta.url).href);
  return { eval: true, code: `import(${tsx}).then(({ register }) => { register(); return import(${entry}); });` };
}
