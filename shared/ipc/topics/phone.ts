import { z } from 'zod';
import { LONGEST_DEVICE, phoneMeasurementSchema } from '../../run/phone-measurement.ts';
import { EXPORT_FORMATS, PRECISIONS } from '../../run/recipe.ts';
import { count, nothing, request, runId, workId } from '../message.ts';

const choice = z.strictObject({ format: z.enum(EXPORT_FORMATS), precision: z.enum(PRECISIONS) });

/** A page that is served to a phone. */
export const phoneSessionSchema = z.strictObject({
  run: runId,
  /** The address to open, with its token. */
  url: z.string(),
  /** Its QR code: lines of `1` (dark) and `0` (light). */
  qr: z.array(z.string()),
  endsAt: z.iso.datetime(),
  /** `waiting`: nobody opened it yet; `ended`: nothing is served any more. */
  state: z.enum(['waiting', 'connected', 'measured', 'ended']),
  /** What the browser says that it is. */
  device: z.string().nullable(),
  /** The file that the phone loaded last. */
  activity: z.string().nullable(),
  measurement: phoneMeasurementSchema.nullable(),
  /** Why it ended, where nobody asked for it. */
  message: z.string().nullable(),
});
export type PhoneSession = z.infer<typeof phoneSessionSchema>;

export const phoneRequests = {
  /** What of a finished run a phone can measure, and the addresses of this computer. */
  'phone.choices': request(
    z.strictObject({ run: runId }),
    z.strictObject({
      exports: z.array(
        z.strictObject({
          format: z.enum(EXPORT_FORMATS),
          precision: z.string(),
          name: z.string(),
          bytes: count,
          /** Why a phone cannot measure it; null: it can. */
          problem: z.string().nullable(),
        }),
      ),
      addresses: z.array(z.strictObject({ address: z.string(), network: z.string(), loopback: z.boolean() })),
    }),
  ),
  /** Prepares images, and serves them with the files on one address; ends what was served before. */
  'phone.open': request(
    z.strictObject({
      run: runId,
      exports: z.array(choice).min(1).max(20),
      address: z.string().max(64),
      work: workId,
    }),
    phoneSessionSchema,
  ),
  /** Serves nothing any more. */
  'phone.close': request(nothing, nothing),
  /** Gives the device of a measurement another name, takes the measurement away, or brings it back. */
  'phone.change': request(
    z.strictObject({
      run: runId,
      measurement: phoneMeasurementSchema.shape.id,
      device: z.string().trim().min(1).max(LONGEST_DEVICE).optional(),
      removed: z.boolean().optional(),
    }),
    nothing,
  ),
};
