import type { CompatibilityLevel } from './compatibility.ts';
import type { SubjectStrategy } from './subject.ts';

/** How to reach a schema registry with Confluent's API. In brackets what Kafka's own clients call it. */
export interface RegistryOptions {
  /** Like `http://localhost:8081`; with Apicurio it ends in `/apis/ccompat/v7`. [schema.registry.url] */
  readonly url: string;
  /** [basic.auth.user.info] */
  readonly username?: string;
  readonly password?: string;
  /** Sent instead of name and password. [bearer.auth.token] */
  readonly token?: string;
  /** PEM of the authority that signed the registry's certificate. Default: those that Node.js trusts. */
  readonly ca?: string;
  /** Under which name the schema of a topic is kept. Default `topic`. [value.subject.name.strategy] */
  readonly subjects?: SubjectStrategy;
  /** Level that new subjects get, and that others must have. Default: what the registry has. */
  readonly compatibility?: CompatibilityLevel;
  /** False: a schema that is not there is an error; deployments register them. Default true. [auto.register.schemas] */
  readonly register?: boolean;
}
