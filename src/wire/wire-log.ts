/** What the wire layer needs of a logger; pino's fits. */
export interface WireLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
