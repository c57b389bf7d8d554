import { messageOf, StreamError } from '../core/stream-error.ts';

/** Status of a failed request; undefined: it is not a failed request. */
export function statusOf(thrown: unknown): number | undefined {
  const status = typeof thrown === 'object' && thrown !== null && 'status' in thrown ? thrown.status : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** What a failed request to a schema registry means. `what`: what was tried, as in 'the schema 7'. */
export function registryFailure(cause: unknown, url: string, what: string): StreamError {
  if (StreamError.is(cause)) return cause;
  const status = statusOf(cause);
  const said = messageOf(cause).replace(/^\S+ - (Error, status \d+: )?/, ''); // the client's name
  const reason = `${what}: the schema registry ${url} fails with: ${said}`;
  switch (status) {
    case 401:
      return new StreamError('AUTHENTICATION_FAILED', reason, {
        cause,
        remedy: 'Check registry.username and registry.password, or registry.token.',
      });
    case 403:
      return new StreamError('NOT_AUTHORIZED', reason, { cause, remedy: 'Let this user read and register schemas.' });
    case 404:
      return new StreamError('SCHEMA_UNKNOWN', reason, { cause });
    case 409:
      return new StreamError('CONTRACT_INCOMPATIBLE', reason, {
        cause,
        remedy: 'Give new fields a default, and removed or renamed ones an alias.',
      });
    case 422:
      return new StreamError('CONTRACT_INVALID', reason, { cause });
    default:
      // No answer at all has the status 400 here, which registries do not use.
      return new StreamError('REGISTRY_UNAVAILABLE', reason, {
        cause,
        reaction: 'rollback',
        remedy: 'Check registry.url, and whether the registry runs and can be reached from here.',
      });
  }
}
