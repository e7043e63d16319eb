import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { createGemmKernels } from './gemm-kernels.ts';
import { instantiateKernels } from './kernel-exports.ts';
import { hasSharedMemory, openMemory, withoutSharing } from './kernel-memory.ts';
import { createLauncher } from './launcher.ts';
import { MemoryArena } from './memory-arena.ts';

/** The compiled kernels (assembly/build.ts) and the size of their register tiles. */
export const KERNEL_VARIANTS = {
  /** For engines without relaxed SIMD. */
  plain: { file: 'kernels.wasm', tileRows: 4, tileColumns: 8 },
  /** Fused multiply-add. */
  relaxed: { file: 'kernels-relaxed.wasm', tileRows: 6, tileColumns: 8 },
  /** The same with tiles that need 256-bit vectors, or 32 registers. */
  wide: { file: 'kernels-wide.wasm', tileRows: 6, tileColumns: 16 },
} as const;

export type KernelVariant = keyof typeof KERNEL_VARIANTS;

/** Bits of a vector that the kernels may compute with; WebAssembly itself has 128. */
export type VectorBits = 128 | 256;

export interface VariantOptions {
  relaxed: boolean;
  vectorBits: VectorBits;
}

/** Since this version V8's revectorizer joins pairs of fused multiply-adds. */
const FIRST_VERSION = 13;

const FLAG = 'experimental-wasm-revectorize';

const TRIAL_PAGES = 16;

/** Turns of the trial: the best of so many, so that other load on the machine does not decide. */
const TURNS = 12;

/** V8's compilers: the one that optimizes, all at once, or the one that only translates. */
const OPTIMIZING = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const TRANSLATING = ['--liftoff', '--no-wasm-tier-up', '--wasm-lazy-compilation'];
const AS_USUAL = ['--liftoff', '--wasm-tier-up', '--wasm-lazy-compilation'];

/** A custom section named "t" without content. */
const UNREAD_SECTION = Buffer.from([0, 2, 1, 116]);

/**
 * Reads and compiles the kernels, for memory that is `shared` or not: optimized from the start, where V8 would else begin with
 * code that is several times slower and change it while it runs. Within a process the engine compiles the same bytes once.
 */
export async function compileKernels(
  variant: KernelVariant,
  shared: boolean,
  compiler: readonly string[] = OPTIMIZING,
): Promise<WebAssembly.Module> {
  const file = await readFile(new URL(`./${KERNEL_VARIANTS[variant].file}`, import.meta.url));
  // Two modules of the same bytes are one to V8: what is only translated gets a section that nothing reads.
  const bytes = compiler === TRANSLATING ? Buffer.concat([file, UNREAD_SECTION]) : file;
  for (const flag of compiler) setFlagsFromString(flag);
  try {
    // Not `WebAssembly.compile`, whose tasks do not keep a process alive that has nothing else to do.
    return new WebAssembly.Module(shared ? bytes : withoutSharing(bytes));
  } finally {
    for (const flag of AS_USUAL) setFlagsFromString(flag);
  }
}

/**
 * Lets V8 join neighbouring 128-bit operations to 256-bit ones in what it compiles from now on. An experiment of V8's:
 * only x64 has it, `chooseVariant` checks what comes of it, and `DECANT_VECTOR_BITS=128` forbids it.
 */
export function joinVectors(wanted: boolean): void {
  const join = wanted && process.env.DECANT_VECTOR_BITS !== '128';
  const version = Number.parseInt(process.versions.v8, 10);
  if (process.arch === 'x64' && version >= FIRST_VERSION) setFlagsFromString(join ? `--${FLAG}` : `--no-${FLAG}`);
}

const chosen = new Map<VectorBits, Promise<KernelVariant>>();

/**
 * The fastest kernels of this machine: a matrix product is timed with tiles of 8 and of 16 columns, once a process.
 * Both give the same bits. Kernels that compute something else once they are optimized are not used.
 */
export function chooseVariant({ relaxed, vectorBits }: VariantOptions): Promise<KernelVariant> {
  if (!relaxed) return Promise.resolve('plain');
  let choice = chosen.get(vectorBits);
  if (choice === undefined) {
    joinVectors(vectorBits === 256);
    choice = compareTiles();
    chosen.set(vectorBits, choice);
  }
  return choice;
}

async function compareTiles(): Promise<KernelVariant> {
  const reference = await startTrial('plain', TRANSLATING);
  const [narrow, wide] = [await startTrial('relaxed'), await startTrial('wide')];
  for (let turn = 0; turn < TURNS; turn++) for (const trial of [narrow, wide]) trial.time();
  if (!narrow.agreesWith(reference) || !wide.agreesWith(narrow, 0)) {
    joinVectors(false);
    return 'plain';
  }
  return wide.bestMs < narrow.bestMs ? 'wide' : 'relaxed';
}

const TRIAL = { m: 24, n: 64, k: 96 };
const CALLS = 20;
/** What one rounding a multiply-add changes, of numbers that are sums of 96 products below 1/4. */
const LARGEST_DIFFERENCE = 1e-4;

/** A matrix product over memory of its own. */
async function startTrial(variant: KernelVariant, compiler = OPTIMIZING) {
  const shared = hasSharedMemory();
  const memory = openMemory({ shared, firstPages: TRIAL_PAGES, mostPages: TRIAL_PAGES });
  const exports = instantiateKernels(await compileKernels(variant, shared, compiler), memory, { index: 0, threads: 1 });
  const arena = new MemoryArena(4096, memory.buffer.byteLength, () => 0);
  const allocate = (bytes: number) => arena.allocate(bytes) ?? 0;
  const { tileRows, tileColumns } = KERNEL_VARIANTS[variant];
  const release = (offset: number) => arena.release(offset);
  const launcher = createLauncher(memory, exports, { threads: 1, tileRows, tileColumns, allocate, release });
  const { gemm } = createGemmKernels(launcher);
  const { m, n, k } = TRIAL;
  const [a, b, c] = [allocate(4 * m * k), allocate(4 * k * n), allocate(4 * m * n)];
  for (const [offset, length] of [
    [a, m * k],
    [b, k * n],
  ] as const) {
    const view = new Float32Array(memory.buffer, offset, length);
    for (let i = 0; i < length; i++) view[i] = ((i * 7919) % 1009) / 1009 - 0.5;
  }
  const result = new Float32Array(memory.buffer, c, m * n);
  const multiply = () => gemm({ a, b, c, m, n, k });
  multiply();
  const trial = {
    result,
    bestMs: Number.POSITIVE_INFINITY,
    /** Times a few calls. */
    time(): void {
      const start = performance.now();
      for (let call = 0; call < CALLS; call++) multiply();
      trial.bestMs = Math.min(trial.bestMs, performance.now() - start);
    },
    /** Whether two trials came to the same numbers. */
    agreesWith: (other: { result: Float32Array }, most = LARGEST_DIFFERENCE) =>
      result.every((value, index) => Math.abs(value - other.result[index]!) <= most),
  };
  return trial;
}
