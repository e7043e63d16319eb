import type { Option } from './arguments.ts';

/** Options of commands that use a queue. */
export const queueOptions = {
  queue: {
    value: 'URL',
    summary:
      'PostgreSQL database with the queue: postgres://user@host/database. The password comes from PGPASSWORD or PGPASSFILE, never from here',
  },
  blobs: { value: 'DIR', summary: 'folder that all machines of the queue share, for images, weights and results' },
} satisfies Record<string, Option>;
