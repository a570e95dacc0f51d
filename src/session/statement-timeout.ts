import type { SessionState } from './session-state.ts';

/** Starts statement_timeout for the running statement; the answer stops it. */
export function withTimeout(state: SessionState): () => void {
  const set = Number(state.settings.get('statement_timeout'));
  const timeoutMs = set === 0 ? state.services.statementTimeoutMs : set;
  if (timeoutMs === 0) return () => undefined;
  const timer = setTimeout(() => {
    state.cancel('canceling statement due to statement timeout');
  }, timeoutMs);
  return () => {
    clearTimeout(timer);
  };
}
