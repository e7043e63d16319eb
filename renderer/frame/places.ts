import Columns2 from '@lucide/svelte/icons/columns-2';
import Database from '@lucide/svelte/icons/database';
import FlaskConical from '@lucide/svelte/icons/flask-conical';
import List from '@lucide/svelte/icons/list';
import Package from '@lucide/svelte/icons/package';
import ScanEye from '@lucide/svelte/icons/scan-eye';
import Settings from '@lucide/svelte/icons/settings';
import type { Component } from 'svelte';
import { MENU_SHORTCUTS } from '../../shared/ipc/menu-shortcuts.ts';
import type { Place } from '../state/navigation.svelte.ts';

/** The places on the rail, from the top. Shortcuts follow this order. */
export const PLACES: readonly {
  place: Exclude<Place, 'run'>;
  label: string;
  icon: Component<{ size?: number | string }>;
  shortcut: string;
}[] = [
  { place: 'datasets', label: 'Datasets', icon: Database, shortcut: MENU_SHORTCUTS.datasets },
  { place: 'new-run', label: 'New run', icon: FlaskConical, shortcut: 'Mod+2' },
  { place: 'runs', label: 'Runs', icon: List, shortcut: MENU_SHORTCUTS.runs },
  { place: 'compare', label: 'Compare', icon: Columns2, shortcut: MENU_SHORTCUTS.compare },
  { place: 'try', label: 'Try', icon: ScanEye, shortcut: MENU_SHORTCUTS.try },
  { place: 'export', label: 'Export', icon: Package, shortcut: MENU_SHORTCUTS.export },
  { place: 'settings', label: 'Settings', icon: Settings, shortcut: 'Mod+7' },
];
