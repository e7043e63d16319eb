import { LONGEST_DEVICE, type PhoneMeasurement } from '../../../../../shared/run/phone-measurement.ts';
import { cleanText } from '../../../../../shared/text/clean.ts';
import { systemClock } from '../../../core/clock.ts';
import {
  findRun,
  markPhoneRemoved,
  openStore,
  type Store,
  savePhone,
  selectPhones,
  writeRunRecord,
} from '../../../store/index.ts';

/** Keeps what a phone measured with its run. @throws DecantError `run.unknown`, `disk.full`, `output.unwritable` */
export function keepMeasurement(store: Store, run: string, measurement: PhoneMeasurement): void {
  const { id } = findRun(store.db, run);
  savePhone(store.db, id, measurement);
  writeRunRecord(store, id);
}

/** The same, for whoever has no store open. Throws as `keepMeasurement` and `openStore`. */
export function keepPhoneMeasurement({
  home,
  run,
  measurement,
}: {
  home: string;
  run: string;
  measurement: PhoneMeasurement;
}): void {
  const store = openStore(home);
  try {
    keepMeasurement(store, run, measurement);
  } finally {
    store.close();
  }
}

/**
 * Gives a measurement's device another name, takes the measurement away, or brings it back; of one that is not there nothing
 * changes.
 *
 * @throws DecantError `run.unknown`, `disk.full`, `output.unwritable`
 */
export function changeMeasurement(
  store: Store,
  run: string,
  { id, device, removed }: { id: string; device?: string | undefined; removed?: boolean | undefined },
): void {
  const { id: known } = findRun(store.db, run);
  store.db.transaction(() => {
    if (removed !== undefined) markPhoneRemoved(store.db, known, id, removed ? systemClock.now() : null);
    const found = selectPhones(store.db, known).find((measurement) => measurement.id === id);
    if (found && device !== undefined)
      savePhone(store.db, known, { ...found, device: cleanText(device).slice(0, LONGEST_DEVICE) });
  })();
  writeRunRecord(store, known);
}
