// One statement that writes rows -> what is to be done. Each kind has its own file.
import type { WriteStatement } from '../../parse/write-statement.ts';
import type { GovernEnvironment } from '../environment.ts';
import { planInsert } from './insert.ts';
import { planMerge } from './merge.ts';
import { planDelete, planUpdate } from './update.ts';
import type { WritePlan } from './write-plan.ts';

/** @throws SqlError for what the asker may not, or what does not fit */
export async function planWrite(environment: GovernEnvironment, statement: WriteStatement): Promise<WritePlan> {
  switch (statement.kind) {
    case 'insert':
      return planInsert(environment, statement);
    case 'update':
      return planUpdate(environment, statement);
    case 'delete':
    case 'truncate':
      return planDelete(environment, statement);
    case 'merge':
      return planMerge(environment, statement);
  }
}
