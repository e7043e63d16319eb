import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import CirclePlay from '@lucide/svelte/icons/circle-play';
import CircleStop from '@lucide/svelte/icons/circle-stop';
import Clock from '@lucide/svelte/icons/clock';
import Unplug from '@lucide/svelte/icons/unplug';
import type { Component } from 'svelte';
import type { AppRunState } from '../../shared/ipc/topics/runs.ts';

interface StateLooks {
  readonly label: string;
  readonly tone: 'neutral' | 'accent' | 'success' | 'warning' | 'danger';
  readonly icon: Component<{ size?: number | string }>;
}

/** How a run's state looks, everywhere. */
export const STATE_LOOKS: Readonly<Record<AppRunState, StateLooks>> = {
  queued: { label: 'Waiting', tone: 'neutral', icon: Clock },
  running: { label: 'Running', tone: 'accent', icon: CirclePlay },
  paused: { label: 'Paused', tone: 'warning', icon: CirclePause },
  interrupted: { label: 'Interrupted', tone: 'warning', icon: Unplug },
  finished: { label: 'Finished', tone: 'success', icon: CircleCheck },
  stopped: { label: 'Stopped', tone: 'neutral', icon: CircleStop },
  failed: { label: 'Failed', tone: 'danger', icon: CircleAlert },
};
