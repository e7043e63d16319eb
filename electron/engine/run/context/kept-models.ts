import type { Line } from '../../../../shared/run/lines.ts';
import type { RunId } from '../../core/ids.ts';
import { type ReadableStore, readArtifact, saveArtifact } from '../../store/index.ts';
import { decodeModel, encodeModel, type Model } from './models.ts';
import type { RunContext } from './run-context.ts';

/** A network that a run keeps, or null where it has none. */
export async function readModel({ store, id }: { store: ReadableStore; id: RunId }, line: Line): Promise<Model | null> {
  const bytes = await readArtifact(store, id, `${line}.safetensors`);
  return bytes && decodeModel(bytes, `${line}.safetensors`);
}

/** Keeps a network as an artifact of its run, `<line>.safetensors`. */
export async function saveModel({ store, id, clock }: RunContext, line: Line, model: Model): Promise<void> {
  await saveArtifact(store, id, { name: `${line}.safetensors`, content: encodeModel(model) }, { nowMs: clock.now() });
}
