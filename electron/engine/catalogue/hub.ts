import { DecantError } from '../core/errors.ts';

const HUB = 'https://huggingface.co';

/**
 * Where weights are published: the hub, or the mirror of it that `DECANT_HUB` names.
 *
 * @throws DecantError `usage.invalid` for a mirror that is no address
 */
export function findHub(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const mirror = env.DECANT_HUB ?? '';
  if (mirror === '') return HUB;
  if (URL.canParse(mirror) && /^https?:$/.test(new URL(mirror).protocol)) return mirror.replace(/\/+$/, '');
  throw new DecantError('usage.invalid', `DECANT_HUB is "${mirror}"; allowed: an address like ${HUB}.`, { mirror });
}
