import type { RegistryOptions } from '../contracts/registry-options.ts';
import type { Settings } from './config/settings.ts';
import { pem } from './pem.ts';

/** The settings below `registry` as options. Undefined when they name no registry. `folder`: what relative paths start from. */
export function registryOptionsOf(settings: Settings, folder: string): RegistryOptions | undefined {
  const url = settings['registry.url'];
  if (url === undefined) return undefined;
  const options: { readonly [K in keyof RegistryOptions]?: RegistryOptions[K] | undefined } = {
    username: settings['registry.username'],
    password: settings['registry.password'],
    token: settings['registry.token'],
    ca: pem('registry.ca', settings['registry.ca'], folder),
    subjects: settings['registry.subjects'],
    compatibility: settings['registry.compatibility'],
    register: settings['registry.register'],
  };
  return { url, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
}
