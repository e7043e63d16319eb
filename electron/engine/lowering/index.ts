/** A network as the runtimes of phones have it: steps with batch norm folded and activations fused. */
export { choosePadding, type Margin, type WindowPadding } from './padding.ts';
export {
  countReaders,
  disposeTensors,
  inputsOf,
  loadTensors,
  type ProgramTensors,
  runProgram,
  type Visit,
} from './run-program.ts';
export {
  type ConvolutionStep,
  type DenseStep,
  type FusedActivation,
  listSteps,
  type Program,
  type Step,
} from './steps.ts';
