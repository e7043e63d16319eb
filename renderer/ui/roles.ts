/** The three networks that every screen compares: one label, one colour and one shape each, everywhere. */
export const ROLES = {
  teacher: { label: 'Teacher', short: 'Teacher', token: '--teacher', symbol: 'rect', dash: [6, 3] },
  baseline: { label: 'Student, full', short: 'Full', token: '--baseline', symbol: 'triangle', dash: [2, 3] },
  student: { label: 'Student, compressed', short: 'Compressed', token: '--student', symbol: 'circle', dash: null },
} as const;

export type Role = keyof typeof ROLES;
