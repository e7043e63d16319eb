import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import CirclePlay from '@lucide/svelte/icons/circle-play';
import CircleStop from '@lucide/svelte/icons/circle-stop';
import Clock from '@lucide/svelte/icons/clock';
import Unplug from '@lucide/svelte/icons/unplug';
import type { Component } from 'svelte';
import type { AppRunState } from '../../shared/ipc/topics/runs.ts';

interface StateStyle {
  readonly label: string;
  readonly tone: 'neutral' | 'accent' | 'success' | 'warning' | 'danger';
  readonly icon: Component<{ size?: number | string }>;
}

/** Label, colour and icon of each state of a run. */
export const STATE_STYLES: Readonly<Record<AppRunState, StateStyle>> = {
  queued: { label: 'Queued', tone: 'neutral', icon: Clock },
  running: { label: 'Running', tone: 'accent', icon: CirclePlay },
  paused: { label: 'Paused', tone: 'warning', icon: CirclePause },
  interrupted: { label: 'Interrupted', tone: 'warning', icon: Unplug },
  finished: { label: 'Finished', tone: 'success', icon: CircleCheck },
  stopped: { label: 'Stopped', tone: 'neutral', icon: CircleStop },
  failed: { label: 'Failed', tone: 'danger', icon: CircleAlert },
};
