import type { Result } from '../../../shared/ipc/contract.ts';
import type { EngineStatus, Settings } from '../../../shared/ipc/topics/app.ts';
import type { Diagnosis } from '../../../shared/run/diagnosis.ts';
import { formatDiagnosis } from '../../../shared/run/diagnosis-text.ts';

/** Formats the details that a bug report needs. */
export function formatBugReport({
  app,
  settings,
  status,
  diagnosis,
}: {
  app: Result<'app.describe'>;
  settings: Settings;
  status: EngineStatus | null;
  diagnosis: Diagnosis;
}): string {
  const chosen = Object.entries(settings).map(([name, value]) => `${name} ${value === null ? 'default' : value}`);
  return [
    `Decant ${app.version}, Electron ${app.electron}, ${app.platform}`,
    `Engine: ${[status?.state ?? 'unknown', ...(status?.message ? [status.message] : [])].join(', ')}`,
    `Settings: ${chosen.join(', ')}`,
    '',
    formatDiagnosis(diagnosis),
  ].join('\n');
}
