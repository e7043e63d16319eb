import type { AppEvent } from './events.ts';

/** What the native menu asks the window to do. */
export type MenuCommand = Extract<AppEvent, { type: 'menu.chosen' }>['command'];

/** Keys of the menu and of the window for the same things; `Mod` is Ctrl, or Cmd on a Mac. */
export const MENU_SHORTCUTS = {
  'new-run': 'Mod+N',
  'open-dataset': 'Mod+O',
  'open-recipe': 'Mod+Alt+O',
  find: 'Mod+K',
  datasets: 'Mod+1',
  runs: 'Mod+3',
  compare: 'Mod+4',
  try: 'Mod+5',
  export: 'Mod+6',
  settings: 'Mod+,',
  shortcuts: 'Mod+/',
} as const satisfies Record<MenuCommand, string>;
