// SET, SHOW, RESET, USE, SET CURRENT USER, DEALLOCATE, DISCARD: about the session itself.
import { Access } from '../authorize/access.ts';
import { setCurrentUser } from '../authorize/administration.ts';
import { connectCatalog, missingSchema, useSchema } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Schema } from '../catalog/securable.ts';
import type { SessionStatement } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import { answerOutcome } from './answer-outcome.ts';
import type { Outcome } from './door.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';

export interface SessionCommand {
  readonly statement: SessionStatement;
  readonly trail: StatementTrail;
  readonly deallocate: (name: string | undefined) => void;
}

export async function runSessionCommand(state: SessionState, command: SessionCommand): Promise<Outcome> {
  const { statement, trail } = command;
  // A change of identity is evidence of its own: it waits for its event.
  if (statement.kind === 'setCurrentUser') await trail.started([]);
  else trail.startedUnwaited();
  const outcome = await outcomeOf(state, statement, command);
  trail.finished(outcome.kind === 'rows' ? 1 : 0);
  return outcome;
}

async function outcomeOf(state: SessionState, statement: SessionStatement, command: SessionCommand): Promise<Outcome> {
  await Promise.resolve();
  switch (statement.kind) {
    case 'useCatalog':
      useCatalog(state, statement.catalog);
      return done('USE');
    case 'useSchema':
      changeSchema(state, statement.name.parts);
      return done('USE');
    case 'use':
      useEither(state, statement.name.parts);
      return done('USE');
    case 'setCurrentUser':
      changeUser(state, statement.user.name);
      return done('SET');
    case 'resetCurrentUser':
      state.runAsId = undefined;
      return done('RESET');
    case 'set':
      changeSetting(state, statement.name, statement.values);
      return done('SET');
    case 'setTransaction':
      setTransaction(state, statement);
      return done('SET');
    case 'showSetting':
      return showSetting(state, statement.name);
    case 'resetSetting':
      resetSetting(state, statement.name);
      return done('RESET');
    case 'deallocate':
      command.deallocate(statement.name);
      return done(statement.name === undefined ? 'DEALLOCATE ALL' : 'DEALLOCATE');
    case 'unlisten':
      return done('UNLISTEN');
    case 'discard':
      discard(state, statement.what, command);
      return done(`DISCARD ${statement.what}`);
  }
}

function done(tag: string): Outcome {
  return { kind: 'done', tag };
}

function accessOf(state: SessionState): Access {
  const snapshot = state.snapshot();
  return new Access(snapshot, state.identity(snapshot), state.services.clock.now());
}

/** The system catalog always exists and anyone may use it. */
export const systemCatalog = 'system';

function useCatalog(state: SessionState, name: string): void {
  state.currentCatalog = knownCatalog(state, name);
  enterDefaultSchema(state);
}

/** Where names without a schema are looked up until a client says something else: the first of these that the user may know. */
const defaultSchemas: readonly string[] = ['public', 'default'];

function enterDefaultSchema(state: SessionState): void {
  const [schema] = knownSchemas(state, defaultSchemas);
  state.currentSchema = schema?.name;
  state.settings.put('search_path', schema?.name ?? '');
}

/** For a new session: the search_path of its start-up packet, or the default. Unlike SET it takes names that are not there. */
export function enterSchema(state: SessionState): void {
  const wanted = state.settings.get('search_path');
  if (wanted === '') enterDefaultSchema(state);
  else state.currentSchema = knownSchemas(state, namesIn(wanted))[0]?.name;
}

function namesIn(path: string): readonly string[] {
  return path.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
}

function knownSchemas(state: SessionState, names: readonly string[]): readonly Schema[] {
  const snapshot = state.snapshot();
  const catalog = snapshot.catalogByName(state.currentCatalog);
  if (catalog === undefined) return [];
  const access = accessOf(state);
  return names.flatMap((name) => {
    const schema = snapshot.schemaByName(catalog.id, name);
    return schema !== undefined && access.knows(schema) ? [schema] : [];
  });
}

function knownCatalog(state: SessionState, name: string): string {
  if (fold(name) === systemCatalog) return systemCatalog;
  return connectCatalog(accessOf(state), name).name;
}

function changeSchema(state: SessionState, parts: readonly string[]): void {
  const [first = '', second] = parts;
  const catalogName = second === undefined ? state.currentCatalog : first;
  const access = accessOf(state);
  const catalog = connectCatalog(access, catalogName);
  const schema = useSchema(access, catalog, second ?? first);
  state.currentCatalog = catalog.name;
  state.currentSchema = schema.name;
  state.settings.put('search_path', schema.name);
}

/** `USE a`: a catalog if one has the name, else a schema of the current catalog. */
function useEither(state: SessionState, parts: readonly string[]): void {
  const [name = ''] = parts;
  const snapshot = state.snapshot();
  const found = fold(name) === systemCatalog ? true : snapshot.catalogByName(name);
  if (parts.length === 1 && found !== undefined && mayKnow(state, name)) useCatalog(state, name);
  else changeSchema(state, parts);
}

function mayKnow(state: SessionState, name: string): boolean {
  if (fold(name) === systemCatalog) return true;
  const catalog = state.snapshot().catalogByName(name);
  return catalog !== undefined && accessOf(state).knows(catalog);
}

/** Decided for the login user, whoever it acts as now. */
function changeUser(state: SessionState, name: string): void {
  const snapshot = state.snapshot();
  const login = state.runAsId;
  state.runAsId = undefined;
  try {
    state.runAsId = setCurrentUser(accessOf(state), name).id;
  } catch (error) {
    state.runAsId = login;
    throw error;
  }
  // Whom the session acts as is not a grant to read what the catalog of before held.
  if (snapshot !== state.snapshot()) state.resetCancel();
}

function changeSetting(state: SessionState, name: string, values: readonly string[] | undefined): void {
  if (fold(name) === 'search_path') {
    setSearchPath(state, values ?? []);
    return;
  }
  if (values === undefined) state.settings.reset(name);
  else state.settings.set(name, values.join(', '));
}

function setTransaction(
  state: SessionState,
  { readOnly, ofSession }: Extract<SessionStatement, { kind: 'setTransaction' }>,
): void {
  if (readOnly === undefined) return;
  if (ofSession) {
    state.settings.set('default_transaction_read_only', readOnly ? 'on' : 'off');
    return;
  }
  if (state.transaction.kind !== 'explicit') {
    const message = 'SET TRANSACTION can only be used in transaction blocks';
    state.notices.push({ severity: 'WARNING', sqlState: '25P01', message });
    return;
  }
  state.transaction.readOnly = readOnly;
}

/** Names that clients put into search_path whether or not they exist. */
const customary: ReadonlySet<string> = new Set(['', 'public', '$user', 'pg_catalog', 'information_schema']);

/** The first schema of the path that exists and may be used becomes the current one, as in PostgreSQL. */
function setSearchPath(state: SessionState, values: readonly string[]): void {
  const snapshot = state.snapshot();
  const catalog = snapshot.catalogByName(state.currentCatalog);
  const access = accessOf(state);
  const found = values.flatMap((name) => {
    const schema = catalog === undefined ? undefined : snapshot.schemaByName(catalog.id, name);
    if (schema !== undefined && access.knows(schema)) return [schema];
    if (customary.has(fold(name))) return [];
    throw missingSchema(displayName([state.currentCatalog, name]));
  });
  state.currentSchema = found[0]?.name;
  state.settings.put('search_path', values.join(', '));
}

function showSetting(state: SessionState, name: string): Outcome {
  if (fold(name) === 'all') {
    const rows = state.settings.all().map(([setting, value]) => [setting, value, '']);
    return answerOutcome(textAnswer(['name', 'setting', 'description'], rows), 'SHOW');
  }
  const { readOnly, kind } = state.transaction;
  const ofTransaction = fold(name) === 'transaction_read_only' && kind === 'explicit';
  const value = ofTransaction && readOnly ? 'on' : state.settings.get(name);
  return answerOutcome(textAnswer([fold(name)], [[value]]), 'SHOW');
}

function resetSetting(state: SessionState, name: string): void {
  if (fold(name) === 'all') {
    state.settings.resetAll();
    enterSchema(state);
  } else if (fold(name) === 'search_path') enterDefaultSchema(state);
  else state.settings.reset(name);
}

function discard(state: SessionState, what: string, command: SessionCommand): void {
  if (what !== 'ALL') return;
  if (state.transaction.kind === 'explicit') {
    throw new SqlError('activeTransaction', 'DISCARD ALL cannot run inside a transaction block');
  }
  state.settings.resetAll();
  state.runAsId = undefined;
  enterSchema(state);
  command.deallocate(undefined);
}
