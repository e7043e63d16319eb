import { expect, it } from 'vitest';
import { Gate } from '../../electron/phone/gate.ts';

it('lets the first browser with the token in, and no other', () => {
  const gate = new Gate();
  expect(gate.token).toMatch(/^[\w-]{32}$/);
  expect(gate.admits(null)).toBe(false);
  expect(gate.enter('x', null)).toBe('wrong');
  const entrance = gate.enter(gate.token, null);
  const { secret } = entrance as { secret: string };
  expect(secret).not.toBe(gate.token);
  expect(gate.admits(secret)).toBe(true);
  expect(gate.enter(gate.token, null)).toBe('used');
  expect(gate.enter(gate.token, gate.token)).toBe('used');
  expect(gate.enter(gate.token, secret), 'a reload').toEqual({ secret });
  expect(gate.locked).toBe(false);
});

it('has another token each time', () => {
  expect(new Set(Array.from({ length: 100 }, () => new Gate().token)).size).toBe(100);
});

it('lets nobody in any more after five wrong tokens, or wrong secrets, not even who was in', () => {
  const gate = new Gate();
  const { secret } = gate.enter(gate.token, null) as { secret: string };
  for (let i = 0; i < 3; i++) gate.enter(`${gate.token}x`, secret);
  expect(gate.admits(`${secret}x`)).toBe(false);
  expect(gate.locked).toBe(false);
  expect(gate.admits('')).toBe(false);
  expect(gate.locked).toBe(true);
  expect(gate.admits(secret)).toBe(false);
  expect(gate.enter(gate.token, secret)).toBe('wrong');
});
