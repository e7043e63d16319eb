import { isJsonObject, type JsonObject } from '../form.ts';
import { upgradeFinishPlaceTo2 } from './finish-place-2.ts';

/** Version 3 of checkpoints: the place in the training, `data.position`, as that of an early finish. Where a line branches off there is none. */
export function upgradeCheckpointTo3(json: JsonObject): JsonObject {
  const { data } = json;
  if (!isJsonObject(data) || !isJsonObject(data.position)) return json;
  return { ...json, data: { ...data, position: upgradeFinishPlaceTo2(data.position) } };
}
