// Scalar functions and scalar macros refused to everyone, by reason. They are listed so that the test can tell a
// reviewed refusal from a function nobody has looked at.
import { type ReviewedFunctions, refused } from './function-class.ts';

const collationLanguages = `
  af am ar ar_sa as az be bg bn bo br bs ca ceb chr cs cy da de de_at dsb dz ee el en en_us eo es et fa fa_af ff fi fil fo
  fr fr_ca ga gl gu ha haw he he_il hi hr hsb hu hy id id_id ig is it ja ka kk kl km kn ko kok ku ky lb lkt ln lo lt lv mk
  ml mn mr ms mt my nb nb_no ne nl nn noaccent om or pa pa_in pl ps pt ro ru sa se si sk sl smn sq sr sr_ba sr_me sr_rs
  sv sw ta te th tk to tr ug uk ur uz vi wae wo xh yi yo yue yue_cn zh zh_cn zh_hk zh_mo zh_sg zh_tw zu`;

/** Read a setting, a catalog, statistics of whole tables, other sessions, or the rewritten statement. */
const introspecting = `
  alias current_connection_id current_query current_query_id current_setting current_transaction_id getvariable
  get_block_size in_search_path st_crs st_setcrs stats txid_current vector_type`;

/** json_deserialize_sql prints names unquoted; the others parse and plan text that is not governed. */
const sqlRunning = 'json_deserialize_sql json_serialize_plan json_serialize_sql';

const sideEffects = 'currval error nextval pg_sleep setseed sleep_ms write_log';

const internals = `
  can_cast_implicitly cast_to_type constant_or_null create_sort_key icu_sort_key is_histogram_other_bin
  parse_duckdb_log_message remap_struct replace_type timetz_byte_comparable variant_bytes_to_variant variant_normalize
  variant_to_parquet_variant
  __internal_compress_integral_ubigint __internal_compress_integral_uinteger __internal_compress_integral_usmallint
  __internal_compress_integral_utinyint __internal_compress_string_hugeint __internal_compress_string_ubigint
  __internal_compress_string_uhugeint __internal_compress_string_uinteger __internal_compress_string_usmallint
  __internal_compress_string_utinyint __internal_decompress_integral_bigint __internal_decompress_integral_hugeint
  __internal_decompress_integral_integer __internal_decompress_integral_smallint __internal_decompress_integral_ubigint
  __internal_decompress_integral_uhugeint __internal_decompress_integral_uinteger
  __internal_decompress_integral_usmallint __internal_decompress_string`;

const catalogStubs = `
  col_description format_pg_type format_type has_any_column_privilege has_column_privilege has_database_privilege
  has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege has_schema_privilege
  has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege inet_client_addr
  inet_client_port inet_server_addr inet_server_port map_to_pg_oid obj_description pg_collation_is_visible
  pg_conf_load_time pg_conversion_is_visible pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_viewdef
  pg_has_role pg_is_other_temp_schema pg_my_temp_schema pg_opclass_is_visible pg_operator_is_visible
  pg_opfamily_is_visible pg_postmaster_start_time pg_table_is_visible pg_ts_config_is_visible pg_ts_dict_is_visible
  pg_ts_parser_is_visible pg_ts_template_is_visible pg_type_is_visible shobj_description`;

export const refusedFunctions: readonly ReviewedFunctions[] = [
  { names: introspecting, class: refused('introspects') },
  { names: sqlRunning, class: refused('runsSql') },
  { names: sideEffects, class: refused('sideEffect') },
  { names: 'combine finalize get_type make_type', class: refused('rawState') },
  { names: internals, class: refused('internal') },
  // COLLATE needs no call: DuckDB puts these in by itself.
  { names: collationLanguages.replace(/\S+/g, (language) => `icu_collate_${language}`), class: refused('internal') },
  { names: catalogStubs, class: refused('catalogStub') },
  // Arguments become VARIANT by themselves: time squared for each level of nesting, then a stack overflow.
  { names: 'variant_extract variant_typeof', class: refused('unstoppable') },
  // A second spelling of unnest that duckdb_functions() does not list; refusing it here keeps one name for one thing.
  { names: 'unlist', class: refused('internal') },
  // Registered by DuckDB's shell only; listed so that no build of DuckDB can bring it in unseen.
  { names: 'getenv', class: refused('readsOutside') },
  // Splitting makes rows from text of any length: unnest(string_split_regex(…)) is the same, and guarded.
  { names: 'regexp_split_to_table', class: refused('internal') },
];
