import { afterEach } from 'vitest';
import { endPrograms } from './java-program.ts';

afterEach(endPrograms);
