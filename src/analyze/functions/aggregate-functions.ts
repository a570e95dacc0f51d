// Aggregates, the aggregates that lists may be folded with by name, and window functions.
import { pure, type ReviewedFunctions, refused } from './function-class.ts';

const pureAggregates = `
  any_value approx_count_distinct approx_quantile arbitrary arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null
  arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count count_if count_star
  countif covar_pop covar_samp entropy favg first fsum group_concat histogram histogram_exact kahan_sum kurtosis
  kurtosis_pop last list listagg mad max max_by mean median min min_by mode product quantile quantile_cont quantile_disc
  regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy sem skewness stddev
  stddev_pop stddev_samp string_agg sum sumkahan var_pop var_samp variance`;

/** Scalar macros whose definitions are made of the above; json_group_object raises one constant text of its own. */
const aggregateMacros = `
  geomean geometric_mean json_group_array json_group_object wavg weighted_avg`;

export const aggregateFunctions: readonly ReviewedFunctions[] = [
  { names: pureAggregates, class: pure },
  { names: aggregateMacros, class: pure },
  { names: 'reservoir_quantile', class: { kind: 'volatile' } },
  {
    names: 'approx_top_k',
    class: { kind: 'amplifying', guards: [{ kind: 'constantSize', arguments: [1], limit: 'topMax' }] },
  },
  // With one argument its length is max - min from the statistics of the whole table, hidden rows included; with three
  // it makes a gigabit for each group.
  { names: 'bitstring_agg', class: refused('introspects') },
  // json_structure over a list that it gathers first: nothing could look at its length.
  { names: 'json_group_structure', class: refused('unstoppable') },
  { names: 'sum_no_overflow', class: refused('internal') },
];

/** For list_aggregate(list, 'name', …): one input, and no size argument. */
export const listAggregateNames = `
  any_value approx_count_distinct approx_quantile arbitrary array_agg avg bit_and bit_or bit_xor bool_and bool_or count
  count_if countif entropy favg first fsum group_concat histogram kahan_sum kurtosis kurtosis_pop last list listagg mad
  max mean median min mode product quantile quantile_cont quantile_disc sem skewness stddev stddev_pop stddev_samp
  string_agg sum sumkahan var_pop var_samp variance`;

/** Callable with OVER only. */
export const windowOnlyNames = `
  row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value nth_value fill`;
