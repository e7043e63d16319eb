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

/** How long to wait for the engine's optimizing compiler at most, and how long the best time must have stood. */
const LONGEST_MS = 200;
const STEADY_MS = 10;

/** Reads and compiles the kernels, for memory that is `shared` or not. Within a process the engine compiles the same bytes once. */
export async function compileKernels(variant: KernelVariant, shared: boolean): Promise<WebAssembly.Module> {
  const bytes = await readFile(new URL(`./${KERNEL_VARIANTS[variant].file}`, import.meta.url));
  // Not `WebAssembly.compile`, whose tasks do not keep a process alive that has nothing else to do.
  return new WebAssembly.Module(shared ? bytes : withoutSharing(bytes));
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
 * Both give the same bits. Kernels that compute something else once the engine has optimized them are not used.
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
  const [narrow, wide] = await Promise.all([startTrial('relaxed'), startTrial('wide')]);
  const start = performance.now();
  let steadySince = start;
  for (let now = start; now - start < LONGEST_MS && now - steadySince < STEADY_MS; now = performance.now()) {
    const improved = [narrow.improve(), wide.improve()].includes(true);
    if (improved) steadySince = performance.now();
    // The optimizing compiler has threads of its own; on one core it needs this one to pause.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!narrow.agrees(narrow) || !wide.agrees(narrow)) {
    joinVectors(false);
    return 'plain';
  }
  return wide.bestMs < narrow.bestMs ? 'wide' : 'relaxed';
}

const TRIAL = { m: 24, n: 64, k: 96 };
const CALLS = 20;

/** A matrix product over memory of its own. */
async function startTrial(variant: KernelVariant) {
  const shared = hasSharedMemory();
  const memory = openMemory({ shared, firstPages: TRIAL_PAGES, mostPages: TRIAL_PAGES });
  const exports = instantiateKernels(await compileKernels(variant, shared), memory, { index: 0, threads: 1 });
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
  const result = new Int32Array(memory.buffer, c, m * n);
  const multiply = () => gemm({ a, b, c, m, n, k });
  multiply();
  const first = result.slice();
  const trial = {
    bestMs: Number.POSITIVE_INFINITY,
    first,
    /** Times a few calls; whether they were clearly faster than all before. */
    improve(): boolean {
      const start = performance.now();
      for (let call = 0; call < CALLS; call++) multiply();
      const elapsedMs = performance.now() - start;
      const improved = elapsedMs < trial.bestMs * 0.9;
      trial.bestMs = Math.min(trial.bestMs, elapsedMs);
      return improved;
    },
    /** Whether this trial's last result has the bits of the other's first, which no optimizer has touched yet. */
    agrees: (other: { first: Int32Array }) => result.every((bits, index) => bits === other.first[index]),
  };
  return trial;
}
