export { dispatch, initialize, stop, work } from './scheduler';
