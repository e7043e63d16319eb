export { ACTIVATIONS, type Activation } from './activation.ts';
