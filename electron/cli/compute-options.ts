import { type Option, type ParsedArguments, readChoice, readInteger } from './arguments.ts';
import { BACKENDS, type Backend } from './engine.ts';

/** Options of every command that trains. */
export const computeOptions = {
  backend: { value: 'NAME', summary: `what computes: ${BACKENDS.join(', ')}` },
  threads: {
    value: 'N',
    summary: 'threads of the back end simd, and that decode images; as many as there are cores by default',
  },
} satisfies Record<string, Option>;

/** @throws DecantError `usage.invalid` */
export function readComputeOptions({ values }: ParsedArguments): { backend: Backend; threads: number | null } {
  const threads = values.get('threads')?.[0];
  return {
    backend: readChoice('--backend', values.get('backend')?.[0] ?? 'auto', BACKENDS),
    threads: threads === undefined ? null : readInteger('threads', threads, { from: 1, to: 256 }),
  };
}
