/** Keeps secrets out of everything people and machines read: logs, errors, `config show`, the status page. */

const mask = '***';
const secretName =
  /(?:^|[._-])(?:pass(?:word|wd|phrase)?|secret|token|credentials?|authorization|(?:api|access|private)[_-]?keys?)$/i;
const camelHump = /([a-z0-9])([A-Z])/g;
const urlPassword = /([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:)[^\s/?#@]+(?=@)/gi;

/** True for names under which a secret is kept: `openai.apiKey`, `OPENAI_API_KEY`, `db.password`. */
export function isSecretName(name: string): boolean {
  return secretName.test(name.replaceAll(camelHump, '$1_$2'));
}

export interface Redactor {
  /** The text without known secrets and without passwords in URLs. */
  text(text: string): string;
  /** The value as it may be shown under this name: masked when the name says that it is a secret. */
  field(name: string, value: unknown): unknown;
}

/** `secrets`: values that must not appear anywhere. Very short ones would mask ordinary words and are left to `field`. */
export function redactor(secrets: Iterable<string> = []): Redactor {
  // Longest first: a secret that contains another one is masked whole.
  const known = [...new Set(secrets)].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  const text = (input: string): string => {
    let output = input;
    for (const secret of known) output = output.replaceAll(secret, mask);
    return output.replaceAll(urlPassword, `$1${mask}`);
  };
  const field = (name: string, value: unknown): unknown => {
    if (value === undefined || value === null) return value;
    if (isSecretName(name)) return mask;
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return String(value); // JSON has none
    if (Array.isArray(value)) return value.map((item) => field('', item));
    if (typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, field(key, item)]));
    }
    return value;
  };
  return { text, field };
}
