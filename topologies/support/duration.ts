import { z } from 'zod';

/** A duration in a job's configuration. */
export const duration = z.union(
  [z.number().nonnegative(), z.templateLiteral([z.number().nonnegative(), z.enum(['ms', 's', 'm', 'h', 'd'])])],
  "must be milliseconds, or text like '250ms', '10s', '5m'",
);
