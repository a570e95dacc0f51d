// Plans that wait to be applied: what was said, by whom, and the hash that binds it to what it would do.
import { LRUCache } from 'lru-cache';
import { limits } from '../base/limits.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { ParsedStatement } from '../parse/statement.ts';
import type { PlanRequest } from './plan-query.ts';

export interface ChangePlan {
  readonly hash: string;
  /** Whose statements they are: the user that the session acted as. */
  readonly plannerId: ObjectId;
  readonly statements: readonly ParsedStatement[];
  /** Where names resolved. */
  readonly place: Pick<PlanRequest, 'path' | 'session' | 'outputNames'>;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
}

export class ChangePlans {
  readonly #plans: LRUCache<string, ChangePlan> = new LRUCache({ max: limits.plansMax });

  keep(plan: ChangePlan): void {
    this.#plans.set(plan.hash, plan);
  }

  /** One that is too old is gone. */
  find(hash: string, now: number): ChangePlan | undefined {
    const plan = this.#plans.get(hash);
    if (plan === undefined || plan.madeAt + limits.planLifeMs > now) return plan;
    this.#plans.delete(hash);
    return undefined;
  }

  forget(hash: string): void {
    this.#plans.delete(hash);
  }
}
