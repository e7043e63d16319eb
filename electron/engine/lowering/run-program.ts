import * as tf from '@tensorflow/tfjs-core';
import { activate, conv2d, dense, depthwiseConv2d, globalAveragePool, scaleChannels } from '../compute/index.ts';
import type { ConvolutionStep, DenseStep, Program, Step } from './steps.ts';

/** Weights of the steps as tensors, by their names. */
export type ProgramTensors = ReadonlyMap<string, { weight: tf.Tensor; bias: tf.Tensor }>;

/** Sees, and may replace, the value of every step; runs inside of a `tf.tidy`. */
export type Visit = (step: Step, value: tf.Tensor) => tf.Tensor;

/** The weights of a program on the back end. The caller disposes them with `disposeTensors`. */
export function loadTensors(program: Program): ProgramTensors {
  const layers = program.steps.filter(
    (step): step is ConvolutionStep | DenseStep => step.op === 'conv' || step.op === 'dense',
  );
  return new Map(
    layers.map(({ name, weight, bias }) => [
      name,
      { weight: tf.tensor(weight.values, [...weight.shape]), bias: tf.tensor1d(bias) },
    ]),
  );
}

export function disposeTensors(tensors: ProgramTensors): void {
  for (const { weight, bias } of tensors.values()) tf.dispose([weight, bias]);
}

/**
 * Computes a program step by step on the active back end, to look at or change what lies between.
 *
 * @param pixels `[size, height, width, 3]`, RGB 0..255
 * @returns logits `[size, classes]`; the caller disposes them
 */
export function runProgram(
  program: Program,
  tensors: ProgramTensors,
  pixels: Uint8Array,
  size: number,
  visit: Visit = (_, value) => value,
): tf.Tensor {
  return tf.tidy(() => {
    const images = tf.tensor(Float32Array.from(pixels), [size, ...program.inputShape]);
    const values = new Map<string, tf.Tensor>([[program.input, images]]);
    const readers = countReaders(program);
    for (const step of program.steps) {
      const value = tf.tidy(() => visit(step, compute(step, values, tensors)));
      values.set(step.name, value);
      for (const name of inputsOf(step)) {
        const left = readers.get(name)! - 1;
        readers.set(name, left);
        if (left === 0) values.get(name)!.dispose();
      }
    }
    return values.get(program.output)!;
  });
}

/** Names of the values that a step reads. */
export function inputsOf(step: Step): string[] {
  return 'other' in step ? [step.input, step.other] : [step.input];
}

/** How often each value is read; the output counts as read. */
export function countReaders({ steps, output }: Program): Map<string, number> {
  const readers = new Map([[output, 1]]);
  for (const name of steps.flatMap(inputsOf)) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
}

function compute(step: Step, values: ReadonlyMap<string, tf.Tensor>, tensors: ProgramTensors): tf.Tensor {
  const input = values.get(step.input)!;
  const batch = input.shape[0]!;
  switch (step.op) {
    case 'conv': {
      const { weight, bias } = tensors.get(step.name)!;
      const { stride, padding, activation } = step;
      const convolve = step.depthwise ? depthwiseConv2d : conv2d;
      // Their ranks are those of the step's shapes.
      const options = { stride, padding, activation, bias: bias as tf.Tensor1D };
      return convolve(input as tf.Tensor4D, weight as tf.Tensor4D, options);
    }
    case 'dense': {
      const { weight, bias } = tensors.get(step.name)!;
      // Their ranks are those of the step's shapes.
      const sums = dense(input as tf.Tensor2D, weight as tf.Tensor2D, bias as tf.Tensor1D);
      return activate(sums, step.activation);
    }
    case 'hardSwish':
      return tf.mul(input, tf.div(tf.relu6(tf.add(input, 3)), 6));
    case 'relu':
      return activate(input, step.activation);
    case 'add':
      return activate(tf.add(input, values.get(step.other)!), step.activation);
    case 'scale': {
      const factor = values.get(step.other)!;
      // Of another size, it is a gate for every channel of a map.
      return tf.util.arraysEqual(input.shape, factor.shape)
        ? tf.mul(input, factor)
        : scaleChannels(input as tf.Tensor4D, factor as tf.Tensor4D);
    }
    case 'addConstant':
      return activate(tf.add(input, tf.tensor1d(step.values)), step.activation);
    case 'multiplyConstant':
      return tf.mul(input, tf.tensor1d(step.values));
    case 'mean':
      return tf.reshape(globalAveragePool(input as tf.Tensor4D), [batch, ...step.shape]); // Of a map.
    case 'flatten':
      return tf.reshape(input, [batch, ...step.shape]);
    default:
      return step satisfies never;
  }
}
