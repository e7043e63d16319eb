/** A page for the browser of a phone, which measures files there: all that other processes may import. */
export { listAddresses, type PhoneAddress } from './addresses.ts';
export { writeQr } from './qr.ts';
export { type OpenPhoneSession, openPhoneSession, type SessionOptions } from './session.ts';
