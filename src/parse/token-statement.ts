// Statements about personal access tokens, as data.
import type { PrincipalRef, Span } from './statement.ts';

export type TokenStatement =
  | {
      readonly kind: 'createToken';
      readonly comment?: string;
      /** A moment, or a number of days from now. */
      readonly expires?: { readonly at: Span } | { readonly days: string };
    }
  | { readonly kind: 'dropToken'; readonly id: string; readonly offset: number }
  | { readonly kind: 'showTokens'; readonly user?: PrincipalRef };
