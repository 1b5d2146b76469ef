/** A value that survives JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** An object that survives JSON. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
