import type { Line } from '../../../../shared/run/stages.ts';
import type { RunId } from '../../core/ids.ts';
import { type ReadableStore, readArtifact, saveArtifact } from '../../store/index.ts';
import { decodeModel, encodeModel, type Model } from './models.ts';
import type { RunContext } from './run-context.ts';

/** What the network of a line is kept as. */
export function modelFile(line: Line): string {
  return `${line}.safetensors`;
}

/** A network that a run keeps, or null where it has none. */
export async function readModel({ store, id }: { store: ReadableStore; id: RunId }, line: Line): Promise<Model | null> {
  const bytes = await readArtifact(store, id, modelFile(line));
  return bytes && decodeModel(bytes, modelFile(line));
}

/** Keeps a network as an artifact of its run, `<line>.safetensors`. */
export async function saveModel({ store, id, clock }: RunContext, line: Line, model: Model): Promise<void> {
  await saveArtifact(store, id, { name: modelFile(line), content: encodeModel(model) }, { nowMs: clock.now() });
}
