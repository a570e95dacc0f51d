// How COPY spells rows (PostgreSQL 15, "COPY": File Formats).

export interface CopyFormat {
  readonly format: 'text' | 'csv' | 'binary';
  /** A first line with the columns' names. */
  readonly header: boolean;
  /** One byte each. */
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  /** What stands for NULL. */
  readonly null: string;
  /** Columns that are quoted in CSV whatever they hold. */
  readonly forceQuote: 'all' | readonly string[];
}
