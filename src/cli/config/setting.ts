/** What a setting is, and the shapes of value that several have. */
import { z } from 'zod';
import { toMs, type Duration } from '../../core/duration.ts';

export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  readonly help: string;
  readonly fallback?: T;
  /** Other environment names, beside `MILLRACE_<PATH>`. */
  readonly aliases?: readonly string[];
  readonly secret?: boolean;
  /** Long option of the commands that take this setting, and the word for its value. */
  readonly flag?: { readonly name: string; readonly value: string };
}

export function setting<T>(
  schema: z.ZodType<T>,
  help: string,
  more: NoInfer<Omit<Setting<T>, 'schema' | 'help'>> = {},
): Setting<T> {
  return { schema, help, ...more };
}

export const text = z.string().min(1);

export const duration = z.custom<Duration>((value) => {
  try {
    toMs(value as Duration); // checks the shape itself, whatever it gets
    return true;
  } catch {
    return false;
  }
}, "must be milliseconds, or text like '250ms', '10s', '5m', '1h', '7d'");
