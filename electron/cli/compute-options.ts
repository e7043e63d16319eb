import { type Option, type ParsedArguments, readChoice, readInteger } from './arguments.ts';
import { BACKENDS, type Backend } from './engine.ts';

/** Options of every command that trains. */
export const computeOptions = {
  backend: { value: 'NAME', summary: `compute back end: ${BACKENDS.join(', ')}` },
  threads: {
    value: 'N',
    summary: 'threads of the simd back end and for decoding images (default: one per core)',
  },
} satisfies Record<string, Option>;

/** @throws DecantError `usage.invalid` */
export function readComputeOptions(args: ParsedArguments): { backend: Backend; threads: number | null } {
  return {
    backend: readChoice('--backend', args.values.get('backend')?.[0] ?? 'auto', BACKENDS),
    threads: readThreads(args),
  };
}

/** Null: as many as there are cores. @throws DecantError `usage.invalid` */
export function readThreads({ values }: ParsedArguments): number | null {
  const threads = values.get('threads')?.[0];
  return threads === undefined ? null : readInteger('threads', threads, { from: 1, to: 256 });
}
