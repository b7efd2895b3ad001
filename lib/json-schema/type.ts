import type { Type as TypeBox } from 'typebox'

// The JSON Schemas of the published JSON, with the types of TypeBox. Loading TypeBox itself took longer than Fastify and all of
// this plugin, because it has an engine for types, and here it only writes objects. The result is the same.

interface Schema extends Record<string, unknown> {
  properties?: Record<string, Schema> | undefined
}

type Builder = Pick<typeof TypeBox, 'Array' | 'Boolean' | 'Enum' | 'Integer' | 'Literal' | 'Null' | 'Number' | 'Object' | 'Optional' | 'Partial' | 'Record' | 'String' | 'Union' | 'Unknown'>

const optional = new WeakSet<Schema>()

const ofType = (type: string) => (options?: Schema): Schema => ({ type, ...options })

const builder = {
  Array: (items: Schema, options?: Schema): Schema => ({ type: 'array', items, ...options }),
  Boolean: ofType('boolean'),
  Enum: (values: readonly string[], options?: Schema): Schema => ({ enum: values, ...options }),
  Integer: ofType('integer'),
  Literal: (value: string | number | boolean, options?: Schema): Schema => ({ type: typeof value, const: value, ...options }),
  Null: ofType('null'),
  Number: ofType('number'),
  Object (properties: Record<string, Schema>, options?: Schema): Schema {
    const required = Object.entries(properties).filter(([, schema]) => !optional.has(schema)).map(([name]) => name)
    return { type: 'object', ...required.length > 0 && { required }, properties, ...options }
  },
  Optional (schema: Schema): Schema {
    const copy = { ...schema }
    optional.add(copy)
    return copy
  },
  Partial: ({ properties }: Schema, options?: Schema): Schema => ({ type: 'object', properties, ...options }),
  Record: (key: Schema, value: Schema, options?: Schema): Schema => ({ type: 'object', patternProperties: { '^.*$': value }, ...options }),
  String: ofType('string'),
  Union: (anyOf: readonly Schema[], options?: Schema): Schema => ({ anyOf, ...options }),
  Unknown: (options?: Schema): Schema => ({ ...options })
}

/** Builds a schema as TypeBox does, from its simple types. */
export const Type = builder as unknown as Builder
