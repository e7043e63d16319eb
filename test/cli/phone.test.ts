import { expect, it } from 'vitest';
import { runFake } from './fake-engine.ts';

it('lists the addresses of this computer where none is given, or a wrong one', async () => {
  const missing = await runFake(['phone', '1m8pcp2xkjqxmr']);
  expect(missing.status).toBe(2);
  expect(missing.stderr).toMatch(
    /^decant: --address is missing; this computer has .*127\.0\.0\.1 \(this computer only\)/,
  );
  const wrong = await runFake(['phone', '1m8pcp2xkjqxmr', '--address', '0.0.0.0']);
  expect(wrong.stderr).toMatch(/"0\.0\.0\.0" is no address of this computer/);
  expect(wrong.calls).toEqual([]);
  expect((await runFake(['phone', '--address', '127.0.0.1'])).status).toBe(2);
  expect((await runFake(['phone', 'r', '--address', '127.0.0.1', '--format', 'gguf'])).status).toBe(2);
});
