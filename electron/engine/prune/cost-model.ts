import { inputsOf, type Network } from '../model/network.ts';
import { featureShapes } from '../model/shapes.ts';
import type { Budget, Cost } from './budget.ts';
import type { ChannelGroup } from './channel-groups.ts';
import type { LatencyModel } from './latency/latency-model.ts';

/** `factor` times the widths of up to two groups; -1 stands for no group. */
interface Term {
  readonly factor: number;
  readonly first: number;
  readonly second: number;
}

/**
 * MACs and parameters of a network as a polynomial in its groups' widths: exact (the same numbers as `countNetwork` of the
 * resized description) and fast enough for the thousands of widths that a selection tries. With a model of latencies, the
 * milliseconds that it predicts, too.
 */
export class CostModel {
  readonly #macs: Term[] = [];
  readonly #parameters: Term[] = [];
  readonly #latencyMs: ((widths: ArrayLike<number>) => number) | null;

  constructor(network: Network, groups: readonly ChannelGroup[], latency?: LatencyModel) {
    this.#latencyMs = latency ? latency.bind(groups) : null;
    const shapes = featureShapes(network);
    const groupOf = new Map(groups.flatMap((group, index) => group.nodes.map((node) => [node, index] as const)));
    const term = (factor: number, first = -1, second = -1): Term => ({ factor, first, second });
    for (const node of network.nodes) {
      const [height, width] = shapes.get(node.name)!;
      const out = groupOf.get(node.name)!;
      const source = inputsOf(node)[0];
      const into = source === undefined ? -1 : groupOf.get(source)!;
      switch (node.op) {
        case 'conv':
          this.#macs.push(term(height * width * node.kernel ** 2, into, out));
          this.#parameters.push(term(node.kernel ** 2, into, out), term(Number(node.bias), out));
          break;
        case 'depthwise':
          this.#macs.push(term(height * width * node.kernel ** 2, out));
          this.#parameters.push(term(node.kernel ** 2 + Number(node.bias), out));
          break;
        case 'batchNorm':
          this.#parameters.push(term(2, out)); // gamma and beta
          break;
        case 'dense':
          this.#macs.push(term(1, into, out));
          this.#parameters.push(term(1, into, out), term(Number(node.bias), out));
          break;
        default:
          break;
      }
    }
  }

  /** Cost at `widths`, channel counts in the order of the groups. */
  cost(widths: ArrayLike<number>): Cost {
    return {
      macs: evaluate(this.#macs, widths),
      parameters: evaluate(this.#parameters, widths),
      latencyMs: this.#latencyMs?.(widths),
    };
  }
}

/** The tightest bound's unused share: negative when a bound is exceeded, 1 at most. */
export function slackOf(cost: Cost, budget: Budget): number {
  let slack = 1;
  if (budget.macs !== undefined) slack = Math.min(slack, 1 - cost.macs / budget.macs);
  if (budget.parameters !== undefined) slack = Math.min(slack, 1 - cost.parameters / budget.parameters);
  if (budget.latencyMs !== undefined) slack = Math.min(slack, 1 - latencyOf(cost) / budget.latencyMs);
  return slack;
}

/** True when no bound is exceeded, compared exactly. */
export function fits(cost: Cost, budget: Budget): boolean {
  return (
    cost.macs <= (budget.macs ?? Infinity) &&
    cost.parameters <= (budget.parameters ?? Infinity) &&
    (budget.latencyMs === undefined || latencyOf(cost) <= budget.latencyMs)
  );
}

/** @throws TypeError where milliseconds are bounded but nothing predicts them */
function latencyOf({ latencyMs }: Cost): number {
  if (latencyMs === undefined) throw new TypeError('A budget in milliseconds needs a LatencyModel.');
  return latencyMs;
}

function evaluate(terms: readonly Term[], widths: ArrayLike<number>): number {
  let sum = 0;
  for (const { factor, first, second } of terms) {
    sum += factor * (first < 0 ? 1 : widths[first]!) * (second < 0 ? 1 : widths[second]!);
  }
  return sum;
}
