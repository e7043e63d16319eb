/** The engine's public face: all that other processes may import. */
export { DecantError, ERRORS, type ErrorCode } from './core/errors.ts';
