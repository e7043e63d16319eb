import type { DeviceBackend } from '../../electron/engine/compute/webgpu/backend.ts';

/** Calls `watch` around every program that the back end enqueues, ours and tfjs's; it returns what `run` returns. */
export function watchPrograms(backend: DeviceBackend, watch: <T>(program: string, run: () => T) => T): void {
  const { launch, runWebGPUProgram } = backend;
  backend.launch = (program, ...rest) => {
    const name = program.key.replace(/ (\d|none|f16|emulated|true|false).*/, '');
    watch(name, () => launch.call(backend, program, ...rest));
  };
  backend.runWebGPUProgram = (program, ...rest) =>
    watch(`tfjs ${program.constructor.name}`, () => runWebGPUProgram.call(backend, program, ...rest));
}
