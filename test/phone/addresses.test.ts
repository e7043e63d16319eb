import { expect, it } from 'vitest';
import { listAddresses, writeHost } from '../../electron/phone/addresses.ts';

const info = (address: string, internal = false) => ({
  address,
  internal,
  netmask: '',
  mac: '',
  cidr: null,
  ...(address.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const }),
});

it('lists networks at home first and loopback last, without addresses that browsers cannot open', () => {
  const addresses = listAddresses({
    lo: [info('127.0.0.1', true), info('::1', true)],
    wlan0: [info('fe80::1'), info('2001:db8::7'), info('192.168.1.7')],
    eth0: [info('203.0.113.9'), info('169.254.3.4'), info('10.0.0.4')],
  });
  expect(addresses.map(({ address, loopback }) => `${address}${loopback ? ' loopback' : ''}`)).toEqual([
    '192.168.1.7',
    '10.0.0.4',
    '203.0.113.9',
    '2001:db8::7',
    '127.0.0.1 loopback',
    '::1 loopback',
  ]);
  expect(addresses[0]).toEqual({ address: '192.168.1.7', network: 'wlan0', loopback: false });
});

it('writes an address as a host', () => {
  expect(writeHost('10.0.0.4')).toBe('10.0.0.4');
  expect(writeHost('2001:db8::7')).toBe('[2001:db8::7]');
});

it('finds loopback on this computer', () => {
  expect(listAddresses()).toContainEqual(expect.objectContaining({ address: '127.0.0.1', loopback: true }));
});
