import type { Clock } from '../../../../electron/engine/core/clock.ts';
import { countNetwork, type Network } from '../../../../electron/engine/model/index.ts';
import type { NetworkTimer } from '../../../../electron/engine/run/latency/network-timer.ts';

/** A runtime whose clock counts multiplications. */
export class FakeTimer implements NetworkTimer {
  readonly runtime: string;
  readonly clock: Clock;
  /** Networks that were timed. */
  turns = 0;
  #now = Date.UTC(2026, 10, 30);
  readonly #onTurn: (turns: number) => void;
  readonly #whole: number;

  constructor({
    runtime = 'Abacus 1',
    onTurn = () => {},
    whole = 1,
  }: {
    runtime?: string;
    onTurn?: (turns: number) => void /** How much longer whole networks take. */;
    whole?: number;
  } = {}) {
    this.#whole = whole;
    this.runtime = runtime;
    this.#onTurn = onTurn;
    this.clock = { now: () => this.#now, elapsedMs: () => this.#now };
  }

  static timeOf({ macs }: { macs: number }): number {
    return 0.1 + 1e-6 * macs;
  }

  async time(network: Network): Promise<number[]> {
    this.#onTurn(++this.turns);
    this.#now += 1000;
    const isPiece = network.nodes[0]!.name === 'image';
    const ms = (isPiece ? 1 : this.#whole) * FakeTimer.timeOf(countNetwork(network));
    // Something else is computed now and then.
    return [2 * ms, ms, 50 * ms];
  }
}
