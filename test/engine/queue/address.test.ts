import { expect, it } from 'vitest';
import { describeAddress, parseQueueAddress } from '../../../electron/engine/queue/index.ts';

it('reads the address of a database', () => {
  expect(parseQueueAddress('postgres://ann@db.example:5433/jobs?sslmode=verify-full')).toEqual({
    host: 'db.example',
    port: 5433,
    user: 'ann',
    database: 'jobs',
    tls: 'verify-full',
  });
  expect(parseQueueAddress('postgresql://[::1]/a%20b')).toEqual({
    host: '::1',
    port: undefined,
    user: undefined,
    database: 'a b',
    tls: 'prefer',
  });
  expect(describeAddress(parseQueueAddress('postgres://ann@db.example/jobs'))).toBe('db.example:5432/jobs');
});

it.each([
  ['postgres://ann:s3cret@host/jobs', /PGPASSWORD or PGPASSFILE/],
  ['postgres://ann:s3cr%zzet@host/jobs', /PGPASSWORD or PGPASSFILE/],
  ['postgres://host/jobs?password=s3cret', /PGPASSWORD or PGPASSFILE/],
  ['postgres://host/jobs?passfile=s3cret', /settings other than sslmode/],
  ['postgres://host/jobs?sslmode=s3cret', /choose one/],
  ['mysql://ann:s3cret@host/jobs', /postgres:\/\//],
  ['s3cret', /postgres:\/\//],
  ['postgres://ann@host/s3cret%zz', /%25/],
])('refuses %s without repeating what may be a password', (text, said) => {
  const read = () => parseQueueAddress(text);
  expect(read).toThrow(said);
  try {
    read();
  } catch (error) {
    expect(error).toMatchObject({ code: 'queue.invalid' });
    expect(String(error)).not.toMatch(/s3cr/);
  }
});
