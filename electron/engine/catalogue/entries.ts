import type { Architecture } from '../../../shared/run/architectures.ts';

/** Published weights of a network that can be built here: where they are, whose, and what they must be. */
export interface CatalogueEntry {
  /** What recipes call it: `catalogue:<id>`. */
  readonly id: string;
  readonly title: string;
  readonly architecture: Architecture;
  readonly width: number;
  readonly publisher: string;
  /** As the model's page states it, by SPDX. */
  readonly licence: string;
  /** Repository on the hub. */
  readonly repository: string;
  /** Commit of the repository: what it holds never changes. */
  readonly revision: string;
  readonly file: string;
  /** Where `sha256` is null, and of `timm-mobilenetv2-100`, as the hub's page rounds it. */
  readonly sizeBytes: number;
  /** Null: the hub states it when the file of this revision is first asked for, and the home keeps it from then on. */
  readonly sha256: string | null;
}

const TIMM = { publisher: 'timm (Ross Wightman), trained on ImageNet-1k', licence: 'Apache-2.0' } as const;

/**
 * ImageNet weights of 1000 classes, normalized as Decant normalizes, at 224 pixels. Not in it: timm's `tf_` networks, which
 * pad otherwise; those of timm that were trained with another normalization (`miil`, `ra4`) or have other widths inside
 * (`small_050`, `small_075`); torchvision's, which are published as pickles only.
 */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    ...TIMM,
    id: 'timm-mobilenetv3-large-100',
    title: 'MobileNetV3-Large 1.0, ImageNet-1k (RandAugment)',
    architecture: 'mobilenet-v3-large',
    width: 1,
    repository: 'timm/mobilenetv3_large_100.ra_in1k',
    revision: '96f46a1c52932f27492dff66c72378eb99b443a7',
    file: 'model.safetensors',
    sizeBytes: 22_058_321,
    sha256: 'f425af34cc1cead2b5d6211f789a1f30b94835dc32f9c0fcc5a916e4fd2dde85',
  },
  {
    ...TIMM,
    id: 'timm-mobilenetv3-small-100',
    title: 'MobileNetV3-Small 1.0, ImageNet-1k (LAMB)',
    architecture: 'mobilenet-v3-small',
    width: 1,
    repository: 'timm/mobilenetv3_small_100.lamb_in1k',
    revision: '1824797e7887cbec1990e4adbd6675960a36c589',
    file: 'model.safetensors',
    sizeBytes: 10_241_912,
    sha256: '46d2c063b18125884c48937afa4c49e18128869e52e8db96df48bf0a4d7ff697',
  },
  {
    ...TIMM,
    id: 'timm-mobilenetv2-100',
    title: 'MobileNetV2 1.0, ImageNet-1k (RandAugment)',
    architecture: 'mobilenet-v2',
    width: 1,
    repository: 'timm/mobilenetv2_100.ra_in1k',
    revision: 'f3ff81ba89de0bc46b546568ebeab2edef6b9d49',
    file: 'model.safetensors',
    sizeBytes: 14_200_000,
    sha256: '55ea4fb3a96010b933710ebf44fc965b070d5cd054d3f35e44f2d1320b4a714e',
  },
  {
    ...TIMM,
    id: 'timm-mobilenetv2-140',
    title: 'MobileNetV2 1.4, ImageNet-1k (RandAugment)',
    architecture: 'mobilenet-v2',
    width: 1.4,
    repository: 'timm/mobilenetv2_140.ra_in1k',
    revision: '008fa2eb59c0080738c65898a7666059e11c0a75',
    file: 'model.safetensors',
    sizeBytes: 24_700_000,
    sha256: null,
  },
];

/** Where weights are, on the hub or on a mirror of it. */
export function addressOf({ repository, revision, file }: CatalogueEntry, hub: string): string {
  return `${hub}/${repository}/resolve/${revision}/${file}`;
}
