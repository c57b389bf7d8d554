/** Some fields of a value. */
export function pick<T, N extends keyof T>(value: T, ...names: readonly N[]): Pick<T, N> {
  return Object.fromEntries(names.map((name) => [name, value[name]])) as Pick<T, N>;
}
