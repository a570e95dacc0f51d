// The settings of a session that decide how values are spelled.
import type { Spelling } from '../../session/door.ts';

export type { Spelling };

/** PostgreSQL's defaults. */
export const defaultSpelling: Spelling = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
};
