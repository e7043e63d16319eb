export { dispatch, finish, initialize, post, stop, work } from './scheduler';
