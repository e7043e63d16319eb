import type { EngineStatus } from '../../shared/ipc/topics/app.ts';
import { ask, on } from '../bridge.ts';

/** What the engine is doing; null until its first report. */
class StatusState {
  current = $state.raw<EngineStatus | null>(null);

  async start(): Promise<void> {
    on('engine.changed', ({ status }) => {
      this.current = status;
    });
    this.current = await ask('engine.status', {});
  }
}

export const status = new StatusState();
