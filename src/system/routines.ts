// information_schema: functions and their parameters.
import type { SqlFunction } from '../catalog/securable.ts';
import { typeColumns, typeFacts } from './data-type.ts';
import {
  integer,
  principalName,
  type SystemRelation,
  systemRelation,
  text,
  timeOf,
  timestamp,
} from './system-relation.ts';
import { type Placed, visibleFunctions } from './visible-objects.ts';

const specific = { specific_catalog: text, specific_schema: text, specific_name: text } as const;

/** Functions are not overloaded: the specific name is the name. */
function specificNames({ object, catalog, schema }: Placed<SqlFunction>) {
  return { specific_catalog: catalog.name, specific_schema: schema.name, specific_name: object.name };
}

/** The body shows to those who manage the function: it may be policy text. */
const routines = systemRelation(
  'routines',
  {
    ...specific,
    routine_catalog: text,
    routine_schema: text,
    routine_name: text,
    routine_type: text,
    routine_owner: text,
    ...typeColumns,
    routine_body: text,
    routine_definition: text,
    external_name: text,
    external_language: text,
    parameter_style: text,
    is_deterministic: text,
    sql_data_access: text,
    is_null_call: text,
    security_type: text,
    as_locator: text,
    comment: text,
    created: timestamp,
    created_by: text,
    last_altered: timestamp,
    last_altered_by: text,
  },
  function* (request) {
    for (const placed of visibleFunctions(request)) {
      const { object, catalog, schema } = placed;
      yield {
        ...specificNames(placed),
        routine_catalog: catalog.name,
        routine_schema: schema.name,
        routine_name: object.name,
        routine_type: 'FUNCTION',
        routine_owner: principalName(request.snapshot, object.owner),
        ...typeFacts(object.returns),
        routine_body: 'SQL',
        routine_definition: request.asker.manages(object) ? object.body : null,
        external_name: null,
        external_language: null,
        parameter_style: 'SQL',
        is_deterministic: null,
        sql_data_access: 'READS SQL DATA',
        is_null_call: 'YES',
        security_type: 'DEFINER',
        as_locator: 'NO',
        comment: object.comment ?? null,
        created: timeOf(object.createdAt),
        created_by: principalName(request.snapshot, object.createdBy),
        last_altered: null,
        last_altered_by: null,
      };
    }
  },
);

const parameters = systemRelation(
  'parameters',
  {
    ...specific,
    ordinal_position: integer,
    parameter_mode: text,
    is_result: text,
    as_locator: text,
    parameter_name: text,
    ...typeColumns,
    parameter_default: text,
    comment: text,
  },
  function* (request) {
    for (const placed of visibleFunctions(request)) {
      const shown = request.asker.manages(placed.object);
      for (const [index, parameter] of placed.object.parameters.entries()) {
        yield {
          ...specificNames(placed),
          ordinal_position: index + 1,
          parameter_mode: 'IN',
          is_result: 'NO',
          as_locator: 'NO',
          parameter_name: parameter.name,
          ...typeFacts(parameter.type),
          parameter_default: shown ? (parameter.default ?? null) : null,
          comment: null,
        };
      }
    }
  },
);

const routineColumns = systemRelation(
  'routine_columns',
  { ...specific, column_name: text, ordinal_position: integer, ...typeColumns, comment: text },
  function* (request) {
    for (const placed of visibleFunctions(request)) {
      for (const [index, column] of (placed.object.returnsTable ?? []).entries()) {
        yield {
          ...specificNames(placed),
          column_name: column.name,
          ordinal_position: index + 1,
          ...typeFacts(column.type),
          comment: column.comment ?? null,
        };
      }
    }
  },
);

export const routineRelations: readonly SystemRelation[] = [routines, parameters, routineColumns];
