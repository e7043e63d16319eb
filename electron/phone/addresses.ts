import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** An address of this computer that a page can be served on. */
export interface PhoneAddress {
  readonly address: string;
  /** The interface that has it, as the system calls it. */
  readonly network: string;
  /** Reached by nobody but this computer. */
  readonly loopback: boolean;
}

/** The addresses of this computer that a phone may reach it by: home and office networks first, loopback last. */
export function listAddresses(
  interfaces: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>> = networkInterfaces(),
): PhoneAddress[] {
  return Object.entries(interfaces)
    .flatMap(([network, infos = []]) =>
      infos
        .filter(({ address }) => !needsScope(address))
        .map(({ address, internal }) => ({ address, network, loopback: internal })),
    )
    .sort((a, b) => rank(a) - rank(b));
}

/** As the host of a web address. */
export function writeHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** Link-local addresses: browsers cannot open them, or only with the name of the phone's own interface. */
function needsScope(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith('169.254.');
}

const PRIVATE = /^(192\.168|10|172\.(1[6-9]|2\d|3[01]))\./;

function rank({ address, loopback }: PhoneAddress): number {
  const version = address.includes(':') ? 1 : 0;
  if (loopback) return 4 + version;
  return version === 1 ? 3 : PRIVATE.test(address) ? 0 : 1;
}
