import type { EngineStatus } from '../../shared/ipc/topics/app.ts';
import { ask, on } from '../bridge.ts';
import { toasts } from './toasts.svelte.ts';

/** What the engine is doing; null until its first report. */
class StatusState {
  current = $state.raw<EngineStatus | null>(null);

  async start(): Promise<void> {
    on('engine.changed', ({ status }) => {
      const before = this.current;
      this.current = status;
      if (status.state === 'restarting' && before?.state !== 'restarting') sayRestart(status, before);
    });
    this.current = await ask('engine.status', {});
  }
}

/** It takes some seconds until the engine computes again. */
function sayRestart({ message }: EngineStatus, before: EngineStatus | null): void {
  const rest = before?.activeRun ? ' The run goes on from its last checkpoint in a few seconds.' : '';
  toasts.say(`${message ?? 'The engine is restarting.'}${rest}`, { tone: 'danger' });
}

export const status = new StatusState();
