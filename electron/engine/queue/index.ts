export { describeAddress, parseQueueAddress, type QueueAddress } from './address.ts';
export { connect, type Database } from './connect.ts';
export { JobQueue, type QueueTiming } from './job-queue.ts';
export type { JobError, JobState, Lease, Waiting } from './job-state.ts';
