// Scalar functions and scalar macros that compute from their arguments alone. Reviewed against the sources of DuckDB 1.5.
import { type FunctionClass, pure, type ReviewedFunctions } from './function-class.ts';

const text1: FunctionClass = { kind: 'leakproof', arity: 1, on: ['VARCHAR'] };
const text2: FunctionClass = { kind: 'leakproof', arity: 2, on: ['VARCHAR'] };

/** Never throw: the only functions that may run on rows a row filter hides. Concatenation is not among them: enough
 * copies of a hidden text exhaust the memory limit, which is an error that tells its length. */
export const leakproofFunctions: readonly ReviewedFunctions[] = [
  { names: 'lower lcase upper ucase trim ltrim rtrim', class: text1 },
  { names: 'length len char_length character_length strlen bit_length', class: text1 },
  { names: 'starts_with ^@ prefix ends_with suffix contains', class: text2 },
  { names: 'octet_length', class: { kind: 'leakproof', arity: 1, on: ['BLOB'] } },
  { names: 'isnan', class: { kind: 'leakproof', arity: 1, on: ['FLOAT', 'DOUBLE'] } },
  { names: 'isinf isfinite', class: { kind: 'leakproof', arity: 1, on: ['FLOAT', 'DOUBLE', 'DATE', 'TIMESTAMP'] } },
  {
    names: 'nullif greatest least',
    class: { kind: 'leakproof', arity: 2, on: ['VARCHAR', 'FLOAT', 'DOUBLE', 'DATE', 'TIMESTAMP'] },
  },
];

const arithmetic = `
  + - * / // % ** ^ & | ~ << >> @ !__postfix add subtract multiply divide mod pow power xor
  abs acos acosh asin asinh atan atan2 atanh bit_count bit_position cbrt ceil ceiling cos cosh cot degrees even exp
  factorial fdiv floor fmod gamma gcd get_bit greatest_common_divisor lcm least_common_multiple lgamma ln log log10 log2
  nextafter pi radians round round_even roundbankers set_bit sign signbit sin sinh sqrt tan tanh trunc`;

const text = `
  || ascii bar chr concat concat_ws decode encode format_bytes formatreadabledecimalsize formatreadablesize
  from_base64 from_binary from_hex hamming hash instr left left_grapheme length_grapheme md5 md5_number
  md5_number_lower md5_number_upper mismatches ord parse_dirname parse_dirpath parse_filename parse_formatted_bytes
  parse_path pg_size_pretty position regexp_escape regexp_extract regexp_full_match regexp_matches reverse right
  right_grapheme sha1 sha256 strip_accents strpos substr substring substring_grapheme to_base
  translate unbin unhex unicode url_decode uuid_extract_timestamp uuid_extract_version jaccard`;

const time = `
  century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth
  dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era hour isodow isoyear julian last_day
  make_date make_time make_timestamp make_timestamp_ms make_timestamp_ns make_timestamptz microsecond millennium
  millisecond minute month monthname nanosecond normalized_interval quarter second strftime strptime time_bucket timezone
  timezone_hour timezone_minute to_centuries to_days to_decades to_hours to_microseconds to_millennia to_milliseconds
  to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years try_strptime week weekday weekofyear year
  yearweek`;

const lists = `
  && <-> <=> <@ @>
  array_append array_cat array_concat array_contains array_cosine_distance array_cosine_similarity array_cross_product
  array_distance array_distinct array_dot_product array_extract array_grade_up array_has array_has_all array_has_any
  array_indexof array_inner_product array_intersect array_length array_negative_dot_product
  array_negative_inner_product array_pop_back array_pop_front array_position array_prepend array_push_back
  array_push_front array_reverse array_reverse_sort array_select array_slice array_sort array_to_string
  array_to_string_comma_default array_unique array_value array_where array_zip flatten grade_up
  list_any_value list_append list_approx_count_distinct list_avg list_bit_and list_bit_or list_bit_xor list_bool_and
  list_bool_or list_cat list_concat list_contains list_cosine_distance list_cosine_similarity list_count list_distance
  list_distinct list_dot_product list_element list_entropy list_extract list_first list_grade_up list_has list_has_all
  list_has_any list_histogram list_indexof list_inner_product list_intersect list_kurtosis list_kurtosis_pop list_last
  list_mad list_max list_median list_min list_mode list_negative_dot_product list_negative_inner_product list_pack
  list_position list_prepend list_product list_reverse list_reverse_sort list_select list_sem list_skewness list_slice
  list_sort list_stddev_pop list_stddev_samp list_string_agg list_sum list_unique list_value list_var_pop list_var_samp
  list_where list_zip unpivot_list`;

const nested = `
  cardinality element_at map map_concat map_contains map_contains_entry map_contains_value map_entries map_extract
  map_extract_value map_from_entries map_keys map_values row struct_concat struct_contains struct_extract
  struct_extract_at struct_has struct_indexof struct_insert struct_keys struct_pack struct_position struct_update
  struct_values switch union_extract union_tag union_value enum_code enum_first enum_last enum_range enum_range_boundary
  pg_typeof typeof`;

const json = `
  ->> array_to_json from_json from_json_strict json json_array json_array_length json_exists json_extract
  json_extract_path json_extract_path_text json_extract_string json_keys json_object json_quote
  json_transform json_transform_strict json_type json_valid json_value row_to_json to_json`;

const geometry = 'st_asbinary st_astext st_aswkb st_aswkt st_geomfromwkb st_intersects_extent';

export const pureFunctions: readonly ReviewedFunctions[] = [
  { names: arithmetic, class: pure },
  { names: text, class: pure },
  { names: time, class: pure },
  { names: lists, class: pure },
  { names: nested, class: pure },
  { names: json, class: pure },
  { names: geometry, class: pure },
];
