const NAMES: Readonly<Record<string, string>> = {
  train: 'Training',
  validation: 'Validation',
  test: 'Test',
  unsplit: 'Not split',
  unlabelled: 'Unlabelled',
};

/** Names a split of a dataset; a folder with another name keeps it. */
export function nameSplit(split: string): string {
  return NAMES[split] ?? split;
}
